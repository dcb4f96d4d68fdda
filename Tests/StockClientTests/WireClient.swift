import Glibc
import Lab
import NFSv4
import NIOCore
import ONCRPC
import XDR

/// An NFSv4.1 client of the tests' own that sends what a stock client never would. It blocks, and
/// belongs to one thread.
struct WireClient {
  /// What a READ came to.
  enum Outcome: Equatable {
    case data([UInt8])
    case refused(Nfsstat4)
  }

  private let descriptor: Int32
  private var assembler = RecordAssembler(recordLimitBytes: 4 << 20)
  private var xid: UInt32 = 1
  private var session = Sessionid4(high: 0, low: 0)
  private var sequenceid: UInt32 = 0
  private let minorversion: UInt32

  /// Makes a session over a connected socket, as the kernel does: by root's principal.
  /// - Parameters:
  ///   - sequence: what CREATE_SESSION of a client that is known already has to carry.
  init(
    over descriptor: Int32, owner: ClientOwner4, flags: Exchgid4Flags, minorversion: UInt32 = 2,
    sequence: UInt32? = nil
  ) throws {
    self.descriptor = descriptor
    self.minorversion = minorversion
    let kernel = AuthsysParms(machinename: Array("client".utf8), uid: 0, gid: 0)
    var hello = CompoundBuilder(minorversion: minorversion)
    hello.append(
      EXCHANGE_ID.self,
      EXCHANGE_ID4args(
        clientowner: owner, flags: flags, stateProtect: .none, clientImplId: nil))
    var results = try call(&hello, as: kernel)
    let exchange = try results.next(EXCHANGE_ID.self)
    let isKnown = exchange.flags.contains(.CONFIRMED_R)
    let channel = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 1 << 20, maxresponsesize: 1 << 20,
      maxresponsesizeCached: 4096, maxoperations: 8, maxrequests: 4, rdmaIrd: nil)
    var create = CompoundBuilder(minorversion: minorversion)
    create.append(
      CREATE_SESSION.self,
      CREATE_SESSION4args(
        clientid: exchange.clientid,
        sequence: isKnown ? sequence ?? exchange.sequenceid : exchange.sequenceid, flags: [],
        foreChanAttrs: channel, backChanAttrs: channel, cbProgram: 0x4000_0000,
        secParms: [.sys(kernel)]))
    results = try call(&create, as: kernel)
    session = try results.next(CREATE_SESSION.self).sessionid
  }

  /// SEQUENCE, PUTFH and READ of the first bytes.
  /// - Throws: ``LabError`` if the connection fails or the session does, but not the file.
  mutating func read(
    _ handle: NfsFh4, stateid: Stateid4, as principal: AuthsysParms, count: UInt32 = 4096
  ) throws -> Outcome {
    sequenceid += 1
    var compound = CompoundBuilder(minorversion: minorversion)
    compound.append(
      SEQUENCE.self,
      SEQUENCE4args(
        sessionid: session, sequenceid: sequenceid, slotid: 0, highestSlotid: 0, cachethis: false))
    compound.append(PUTFH.self, PUTFH4args(object: handle))
    compound.append(READ.self, READ4args(stateid: stateid, offset: 0, count: count))
    var results = try call(&compound, as: principal)
    _ = try results.next(SEQUENCE.self)
    do throws(CompoundError) {
      _ = try results.next(PUTFH.self)
      let resok = try results.next(READ.self)
      return .data(resok.data.flatMap { Array($0.readableBytesView) })
    } catch {
      guard case .status(let status, operation: _) = error else { throw error }
      return .refused(status)
    }
  }

  /// DESTROY_SESSION: a stock client that says farewell waits for every session of its identity.
  mutating func end() throws {
    var compound = CompoundBuilder(minorversion: minorversion)
    compound.append(DESTROY_SESSION.self, DESTROY_SESSION4args(sessionid: session))
    var results = try call(&compound, as: AuthsysParms(uid: 0, gid: 0))
    _ = try results.next(DESTROY_SESSION.self)
  }

  private mutating func call(
    _ compound: inout CompoundBuilder, as principal: AuthsysParms
  ) throws -> CompoundResults {
    xid += 1
    var encoder = XDREncoder()
    RPCCall(
      xid: xid, prog: NFS4.program, vers: NFS4.version, proc: NFS4.PROC_COMPOUND,
      cred: principal.credential, arguments: compound.finish()
    ).encode(to: &encoder)
    let message = encoder.finishContiguous()
    var record = ByteBuffer(integer: recordMark(recordBytes: message.readableBytes))
    record.writeImmutableBuffer(message)
    let bytes = Array(record.readableBytesView)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw LabError("the connection is closed")
    }
    while true {
      if let record = try assembler.next() {
        guard case .reply(let reply) = try RPCMessage(record: record), reply.xid == xid,
          reply.status == .success
        else { throw LabError("no reply to the call") }
        return try CompoundResults(reply.results)
      }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw LabError("the connection is closed, or silent for 30 s") }
      assembler.append(ByteBuffer(bytes: buffer[..<count]))
    }
  }
}

import BlockCache
import ClusterTransport
import Crypto
import Logging
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
import Placement
import Synchronization
import Transport
import XDR

/// A metadata server of one file, that does what a test tells it.
final class ScriptedMetadataServer: RPCService {
  struct Script: Sendable {
    var content: [UInt8] = []
    var change: UInt64 = 1
    var leaseSeconds: UInt32 = 30
    /// What PROXY_OPEN ends with.
    var proxyOpenStatus = Nfsstat4.NFS4_OK
    /// PROXY_OPEN is not answered until this is false again.
    var holdsProxyOpen = false
    var registerStatus = Nfsstat4.NFS4_OK
    /// What TAKE is answered instead of a block.
    var takeAnswer: TAKE1res?
    /// Blocks are sent with a byte changed.
    var corruptsBlocks = false
  }

  struct Seen: Sendable {
    var registrations = 0
    var unregistrations = 0
    var proxyOpens: [PROXY_OPEN4args] = []
    var blocks: [UInt32] = []
    var delegReturns: [Stateid4] = []
    var connections: [UInt64: RPCConnection] = [:]
    var peer: Clientid4?
    var proven: Set<UInt64> = []
  }

  static let cookie: UInt64 = 0x0000_0007_0000_0001
  static let handle = NfsFh4(ByteBuffer(string: "the metadata server's handle"))
  static let readerID: Clientid4 = 4711
  static let proxyStateid = Stateid4(seqid: 1, other: StateidOther(high: 5, low: 5))
  static let delegation = Stateid4(seqid: 1, other: StateidOther(high: 6, low: 6))

  let script: Mutex<Script>
  let seen = Mutex(Seen())
  let sessions: SessionService
  private let proofs: ConnectionProofs
  private let signer = BlockSigner(secret: SymmetricKey(data: [UInt8](repeating: 3, count: 32)))
  private let blockCalls = Mutex<BlockCalls?>(nil)
  /// Where it listens, once it does.
  private let listening = Atomic<Int>(0)
  private let held = Mutex<[@Sendable () -> Void]>([])

  init(keys: ClusterKeys, script: Script) {
    proofs = ConnectionProofs(keys: keys)
    self.script = Mutex(script)
    let start = ContinuousClock.now
    sessions = SessionService(
      identity: ServerIdentity(
        owner: ServerOwner4(minorId: 0, majorId: [1]), scope: [1], roles: .USE_PNFS_MDS,
        implementation: nil, instance: 7, leaseSeconds: 90),
      now: { start.duration(to: .now) }, hasState: { _ in false }, onDropped: { _ in })
    blockCalls.withLock {
      $0 = BlockCalls(proofs: proofs, handler: self, onIntruder: { _ in })
    }
  }

  var port: Int {
    get { listening.load(ordering: .relaxed) }
    set { listening.store(newValue, ordering: .relaxed) }
  }

  /// The handle that a layout would give to clients.
  static var routedHandle: NfsFh4 {
    var bytes = ByteBuffer(integer: cookie)
    bytes.writeImmutableBuffer(handle.bytes)
    return NfsFh4(bytes)
  }

  func opened(_ connection: RPCConnection) {
    seen.withLock { $0.connections[connection.id] = connection }
  }

  func closed(_ connection: RPCConnection) {
    seen.withLock { _ = $0.connections.removeValue(forKey: connection.id) }
    blockCalls.withLock { $0 }?.closed(connection)
    sessions.connectionClosed(connection.id)
  }

  func received(_ call: RPCCall, on connection: RPCConnection) {
    if call.prog == BlockProtocol.program {
      blockCalls.withLock { $0 }?.received(call, on: connection)
      if proofs.isProven(connection.id) {
        seen.withLock { _ = $0.proven.insert(connection.id) }
      }
      return
    }
    let caller = Caller(principal: .sys(uid: 0, gid: 0, gids: []), address: [127, 0, 0, 1])
    switch sessions.open(call.arguments, caller: caller, connection: connection.id) {
    case .reply(let results): connection.reply(xid: call.xid, .success, results: results)
    case .garbage: connection.reply(xid: call.xid, .garbageArgs)
    case .run(let run):
      let finish = { @Sendable in
        var run = run
        self.run(&run)
        connection.reply(xid: call.xid, .success, results: self.sessions.close(&run))
      }
      var peek = run.decoder
      let isProxyOpen = (try? peek.uint32()) == NfsOpnum4.OP_PROXY_OPEN.rawValue
      if isProxyOpen, script.withLock({ $0.holdsProxyOpen }) {
        // Counted as it arrives, so that a test can wait for it.
        if let arguments = try? PROXY_OPEN4args(from: &peek) {
          seen.withLock { $0.proxyOpens.append(arguments) }
        }
        held.withLock { $0.append(finish) }
      } else {
        finish()
      }
    }
  }

  /// Answers what was held back.
  func release() {
    script.withLock { $0.holdsProxyOpen = false }
    let finish = held.withLock { held in
      defer { held = [] }
      return held
    }
    for body in finish { body() }
  }

  private func run(_ run: inout CompoundRun) {
    let script = script.withLock { $0 }
    let clientid = run.ticket?.clientid
    while run.remainingOperations > 0 {
      run.step { opnum, run, encoder throws(OperationFailure) in
        switch opnum {
        case .OP_REGISTER_DS:
          try run.run(REGISTER_DS.self, &encoder) { _ throws(Nfsstat4) in
            guard script.registerStatus == .NFS4_OK else { throw script.registerStatus }
            seen.withLock { seen in
              seen.registrations += 1
              seen.peer = clientid
            }
            return REGISTER_DS4resok(
              stateid: .anonymous, cookie: Self.cookie, leaseTime: script.leaseSeconds,
              deviceid: Sessionid4(high: 0, low: 0), sealKey: signer.publicKey, member: 1,
              seeds: [])
          }
        case .OP_UNREGISTER_DS:
          try run.run(UNREGISTER_DS.self, &encoder) { _ throws(Nfsstat4) in
            seen.withLock { $0.unregistrations += 1 }
            return Void4()
          }
        case .OP_PROXY_OPEN:
          try run.run(PROXY_OPEN.self, &encoder) { arguments throws(Nfsstat4) in
            try proxyOpen(arguments, script)
          }
        case .OP_PUTFH: try run.run(PUTFH.self, &encoder) { _ throws(Nfsstat4) in Void4() }
        case .OP_DELEGRETURN:
          try run.run(DELEGRETURN.self, &encoder) { arguments throws(Nfsstat4) in
            seen.withLock { $0.delegReturns.append(arguments.delegStateid) }
            return Void4()
          }
        default:
          guard try sessions.performSessionOperation(opnum, &run, &encoder) else {
            return try run.refuse(opnum)
          }
        }
      }
    }
  }

  private func proxyOpen(
    _ arguments: PROXY_OPEN4args, _ script: Script
  ) throws(Nfsstat4) -> PROXY_OPEN4resok {
    seen.withLock { $0.proxyOpens.append(arguments) }
    guard script.proxyOpenStatus == .NFS4_OK else { throw script.proxyOpenStatus }
    return PROXY_OPEN4resok(
      fh: Self.handle, clientid: Self.readerID, proxyStateid: Self.proxyStateid,
      change: script.change, size: UInt64(script.content.count), lease: script.leaseSeconds,
      delegation: Self.delegation)
  }

  private func taken(_ arguments: TAKE1args) -> TAKE1res {
    let script = script.withLock { $0 }
    seen.withLock { $0.blocks.append(arguments.index) }
    if let answer = script.takeAnswer { return answer }
    guard arguments.file.change == script.change, let file = ExchangedFile(arguments.file) else {
      return .gone
    }
    let start = Int(arguments.index) * file.blockBytes
    guard start < script.content.count else { return .refused }
    let end = min(start + file.blockBytes, script.content.count)
    let stored = StoredBlock.packing(ByteBuffer(bytes: script.content[start..<end]))
    let key = BlockKey(version: file.version, index: arguments.index)
    guard let seal = signer.seal(key, plainBytes: end - start, digest: stored.digest) else {
      return .busy
    }
    var digest = NFSv4.BlockDigest(high: stored.digest.high, low: stored.digest.low)
    if script.corruptsBlocks { digest.low ^= 1 }
    return .block(
      Block1(
        index: arguments.index, encoding: UInt32(stored.encoding.rawValue),
        plainBytes: UInt32(stored.plainBytes), digest: digest, seal: ByteBuffer(bytes: seal.bytes),
        bytes: stored.bytes))
  }

  // MARK: Callbacks

  /// Sends one callback to the peer and returns its results.
  func callback<Op: NfsCbOperation & SendableMetatype>(
    _ operation: Op.Type, _ arguments: Op.Arguments
  ) async throws -> CbCompoundResults? {
    guard let peer = seen.withLock({ $0.peer }),
      let ticket = sessions.withTable({ $0.takeBackSlot(peer) }),
      let connection = seen.withLock({ $0.connections[ticket.connection] })
    else { return nil }
    var builder = CbCompoundBuilder(minorversion: 2)
    builder.append(
      CB_SEQUENCE.self,
      CB_SEQUENCE4args(
        sessionid: ticket.sessionid, sequenceid: ticket.sequenceid, slotid: ticket.slotid,
        highestSlotid: ticket.highestSlotid, cachethis: false, referringCallLists: []))
    builder.append(operation, arguments)
    let reply = try await connection.call(
      program: ticket.program, version: NFS4.cbVersion, procedure: NFS4.CB_COMPOUND,
      credential: ticket.credential, arguments: builder.finish(), timeout: .seconds(10)
    ).get()
    sessions.withTable { $0.releaseBackSlot(ticket, .seen) }
    return try CbCompoundResults(reply)
  }
}

extension ScriptedMetadataServer: MemberCallHandler {
  func received(_ call: MemberCall) {
    switch call.procedure {
    case .TAKE:
      guard let arguments = try? TAKE1args(xdr: call.body) else { return call.refuse() }
      call.answer(taken(arguments))
    case .LOCATE: call.answer(LOCATE1res.nobody)
    case .STATUS: call.answer(STATUS1res(progress: 0))
    case .CANCEL, .URGE, .CHASE, .ACCUSE: call.answer([])
    case .NULL, .CHALLENGE, .PROVE, .SYNC: call.refuse()
    }
  }
}

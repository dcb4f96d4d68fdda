import Glibc
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import XDR

/// A client with one session on one connection. For one thread.
final class RawClient {
  let connection: RawConnection
  let owner: ClientOwner4
  private(set) var clientid: Clientid4 = 0
  private(set) var session = Sessionid4(high: 0, low: 0)
  /// The last sequence id of each slot.
  var slots = [UInt32](repeating: 0, count: 64)
  /// What calls of members are sealed with, once the cluster's key is proven.
  private(set) var seal: MessageSeal?
  /// Why there was no layout the last time.
  private(set) var layoutRefusal: Nfsstat4?
  private var lastXid: UInt32 = 0
  static let credential = AuthsysParms(machinename: Array("test".utf8), uid: 0, gid: 0).credential

  init(_ connection: RawConnection, owner: String, verifier: Verifier4 = 1) throws {
    self.connection = connection
    self.owner = ClientOwner4(verifier: verifier, ownerid: Array(owner.utf8))
    try makeSession()
  }

  /// A client that uses another's session on a connection of its own.
  init(_ connection: RawConnection, sharing other: RawClient) {
    self.connection = connection
    owner = other.owner
    clientid = other.clientid
    session = other.session
    slots = other.slots
  }

  func nextXid() -> UInt32 {
    lastXid += 1
    return lastXid
  }

  func call(_ compound: ByteBuffer) -> RPCCall {
    RPCCall(
      xid: nextXid(), prog: NFS4.program, vers: NFS4.version, proc: NFS4.PROC_COMPOUND,
      cred: Self.credential, arguments: compound)
  }

  static func exchangeId(_ owner: ClientOwner4) -> EXCHANGE_ID4args {
    EXCHANGE_ID4args(
      clientowner: owner, flags: [.SUPP_MOVED_REFER], stateProtect: .none,
      clientImplId: NfsImplId4(
        domain: Array("example.org".utf8), name: Array("test".utf8),
        date: Nfstime4(seconds: 1, nseconds: 2)))
  }

  static func createSession(_ clientid: Clientid4, sequence: UInt32) -> CREATE_SESSION4args {
    func channel(_ bytes: UInt32, _ operations: UInt32, _ slots: UInt32) -> ChannelAttrs4 {
      ChannelAttrs4(
        headerpadsize: 0, maxrequestsize: bytes, maxresponsesize: bytes,
        maxresponsesizeCached: 4096, maxoperations: operations, maxrequests: slots, rdmaIrd: nil)
    }
    return CREATE_SESSION4args(
      clientid: clientid, sequence: sequence, flags: .CONN_BACK_CHAN,
      foreChanAttrs: channel(1 << 21, 64, 64), backChanAttrs: channel(4096, 2, 16),
      cbProgram: 0x4000_0000, secParms: [.sys(AuthsysParms(uid: 0, gid: 0))])
  }

  func makeSession() throws {
    let known = try alone(EXCHANGE_ID.self, Self.exchangeId(owner))
    clientid = known.clientid
    let made = try alone(
      CREATE_SESSION.self, Self.createSession(clientid, sequence: known.sequenceid))
    session = made.sessionid
    slots = [UInt32](repeating: 0, count: Int(made.foreChanAttrs.maxrequests))
    _ = try compound { $0.append(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: false)) }
  }

  /// One operation without SEQUENCE.
  func alone<Op: NfsOperation>(_ operation: Op.Type, _ arguments: Op.Arguments) throws -> Op.Resok {
    var builder = CompoundBuilder(minorversion: 2)
    builder.append(operation, arguments)
    var results = try CompoundResults(try succeed(call(builder.finish())))
    return try results.next(operation)
  }

  private func succeed(_ call: RPCCall) throws -> ByteBuffer {
    let reply = try connection.call(call)
    guard reply.status == .success else { throw ProcessTestError("\(reply.status)") }
    return reply.results
  }

  /// SEQUENCE with the next number of a slot, and what `build` appends.
  func request(slot: Int = 0, _ build: (inout CompoundBuilder) -> Void) -> ByteBuffer {
    slots[slot] &+= 1
    var builder = CompoundBuilder(minorversion: 2)
    builder.append(
      SEQUENCE.self,
      SEQUENCE4args(
        sessionid: session, sequenceid: slots[slot], slotid: UInt32(slot),
        highestSlotid: UInt32(slots.count - 1), cachethis: false))
    build(&builder)
    return builder.finish()
  }

  /// Runs a COMPOUND in the session.
  /// - Returns: the results after SEQUENCE's.
  func compound(
    slot: Int = 0, _ build: (inout CompoundBuilder) -> Void
  ) throws -> CompoundResults {
    let results = try succeed(call(request(slot: slot, build)))
    try ReplyShape.check(results)
    var read = try CompoundResults(results)
    _ = try read.next(SEQUENCE.self)
    return read
  }

  /// The filehandle of a name in the root.
  func lookup(_ name: String) throws -> NfsFh4 {
    var results = try compound {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(LOOKUP.self, LOOKUP4args(objname: Array(name.utf8)))
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTROOTFH.self)
    _ = try results.next(LOOKUP.self)
    return try results.next(GETFH.self).object.detached()
  }

  static func open(_ name: String, clientid: Clientid4) -> OPEN4args {
    OPEN4args(
      seqid: 0,
      shareAccess: OPEN4.SHARE_ACCESS_READ | OPEN4.SHARE_ACCESS_WANT_NO_DELEG,
      shareDeny: OPEN4.SHARE_DENY_NONE,
      owner: StateOwner4(clientid: clientid, owner: Array("owner".utf8)), openhow: .nocreate,
      claim: .null(Array(name.utf8)))
  }

  /// Opens a name in the root for reading.
  func open(_ name: String) throws -> (handle: NfsFh4, stateid: Stateid4) {
    var results = try compound {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(OPEN.self, Self.open(name, clientid: clientid))
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTROOTFH.self)
    let stateid = try results.next(OPEN.self).stateid
    return (try results.next(GETFH.self).object.detached(), stateid)
  }

  /// A filehandle for the data server that the metadata server chooses, or nil if it has none now.
  func layout(_ handle: NfsFh4, _ stateid: Stateid4) throws -> NfsFh4? {
    var results = try compound {
      $0.append(PUTFH.self, PUTFH4args(object: handle))
      $0.append(
        LAYOUTGET.self,
        LAYOUTGET4args(
          signalLayoutAvail: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_READ,
          offset: 0,
          length: .max, minlength: 0, stateid: stateid, maxcount: 4096))
    }
    _ = try results.next(PUTFH.self)
    do {
      let layout = try results.next(LAYOUTGET.self).layout.first
      return try layout.map { try NfsvFileLayout4(xdr: $0.content.body) }?.fhList.first?.detached()
    } catch CompoundError.status(let status, operation: .OP_LAYOUTGET) {
      layoutRefusal = status
      return nil
    }
  }

  /// Bytes of a file.
  func read(
    _ handle: NfsFh4, _ stateid: Stateid4 = .anonymous, offset: UInt64 = 0, count: UInt32 = 64
  ) throws -> [UInt8] {
    var results = try compound {
      $0.append(PUTFH.self, PUTFH4args(object: handle))
      $0.append(READ.self, READ4args(stateid: stateid, offset: offset, count: count))
    }
    _ = try results.next(PUTFH.self)
    return try results.next(READ.self).data.flatMap { Array($0.readableBytesView) }
  }

  // MARK: The cluster's key

  func blockCall(_ procedure: BlockProtocol.Procedure, _ arguments: ByteBuffer) -> RPCCall {
    RPCCall(
      xid: nextXid(), prog: BlockProtocol.program, vers: BlockProtocol.version,
      proc: procedure.rawValue, arguments: arguments)
  }

  /// CHALLENGE and PROVE with a key of this side's choice.
  func prove(_ key: [UInt8]) throws -> Prove1Status {
    let keys = ClusterKeys([key])
    let nonce = ClusterKeys.newNonce()
    let challenge = try CHALLENGE1res(
      xdr: try succeed(
        blockCall(.CHALLENGE, CHALLENGE1args(nonce: nonce, sessionid: session).xdr)))
    let proof = keys.proof(
      by: .caller, session: session, callerNonce: nonce, calleeNonce: challenge.nonce)
    let status = try PROVE1res(
      xdr: try succeed(blockCall(.PROVE, PROVE1args(proof: proof ?? []).xdr))
    ).status
    if status == .PROVE1_OK {
      seal = keys.messageSeal(
        session: session, callerNonce: nonce, calleeNonce: challenge.nonce)
    }
    return status
  }

  static func registration(at address: String) -> REGISTER_DS4args {
    let words = address.split(separator: ".").joined(separator: ".")
    return REGISTER_DS4args(
      verifier: 9, flags: .READ_ONLY,
      addrs: [DsregAddr4(addr: Netaddr4(netid: Netaddr4.tcp, addr: Array("\(words).8.1".utf8)))],
      serverOwner: ServerOwner4(minorId: 0, majorId: Array("liar".utf8)),
      serverScope: Array("p2pnfs".utf8), minorversions: 0b110, maxread: 1 << 20, weight: 0,
      name: Array("liar".utf8), zone: [1], rack: [2], node: [3],
      member: 77, gossip: Netaddr4(netid: Array("udp".utf8), addr: Array("\(words).8.1".utf8)))
  }

  func register(at address: String) throws -> REGISTER_DS4resok {
    var results = try compound {
      $0.append(REGISTER_DS.self, Self.registration(at: address))
    }
    return try results.next(REGISTER_DS.self)
  }

  static func proxyOpen(_ handle: NfsFh4, client: ClientOwner4) -> PROXY_OPEN4args {
    PROXY_OPEN4args(
      fh: handle, stateid: .anonymous, access: OPEN4.SHARE_ACCESS_READ, client: client,
      cred: credential.xdr,
      from: Netaddr4(netid: Netaddr4.tcp, addr: Array("10.77.0.3.3.1".utf8)))
  }

  /// A call that only members make, sealed as far as this client can.
  func memberCall(_ procedure: BlockProtocol.Procedure, _ body: ByteBuffer) -> RPCCall {
    guard let seal else { return blockCall(procedure, body) }
    var message = ByteBuffer()
    for piece in seal.sealed([body], number: 1, procedure, .call) {
      message.writeImmutableBuffer(piece)
    }
    return blockCall(procedure, message)
  }

  static func take(_ handle: NfsFh4, change: Changeid4) -> TAKE1args {
    TAKE1args(
      file: BlockFile1(fh: handle, change: change, size: 1 << 20, blockBytes: 262_144), index: 1,
      flags: [.DEMAND, .INSISTS], excluded: [5])
  }

  /// Asks for the second block of a file.
  func take(_ handle: NfsFh4, change: Changeid4) throws -> RPCReply {
    try connection.call(memberCall(.TAKE, Self.take(handle, change: change).xdr))
  }

  /// What TAKE ended with.
  func taken(_ reply: RPCReply) throws -> TAKE1res {
    guard let (_, body) = seal?.opened(reply.results, .TAKE, .answer) else {
      throw ProcessTestError("an answer that is not sealed")
    }
    return try TAKE1res(xdr: body)
  }

  /// A file's version, once it is one that others may keep.
  func change(of handle: NfsFh4) throws -> Changeid4 {
    for _ in 0..<200 {
      var results = try compound {
        $0.append(PUTFH.self, PUTFH4args(object: handle))
        $0.append(GETATTR.self, GETATTR4args(attrRequest: Bitmap4(1 << 3)))
      }
      _ = try results.next(PUTFH.self)
      let attributes = try results.next(GETATTR.self).objAttributes
      var decoder = XDRDecoder(attributes.attrVals)
      let change = try decoder.uint64()
      if case .block = try taken(try take(handle, change: change)) { return change }
      usleep(20_000)
    }
    throw ProcessTestError("no settled version")
  }
}

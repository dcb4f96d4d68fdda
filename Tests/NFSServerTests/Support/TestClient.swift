import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Testing
import XDR

/// A client of a `TestServer`, with one session.
final class TestClient {
  let server: TestServer
  let owner: ClientOwner4
  let connection: UInt64
  let clientid: Clientid4
  let session: Sessionid4
  var caller: Caller
  var minorversion: UInt32 = 2
  private var sequenceid: UInt32 = 0

  init(
    _ server: TestServer, _ name: String = "client", verifier: Verifier4 = 1, uid: UInt32 = 1000,
    address: [UInt8] = [10, 0, 0, 1], back: Bool = true, maxResponseBytes: UInt32 = 1 << 20,
    maxCachedResponseBytes: UInt32 = 4096
  ) throws {
    self.server = server
    owner = ClientOwner4(verifier: verifier, ownerid: Array(name.utf8))
    connection = server.newConnection()
    caller = Caller(principal: sys(uid), address: address)
    var results = try Self.single(
      EXCHANGE_ID.self, .test(owner), server, caller, connection)
    let identity = try results.next(EXCHANGE_ID.self)
    clientid = identity.clientid
    var arguments = CREATE_SESSION4args.test(
      clientid, sequence: identity.sequenceid, flags: back ? .CONN_BACK_CHAN : [])
    arguments.foreChanAttrs.maxresponsesize = maxResponseBytes
    arguments.foreChanAttrs.maxresponsesizeCached = maxCachedResponseBytes
    results = try Self.single(CREATE_SESSION.self, arguments, server, caller, connection)
    session = try results.next(CREATE_SESSION.self).sessionid
  }

  private static func single<Op: NfsOperation>(
    _ operation: Op.Type, _ arguments: Op.Arguments, _ server: TestServer, _ caller: Caller,
    _ connection: UInt64
  ) throws -> CompoundResults {
    var builder = CompoundBuilder(minorversion: 1)
    builder.append(operation, arguments)
    return try CompoundResults(
      try #require(server.reply(builder.finish(), caller: caller, connection: connection)))
  }

  /// An operation that is alone in its COMPOUND.
  @discardableResult
  func alone<Op: NfsOperation>(_ operation: Op.Type, _ arguments: Op.Arguments) throws -> Op.Resok {
    var results = try Self.single(operation, arguments, server, caller, connection)
    return try results.next(operation)
  }

  /// The bytes of a COMPOUND that begins with the SEQUENCE that is due.
  func request(
    cachethis: Bool = false, _ build: (inout CompoundBuilder) -> Void
  ) -> ByteBuffer {
    sequenceid += 1
    var builder = CompoundBuilder(minorversion: minorversion)
    builder.append(
      SEQUENCE.self,
      SEQUENCE4args(
        sessionid: session, sequenceid: sequenceid, slotid: 0, highestSlotid: 0,
        cachethis: cachethis))
    build(&builder)
    return builder.finish()
  }

  /// Runs operations behind SEQUENCE, whose result is read already.
  func compound(_ build: (inout CompoundBuilder) -> Void) throws -> CompoundResults {
    let reply = server.reply(request(build), caller: caller, connection: connection)
    var results = try CompoundResults(try #require(reply))
    _ = try results.next(SEQUENCE.self)
    return results
  }

  /// What SEQUENCE says.
  func flags() throws -> Seq4Status {
    let reply = server.reply(request { _ in }, caller: caller, connection: connection)
    var results = try CompoundResults(try #require(reply))
    return try results.next(SEQUENCE.self).statusFlags
  }

  /// Runs one operation on an object, or without a filehandle.
  @discardableResult
  func run<Op: NfsOperation>(
    _ operation: Op.Type, _ arguments: Op.Arguments, on object: MemoryTree.Object? = nil
  ) throws -> Op.Resok {
    var results = try compound {
      if let object { $0.append(PUTFH.self, PUTFH4args(object: object.handle)) }
      $0.append(operation, arguments)
    }
    if object != nil { _ = try results.next(PUTFH.self) }
    return try results.next(operation)
  }

  // MARK: What most tests do first

  @discardableResult
  func open(
    _ object: MemoryTree.Object, owner: String = "owner", access: UInt32 = 1, deny: UInt32 = 0,
    claim: OpenClaim4 = .fh
  ) throws -> OPEN4resok {
    try run(
      OPEN.self, .test(owner: owner, access: access, deny: deny, claim: claim), on: object)
  }

  @discardableResult
  func layout(
    _ object: MemoryTree.Object, _ stateid: Stateid4, iomode: Layoutiomode4 = .LAYOUTIOMODE4_READ
  ) throws -> LAYOUTGET4resok {
    try run(LAYOUTGET.self, .test(stateid, iomode: iomode), on: object)
  }

  /// Registers as a data server with this last byte of its address.
  @discardableResult
  func register(_ host: UInt8) throws -> REGISTER_DS4resok {
    server.prove(connection)
    return try run(REGISTER_DS.self, .test(addresses: ["10.0.0.\(host).8.1"]))
  }

  /// Asks as a data server for a reader.
  @discardableResult
  func proxyOpen(
    _ routed: NfsFh4, _ stateid: Stateid4, for reader: TestClient, uid: UInt32? = nil,
    access: UInt32 = 1
  ) throws -> PROXY_OPEN4resok {
    let parms = AuthsysParms(uid: uid ?? 1000, gid: uid ?? 1000)
    return try run(
      PROXY_OPEN.self,
      PROXY_OPEN4args(
        fh: routed, stateid: stateid, access: access, client: reader.owner,
        cred: parms.credential.xdr, from: .tcp("10.0.0.1.3.232")))
  }
}

extension Netaddr4 {
  static func tcp(_ uaddr: String) -> Netaddr4 {
    Netaddr4(netid: Netaddr4.tcp, addr: Array(uaddr.utf8))
  }
}

extension EXCHANGE_ID4args {
  static func test(_ owner: ClientOwner4, flags: Exchgid4Flags = []) -> EXCHANGE_ID4args {
    EXCHANGE_ID4args(clientowner: owner, flags: flags, stateProtect: .none, clientImplId: nil)
  }
}

extension CREATE_SESSION4args {
  static func test(
    _ clientid: Clientid4, sequence: UInt32, flags: CreateSession4Flags = .CONN_BACK_CHAN,
    slots: UInt32 = 4
  ) -> CREATE_SESSION4args {
    let fore = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 1 << 20, maxresponsesize: 1 << 20,
      maxresponsesizeCached: 4096, maxoperations: 8, maxrequests: slots, rdmaIrd: nil)
    let back = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 4096, maxresponsesize: 4096, maxresponsesizeCached: 0,
      maxoperations: 2, maxrequests: 2, rdmaIrd: nil)
    return CREATE_SESSION4args(
      clientid: clientid, sequence: sequence, flags: flags, foreChanAttrs: fore,
      backChanAttrs: back, cbProgram: 0x4000_0000,
      secParms: [.sys(AuthsysParms(uid: 0, gid: 0))])
  }
}

extension OPEN4args {
  static func test(
    owner: String = "owner", access: UInt32 = 1, deny: UInt32 = 0,
    openhow: Openflag4 = .nocreate, claim: OpenClaim4 = .fh
  ) -> OPEN4args {
    OPEN4args(
      seqid: 0, shareAccess: access, shareDeny: deny,
      owner: StateOwner4(clientid: 0, owner: Array(owner.utf8)), openhow: openhow, claim: claim)
  }
}

extension LAYOUTGET4args {
  static func test(
    _ stateid: Stateid4, iomode: Layoutiomode4 = .LAYOUTIOMODE4_READ,
    type: Layouttype4 = .NFSV4_1_FILES, offset: UInt64 = 0, length: UInt64 = .max,
    minlength: UInt64 = 4096, maxcount: UInt32 = 4096
  ) -> LAYOUTGET4args {
    LAYOUTGET4args(
      signalLayoutAvail: false, layoutType: type, iomode: iomode, offset: offset, length: length,
      minlength: minlength, stateid: stateid, maxcount: maxcount)
  }
}

extension LAYOUTGET4resok {
  /// The file layout inside.
  func files() throws -> NfsvFileLayout4 {
    try NfsvFileLayout4(xdr: try #require(layout.first).content.body)
  }

  /// The filehandle for data servers.
  func routed() throws -> NfsFh4 { try #require(try files().fhList.first) }
}

extension REGISTER_DS4args {
  static func test(
    addresses: [String], minorversions: UInt32 = 0b110, flags: DsregFlags4 = .READ_ONLY
  ) -> REGISTER_DS4args {
    REGISTER_DS4args(
      verifier: 1, flags: flags, addrs: addresses.map { DsregAddr4(addr: .tcp($0)) },
      serverOwner: ServerOwner4(minorId: 0, majorId: [9]), serverScope: [],
      minorversions: minorversions, maxread: 1 << 20, weight: 0, name: Array("peer".utf8),
      zone: [], rack: [], node: [], member: 7, gossip: .tcp("10.0.0.1.31.10"))
  }
}

extension OPEN4resok {
  /// The stateid of the read delegation that came with it.
  var delegationStateid: Stateid4? {
    if case .read(let read) = delegation { return read.stateid }
    return nil
  }
}

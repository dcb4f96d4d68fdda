import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Testing

/// A table and the calls on it, with what a test does not care for filled in.
struct TestTable {
  var table: SessionTable
  var now = Duration.seconds(1000)
  var random = SystemRandomNumberGenerator()

  init(limits: SessionLimits = SessionLimits()) {
    table = SessionTable(identity: .test(), limits: limits)
  }

  mutating func exchange(
    _ name: String = "client", verifier: Verifier4 = 1, uid: UInt32 = 0,
    flags: Exchgid4Flags = [], address: [UInt8] = [10, 0, 0, 1],
    hasState: (Clientid4) -> Bool = { _ in false }
  ) throws(Nfsstat4) -> EXCHANGE_ID4resok {
    try table.exchangeId(
      .test(ClientOwner4(verifier: verifier, ownerid: Array(name.utf8)), flags: flags),
      principal: sys(uid), address: address, now: now, hasState: hasState)
  }

  mutating func create(
    _ arguments: CREATE_SESSION4args, uid: UInt32 = 0, connection: UInt64 = 1
  ) throws(Nfsstat4) -> CREATE_SESSION4resok {
    try table.createSession(
      arguments, minorversion: 1, principal: sys(uid), connection: connection, now: now,
      random: &random)
  }

  /// A confirmed client with one session.
  mutating func client(
    _ name: String = "client", verifier: Verifier4 = 1, uid: UInt32 = 0,
    flags: CreateSession4Flags = .CONN_BACK_CHAN, connection: UInt64 = 1
  ) throws(Nfsstat4) -> CREATE_SESSION4resok {
    let identity = try exchange(name, verifier: verifier, uid: uid)
    return try create(
      .test(identity.clientid, sequence: identity.sequenceid, flags: flags), uid: uid,
      connection: connection)
  }
}

@Suite struct EXCHANGE_IDTests {
  @Test("flags that no client may send are refused")
  func badFlags() {
    var table = TestTable()
    for flags: Exchgid4Flags in [.CONFIRMED_R, Exchgid4Flags(rawValue: 0x8)] {
      #expect(throws: Nfsstat4.NFS4ERR_INVAL) { try table.exchange(flags: flags) }
    }
    #expect(table.table.clientCount == 0)
  }

  @Test("an update of what is not confirmed is refused, each case with its own status")
  func badUpdates() throws {
    var table = TestTable()
    #expect(throws: Nfsstat4.NFS4ERR_NOENT) { try table.exchange(flags: .UPD_CONFIRMED_REC_A) }
    _ = try table.exchange()
    #expect(throws: Nfsstat4.NFS4ERR_NOENT) { try table.exchange(flags: .UPD_CONFIRMED_REC_A) }
    _ = try table.client()
    #expect(throws: Nfsstat4.NFS4ERR_NOT_SAME) {
      try table.exchange(verifier: 2, flags: .UPD_CONFIRMED_REC_A)
    }
    #expect(throws: Nfsstat4.NFS4ERR_PERM) {
      try table.exchange(uid: 7, flags: .UPD_CONFIRMED_REC_A)
    }
    #expect(try table.exchange(flags: .UPD_CONFIRMED_REC_A).flags.contains(.CONFIRMED_R))
  }

  @Test("state protection is refused")
  func stateProtection() {
    var table = TestTable()
    let ops = StateProtectOps4(mustEnforce: Bitmap4(), mustAllow: Bitmap4())
    let owner = ClientOwner4(verifier: 1, ownerid: [1])
    var arguments = EXCHANGE_ID4args.test(owner)
    arguments.stateProtect = .machCred(ops)
    #expect(throws: Nfsstat4.NFS4ERR_INVAL) {
      try table.table.exchangeId(arguments, principal: .none, address: [], now: .zero)
    }
    arguments.stateProtect = .ssv(
      SsvSpParms4(ops: ops, hashAlgs: [], encrAlgs: [], window: 1, numGssHandles: 1))
    #expect(throws: Nfsstat4.NFS4ERR_ENCR_ALG_UNSUPP) {
      try table.table.exchangeId(arguments, principal: .none, address: [], now: .zero)
    }
  }

  @Test("a new owner gets a client ID that is not confirmed, and each try another one")
  func newOwner() throws {
    var table = TestTable()
    let one = try table.exchange()
    let other = try table.exchange()
    #expect(one.clientid != other.clientid)
    #expect(!other.flags.contains(.CONFIRMED_R))
    #expect(other.flags.contains(.USE_PNFS_MDS))
    #expect(other.sequenceid == 1)
    #expect(table.table.clientCount == 1)
    let dropped16 = table.table.takeDropped()
    #expect(dropped16.isEmpty)
    #expect(one.clientid >> 32 == 0x0a0b_0c0d)
  }

  @Test("the same instance of a confirmed client gets its own client ID back")
  func sameInstance() throws {
    var table = TestTable()
    let session = try table.client()
    let again = try table.exchange()
    #expect(again.flags.contains(.CONFIRMED_R))
    #expect(table.table.client(again.clientid)?.sessions == [session.sessionid])
    let dropped17 = table.table.takeDropped()
    #expect(dropped17.isEmpty)
  }

  @Test("a client that restarted keeps its old state until its first session, and no longer")
  func restart() throws {
    var table = TestTable()
    let old = try table.client()
    let oldID = try #require(table.table.confirmedClients.first?.clientid)
    let new = try table.exchange(verifier: 2)
    #expect(new.clientid != oldID)
    #expect(!new.flags.contains(.CONFIRMED_R))
    let dropped18 = table.table.takeDropped()
    #expect(dropped18.isEmpty)
    #expect(table.table.client(oldID) != nil)
    _ = try table.create(.test(new.clientid, sequence: new.sequenceid))
    let dropped19 = table.table.takeDropped()
    #expect(dropped19.map(\.clientid) == [oldID])
    #expect(table.table.client(oldID) == nil)
    #expect(throws: Nfsstat4.NFS4ERR_BADSESSION) {
      try table.table.destroySession(
        DESTROY_SESSION4args(sessionid: old.sessionid), connection: 1)
    }
  }

  @Test("the old instance that comes back before the new one confirmed has its state")
  func restartTakenBack() throws {
    var table = TestTable()
    _ = try table.client()
    let new = try table.exchange(verifier: 2)
    #expect(try table.exchange(verifier: 1).flags.contains(.CONFIRMED_R))
    #expect(throws: Nfsstat4.NFS4ERR_STALE_CLIENTID) {
      try table.create(.test(new.clientid, sequence: new.sequenceid))
    }
  }

  @Test("another principal cannot take a name that is in use")
  func collision() throws {
    var table = TestTable()
    _ = try table.client(uid: 1)
    for verifier: Verifier4 in [1, 2] {
      #expect(throws: Nfsstat4.NFS4ERR_CLID_INUSE) {
        try table.exchange(verifier: verifier, uid: 2)
      }
    }
    let dropped20 = table.table.takeDropped()
    #expect(dropped20.isEmpty)
  }

  @Test("another principal can take a name without sessions")
  func nameWithoutSessions() throws {
    var table = TestTable()
    let session = try table.client(uid: 1)
    try table.table.destroySession(
      DESTROY_SESSION4args(sessionid: session.sessionid), connection: 1)
    #expect(try !table.exchange(uid: 2).flags.contains(.CONFIRMED_R))
    let dropped21 = table.table.takeDropped()
    #expect(dropped21.count == 1)
  }

  @Test("two principals that name themselves alike and confirm nothing do not hinder each other")
  func unconfirmedCollision() throws {
    var table = TestTable()
    _ = try table.exchange(uid: 1)
    #expect(throws: Never.self) { try table.exchange(uid: 2) }
    #expect(table.table.clientCount == 1)
  }

  /// A table with room for so many clients.
  private func table(clients: Int = 65_536, perAddress: Int = 1024) -> TestTable {
    var limits = SessionLimits()
    limits.clients = clients
    limits.clientsPerAddress = perAddress
    return TestTable(limits: limits)
  }

  @Test("at the limit the oldest client that is not confirmed makes room")
  func unconfirmedMakeRoom() throws {
    var table = table(clients: 3)
    _ = try table.client("busy")
    let oldest = try table.exchange("oldest")
    let younger = try table.exchange("younger")
    let newcomer = try table.exchange("newcomer")
    #expect(table.table.clientCount == 3)
    #expect(throws: Nfsstat4.NFS4ERR_STALE_CLIENTID) {
      try table.create(.test(oldest.clientid, sequence: 1))
    }
    for identity in [younger, newcomer] {
      #expect(throws: Never.self) { try table.create(.test(identity.clientid, sequence: 1)) }
    }
    let dropped = table.table.takeDropped()
    #expect(dropped.isEmpty)
  }

  @Test("then the one that has been without a session for longest and holds no state")
  func idleMakeRoom() throws {
    var table = table(clients: 3)
    var names: [Clientid4: String] = [:]
    for name in ["a", "b", "c"] {
      let session = try table.client(name)
      names[session.sessionid.high] = name
      if name != "a" {
        try table.table.destroySession(.init(sessionid: session.sessionid), connection: 1)
      }
    }
    _ = try table.exchange("d") { names[$0] == "b" }
    let dropped = table.table.takeDropped()
    #expect(dropped.map { names[$0.clientid] } == ["c"])
    // "d" is confirmed now, and "b" still holds something.
    _ = try table.client("d")
    #expect(throws: Nfsstat4.NFS4ERR_DELAY) { try table.exchange("e") { names[$0] == "b" } }
    #expect(throws: Never.self) { try table.exchange("a") }
    #expect(throws: Never.self) { try table.exchange("e") }
    #expect(table.table.clientCount == 3)
  }

  @Test("one host's clients make room for its own, and do not keep others out")
  func oneAddress() throws {
    var table = table(clients: 8, perAddress: 4)
    for number in 0..<100 { _ = try table.exchange("flood \(number)") }
    #expect(table.table.clientCount == 4)
    for number in 0..<4 { _ = try table.client("flood \(number)") }
    #expect(throws: Nfsstat4.NFS4ERR_DELAY) { try table.exchange("one too many") }
    for number in 0..<4 {
      #expect(throws: Never.self) {
        try table.exchange("other \(number)", address: [10, 0, 1, UInt8(number)])
      }
    }
    table.now += .seconds(91)
    table.table.expire(now: table.now)
    #expect(table.table.clientCount == 0)
    for number in 0..<4 { _ = try table.client("again \(number)") }
  }

  @Test("an IPv6 host has one bound for all its addresses")
  func ipv6() throws {
    var table = table(perAddress: 2)
    let network: [UInt8] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1]
    for host: UInt8 in 0..<50 {
      _ = try table.exchange("\(host)", address: network + [0, 0, 0, 0, 0, 0, 0, host])
    }
    #expect(table.table.clientCount == 2)
  }

  @Test("names that come again and again leave nothing behind")
  func repeated() throws {
    var table = table(clients: 4)
    for _ in 0..<1000 {
      _ = try table.exchange("one")
      let session = try table.client("two")
      try table.table.destroySession(.init(sessionid: session.sessionid), connection: 1)
    }
    #expect(table.table.clientCount == 2)
    _ = try table.exchange("three")
    _ = try table.exchange("four")
    _ = try table.exchange("five")
    #expect(table.table.clientCount == 4)
  }
}

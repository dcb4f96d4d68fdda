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
    _ name: String = "client", verifier: Verifier4 = 1, uid: UInt32 = 0, flags: Exchgid4Flags = []
  ) throws(Nfsstat4) -> EXCHANGE_ID4resok {
    try table.exchangeId(
      .test(ClientOwner4(verifier: verifier, ownerid: Array(name.utf8)), flags: flags),
      principal: sys(uid), address: [10, 0, 0, 1], now: now)
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

  @Test("at the limit of clients further ones are put off")
  func clientLimit() throws {
    var limits = SessionLimits()
    limits.clients = 2
    var table = TestTable(limits: limits)
    _ = try table.exchange("one")
    _ = try table.exchange("two")
    #expect(throws: Nfsstat4.NFS4ERR_DELAY) { try table.exchange("three") }
    #expect(throws: Never.self) { try table.exchange("two") }
  }
}

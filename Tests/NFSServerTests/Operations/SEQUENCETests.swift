import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Testing
import XDR

extension SEQUENCE4args {
  fileprivate static func test(
    _ session: Sessionid4, _ sequenceid: UInt32, slot: UInt32 = 0, highest: UInt32? = nil,
    cachethis: Bool = false
  ) -> SEQUENCE4args {
    SEQUENCE4args(
      sessionid: session, sequenceid: sequenceid, slotid: slot, highestSlotid: highest ?? slot,
      cachethis: cachethis)
  }
}

@Suite struct SEQUENCETests {
  /// SEQUENCE with what a test does not care for filled in.
  private func sequence(
    _ table: inout TestTable, _ arguments: SEQUENCE4args, fingerprint: UInt64 = 1,
    operations: Int = 2, bytes: Int = 100, connection: UInt64 = 1
  ) throws(Nfsstat4) -> SequenceVerdict {
    try table.table.sequence(
      arguments, fingerprint: fingerprint, operationCount: operations, requestBytes: bytes,
      connection: connection, now: table.now)
  }

  /// Runs a request to its end.
  private func finish(
    _ table: inout TestTable, _ arguments: SEQUENCE4args, reply: [ByteBuffer] = []
  ) throws {
    guard case .run(let ticket, _) = try sequence(&table, arguments) else {
      Issue.record("not a new request")
      return
    }
    table.table.completeSequence(ticket, reply: reply)
  }

  @Test("what does not fit the session is refused, each with its own status")
  func refusals() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    let wrong = Sessionid4(high: 0, low: 0)
    #expect(throws: Nfsstat4.NFS4ERR_BADSESSION) { _ = try sequence(&table, .test(wrong, 1)) }
    #expect(throws: Nfsstat4.NFS4ERR_BADSLOT) {
      _ = try sequence(&table, .test(session, 1, slot: 4))
    }
    #expect(throws: Nfsstat4.NFS4ERR_BADSLOT) {
      _ = try sequence(&table, .test(session, 1, slot: .max))
    }
    #expect(throws: Nfsstat4.NFS4ERR_BAD_HIGH_SLOT) {
      _ = try sequence(&table, .test(session, 1, slot: 1, highest: 0))
    }
    #expect(throws: Nfsstat4.NFS4ERR_TOO_MANY_OPS) {
      _ = try sequence(&table, .test(session, 1), operations: 9)
    }
    #expect(throws: Nfsstat4.NFS4ERR_REQ_TOO_BIG) {
      _ = try sequence(&table, .test(session, 1), bytes: 1 << 20 + 1)
    }
    // None of them used the slot.
    #expect(throws: Never.self) { try finish(&table, .test(session, 1)) }
  }

  @Test("a sequence id that is neither due nor the last is misordered")
  func misordered() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    for sequenceid: UInt32 in [0, 2, .max] {
      #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) {
        _ = try sequence(&table, .test(session, sequenceid))
      }
    }
    try finish(&table, .test(session, 1))
    try finish(&table, .test(session, 2))
    for sequenceid: UInt32 in [0, 1, 4] {
      #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) {
        _ = try sequence(&table, .test(session, sequenceid))
      }
    }
  }

  @Test("a retry of a running request is NFS4ERR_DELAY, and so is the next one")
  func running() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    guard case .run(let ticket, _) = try sequence(&table, .test(session, 1)) else {
      Issue.record("not a new request")
      return
    }
    for sequenceid: UInt32 in [1, 2] {
      #expect(throws: Nfsstat4.NFS4ERR_DELAY) {
        _ = try sequence(&table, .test(session, sequenceid), connection: 2)
      }
    }
    table.table.completeSequence(ticket, reply: [])
    #expect(throws: Never.self) { try finish(&table, .test(session, 2)) }
  }

  @Test("a retry of a finished request gets its bytes, also on another connection")
  func cached() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    let reply = [ByteBuffer(bytes: [1, 2, 3, 4]), ByteBuffer(bytes: [5, 6, 7, 8])]
    try finish(&table, .test(session, 1, cachethis: true), reply: reply)
    for connection: UInt64 in [1, 2] {
      let verdict = try sequence(
        &table, .test(session, 1, cachethis: true), connection: connection)
      guard case .replay(let again) = verdict else {
        Issue.record("no replay")
        return
      }
      #expect(again.joined == reply.joined)
    }
    try finish(&table, .test(session, 2))
    #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) { _ = try sequence(&table, .test(session, 1)) }
  }

  @Test("a retry of a request whose reply was not kept is told so")
  func uncached() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    try finish(&table, .test(session, 1), reply: [ByteBuffer(bytes: [1])])
    guard case .uncached(let resok) = try sequence(&table, .test(session, 1)) else {
      Issue.record("not uncached")
      return
    }
    #expect(resok.sequenceid == 1)
  }

  @Test("another request under the number of the last one is a false retry")
  func falseRetry() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    try finish(&table, .test(session, 1))
    #expect(throws: Nfsstat4.NFS4ERR_SEQ_FALSE_RETRY) {
      _ = try sequence(&table, .test(session, 1), fingerprint: 2)
    }
  }

  @Test("slots do not know of each other")
  func slots() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    for slot: UInt32 in 0..<4 {
      let verdict = try sequence(&table, .test(session, 1, slot: slot))
      guard case .run(_, let resok) = verdict else {
        Issue.record("not a new request")
        return
      }
      #expect(resok.slotid == slot && resok.highestSlotid == 3 && resok.targetHighestSlotid == 3)
    }
  }

  @Test("the end of a request whose slot has moved on changes nothing")
  func staleEnd() throws {
    var table = TestTable()
    let session = try table.client().sessionid
    guard
      case .run(let ticket, _) = try sequence(&table, .test(session, 1, cachethis: true))
    else {
      Issue.record("not a new request")
      return
    }
    table.table.completeSequence(ticket, reply: [ByteBuffer(bytes: [1])])
    try finish(&table, .test(session, 2, cachethis: true), reply: [ByteBuffer(bytes: [2])])
    table.table.completeSequence(ticket, reply: [ByteBuffer(bytes: [3])])
    guard case .replay(let reply) = try sequence(&table, .test(session, 2, cachethis: true))
    else {
      Issue.record("no replay")
      return
    }
    #expect(reply.joined == ByteBuffer(bytes: [2]))
  }

  @Test("a client without a connection for callbacks is told so, and one that wants none is not")
  func callbackPath() throws {
    let server = TestServer()
    let client = try TestClient(server)
    #expect(try client.flags() == [])
    server.sessions.withTable { _ = $0.connectionClosed(client.connection) }
    #expect(try client.flags() == [.CB_PATH_DOWN, .CB_PATH_DOWN_SESSION])
    let resok = try client.alone(
      BIND_CONN_TO_SESSION.self,
      BIND_CONN_TO_SESSION4args(
        sessid: client.session, dir: .CDFC4_BACK_OR_BOTH, useConnInRdmaMode: false))
    #expect(resok.dir == .CDFS4_BOTH)
    #expect(try client.flags() == [])
    let quiet = try TestClient(server, "quiet", back: false)
    #expect(try quiet.flags() == [])
  }

  @Test("revoked delegations are spoken of until they are freed")
  func revoked() throws {
    let server = TestServer()
    let client = try TestClient(server)
    server.sessions.withTable { $0.setRevoked(true, clientid: client.clientid) }
    #expect(try client.flags() == .RECALLABLE_STATE_REVOKED)
    server.sessions.withTable { $0.setRevoked(false, clientid: client.clientid) }
    #expect(try client.flags() == [])
  }
}

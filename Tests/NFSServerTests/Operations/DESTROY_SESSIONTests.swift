import NFSv4
import Testing

@Suite struct DESTROY_SESSIONTests {
  private let server = TestServer()

  @Test("a session nobody has cannot be destroyed")
  func unknown() throws {
    let client = try TestClient(server)
    let arguments = DESTROY_SESSION4args(sessionid: Sessionid4(high: 1, low: 1))
    #expect(status { try client.alone(DESTROY_SESSION.self, arguments) } == .NFS4ERR_BADSESSION)
  }

  @Test("a COMPOUND destroys its own session only with its last operation")
  func lastOnly() throws {
    let client = try TestClient(server)
    let arguments = DESTROY_SESSION4args(sessionid: client.session)
    var results = try client.compound {
      $0.append(DESTROY_SESSION.self, arguments)
      $0.append(PUTROOTFH.self, Void4())
    }
    #expect(status { _ = try results.next(DESTROY_SESSION.self) } == .NFS4ERR_NOT_ONLY_OP)
    #expect(throws: Never.self) { try client.run(DESTROY_SESSION.self, arguments) }
    #expect(status { _ = try client.flags() } == .NFS4ERR_BADSESSION)
  }

  @Test("a session with callbacks under way is busy")
  func callbacks() throws {
    let client = try TestClient(server)
    let taken = server.sessions.withTable { $0.takeBackSlot(client.clientid) }
    let ticket = try #require(taken)
    let arguments = DESTROY_SESSION4args(sessionid: client.session)
    #expect(
      status { try client.alone(DESTROY_SESSION.self, arguments) } == .NFS4ERR_BACK_CHAN_BUSY)
    server.sessions.withTable { $0.releaseBackSlot(ticket, .seen) }
    #expect(throws: Never.self) { try client.alone(DESTROY_SESSION.self, arguments) }
    #expect(server.sessions.withTable { $0.sessionCount } == 0)
  }
}

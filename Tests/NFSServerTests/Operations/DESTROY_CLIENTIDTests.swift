import NFSv4
import Testing

@Suite struct DESTROY_CLIENTIDTests {
  @Test("a client ID that nobody has is stale")
  func unknown() throws {
    let client = try TestClient(TestServer())
    let arguments = DESTROY_CLIENTID4args(clientid: 42)
    #expect(
      status { try client.alone(DESTROY_CLIENTID.self, arguments) } == .NFS4ERR_STALE_CLIENTID)
  }

  @Test("a client with sessions or state is busy")
  func busy() throws {
    let server = TestServer()
    let client = try TestClient(server, back: false)
    let arguments = DESTROY_CLIENTID4args(clientid: client.clientid)
    #expect(status { try client.alone(DESTROY_CLIENTID.self, arguments) } == .NFS4ERR_CLIENTID_BUSY)
    try client.open(server.tree.add("file"))
    _ = try client.alone(
      DESTROY_SESSION.self, DESTROY_SESSION4args(sessionid: client.session))
    #expect(status { try client.alone(DESTROY_CLIENTID.self, arguments) } == .NFS4ERR_CLIENTID_BUSY)
    #expect(server.droppedClients.isEmpty)
  }

  @Test("a client without sessions and state goes")
  func gone() throws {
    let server = TestServer()
    let client = try TestClient(server)
    _ = try client.alone(
      DESTROY_SESSION.self, DESTROY_SESSION4args(sessionid: client.session))
    _ = try client.alone(
      DESTROY_CLIENTID.self, DESTROY_CLIENTID4args(clientid: client.clientid))
    #expect(server.droppedClients == [client.clientid])
    #expect(server.sessions.withTable { $0.clientCount } == 0)
  }
}

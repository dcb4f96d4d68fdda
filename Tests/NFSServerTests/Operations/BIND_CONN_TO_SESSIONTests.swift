import NFSv4
import Testing

@Suite struct BIND_CONN_TO_SESSIONTests {
  private func arguments(
    _ session: Sessionid4, _ dir: ChannelDirFromClient4
  ) -> BIND_CONN_TO_SESSION4args {
    BIND_CONN_TO_SESSION4args(sessid: session, dir: dir, useConnInRdmaMode: false)
  }

  @Test("a session nobody has cannot be bound to")
  func badSession() {
    var table = TestTable()
    #expect(throws: Nfsstat4.NFS4ERR_BADSESSION) {
      try table.table.bindConnToSession(
        arguments(Sessionid4(high: 1, low: 2), .CDFC4_FORE), connection: 1, now: .zero)
    }
  }

  @Test("it is alone in its COMPOUND, in a session too")
  func alone() throws {
    let server = TestServer()
    let client = try TestClient(server)
    let bind = arguments(client.session, .CDFC4_FORE)
    #expect(status { try client.run(BIND_CONN_TO_SESSION.self, bind) } == .NFS4ERR_NOT_ONLY_OP)
    #expect(throws: Never.self) { try client.alone(BIND_CONN_TO_SESSION.self, bind) }
  }

  @Test(
    "the connection carries what was asked for",
    arguments: [
      (ChannelDirFromClient4.CDFC4_FORE, ChannelDirFromServer4.CDFS4_FORE, false),
      (.CDFC4_BACK, .CDFS4_BACK, true), (.CDFC4_FORE_OR_BOTH, .CDFS4_BOTH, true),
      (.CDFC4_BACK_OR_BOTH, .CDFS4_BOTH, true),
    ])
  func directions(
    asked: ChannelDirFromClient4, given: ChannelDirFromServer4, hasBackchannel: Bool
  ) throws {
    var table = TestTable()
    let session = try table.client(flags: [], connection: 1)
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    let resok = try table.table.bindConnToSession(
      arguments(session.sessionid, asked), connection: 2, now: table.now)
    #expect(resok.dir == given)
    #expect(table.table.hasBackchannel(clientid) == hasBackchannel)
    table.table.connectionClosed(2)
    #expect(!table.table.hasBackchannel(clientid))
  }
}

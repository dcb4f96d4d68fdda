import NFSServer
import NFSv4
import Testing

@Suite struct FREE_STATEIDTests {
  private let server = TestServer()

  @Test("what is held is not freed, and what nobody has is bad")
  func refusals() throws {
    let client = try TestClient(server)
    let open = try client.open(server.tree.add("file")).stateid
    let made = Stateid4(seqid: 1, other: StateidOther(high: 3, low: 4))
    for (stateid, expected) in [(open, Nfsstat4.NFS4ERR_LOCKS_HELD), (made, .NFS4ERR_BAD_STATEID)] {
      let arguments = FREE_STATEID4args(stateid: stateid)
      #expect(status { try client.run(FREE_STATEID.self, arguments) } == expected)
    }
  }

  @Test("a revoked delegation is freed once, and SEQUENCE stops speaking of it")
  func revoked() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let stateid = try #require(try client.open(file).delegationStateid)
    server.tree.rewrite(file)
    try client.open(file)
    let losers = server.operations.withState {
      $0.revokeOverdue(now: server.now + .seconds(91), lease: .seconds(90)).losers
    }
    #expect(losers == [client.clientid])
    server.sessions.withTable { $0.setRevoked(true, clientid: client.clientid) }
    #expect(try client.flags() == .RECALLABLE_STATE_REVOKED)
    #expect(
      try client.run(TEST_STATEID.self, TEST_STATEID4args(stateids: [stateid])).statusCodes
        == [.NFS4ERR_DELEG_REVOKED])
    #expect(
      status {
        try client.run(DELEGRETURN.self, DELEGRETURN4args(delegStateid: stateid), on: file)
      } == .NFS4ERR_DELEG_REVOKED)
    try client.run(FREE_STATEID.self, FREE_STATEID4args(stateid: stateid))
    #expect(try client.flags() == [])
    #expect(
      status { try client.run(FREE_STATEID.self, FREE_STATEID4args(stateid: stateid)) }
        == .NFS4ERR_BAD_STATEID)
  }
}

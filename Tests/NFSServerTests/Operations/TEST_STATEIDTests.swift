import NFSv4
import Testing

@Suite struct TEST_STATEIDTests {
  @Test("each stateid has its own answer")
  func answers() throws {
    let server = TestServer()
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let file = server.tree.add("file")
    try client.open(file)
    let open = try client.open(file)
    let layout = try client.layout(file, open.stateid)
    let delegation = try #require(
      try other.open(server.tree.add("another")).delegationStateid)
    let old = Stateid4(seqid: 1, other: open.stateid.other)
    let later = Stateid4(seqid: 3, other: open.stateid.other)
    let latest = Stateid4(seqid: 0, other: open.stateid.other)
    let resok = try client.run(
      TEST_STATEID.self,
      TEST_STATEID4args(stateids: [
        open.stateid, latest, old, later, layout.stateid, delegation, .anonymous, .readBypass,
      ]))
    #expect(
      resok.statusCodes == [
        .NFS4_OK, .NFS4_OK, .NFS4ERR_OLD_STATEID, .NFS4ERR_BAD_STATEID, .NFS4_OK,
        .NFS4ERR_BAD_STATEID, .NFS4ERR_BAD_STATEID, .NFS4ERR_BAD_STATEID,
      ])
    #expect(try client.run(TEST_STATEID.self, TEST_STATEID4args(stateids: [])).statusCodes == [])
  }
}

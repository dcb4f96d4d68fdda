import NFSServer
import NFSv4
import Testing

@Suite struct CLOSETests {
  private let server = TestServer()

  private func close(
    _ client: TestClient, _ stateid: Stateid4, _ object: MemoryTree.Object
  ) throws -> CLOSE4resok {
    try client.run(CLOSE.self, CLOSE4args(seqid: 0, openStateid: stateid), on: object)
  }

  @Test("a stateid nobody has, another client's and another file's are bad")
  func badStateids() throws {
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let (file, another) = (server.tree.add("file"), server.tree.add("another"))
    let open = try client.open(file).stateid
    let made = Stateid4(seqid: 0, other: StateidOther(high: 1, low: 2))
    #expect(status { _ = try close(client, made, file) } == .NFS4ERR_BAD_STATEID)
    #expect(status { _ = try close(other, open, file) } == .NFS4ERR_BAD_STATEID)
    #expect(status { _ = try close(client, open, another) } == .NFS4ERR_BAD_STATEID)
    #expect(status { _ = try close(client, .current, file) } == .NFS4ERR_BAD_STATEID)
    #expect(server.operations.withState { $0.openCount } == 1)
  }

  @Test("an earlier seqid is old, a later one bad, and zero is the latest")
  func seqids() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    try client.open(file)
    var stateid = try client.open(file).stateid
    #expect(stateid.seqid == 2)
    for (seqid, expected) in [(1, Nfsstat4.NFS4ERR_OLD_STATEID), (3, .NFS4ERR_BAD_STATEID)] {
      stateid.seqid = UInt32(seqid)
      #expect(status { _ = try close(client, stateid, file) } == expected)
    }
    stateid.seqid = 0
    #expect(try close(client, stateid, file).openStateid == .invalid)
    #expect(status { _ = try close(client, stateid, file) } == .NFS4ERR_BAD_STATEID)
    #expect(server.operations.withState { $0.openCount } == 0)
  }

  @Test("grants under the open end with it, the layout stays")
  func grants() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server, back: false)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    let layout = try client.layout(file, open)
    let granted = try peer.proxyOpen(try layout.routed(), open, for: client)
    _ = server.directives()
    _ = try close(client, open, file)
    let directives = server.directives()
    guard case .revokeGrants(let revocation) = directives.first else {
      Issue.record("no revocation: \(directives)")
      return
    }
    #expect(directives.count == 1)
    #expect(revocation.server == peer.clientid && revocation.reader == client.clientid)
    #expect(revocation.stateids == [granted.proxyStateid])
    #expect(self.server.operations.withState { $0.layoutCount } == 1)
    #expect(self.server.operations.withState { $0.grantCount } == 0)
  }
}

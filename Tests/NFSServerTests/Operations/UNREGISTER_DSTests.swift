import NFSServer
import NFSv4
import Testing

@Suite struct UNREGISTER_DSTests {
  private let server = TestServer()

  @Test("only the client's own registration ends")
  func badStateids() throws {
    let peer = try TestClient(server, "peer")
    let other = try TestClient(server, "other")
    let stateid = try peer.register(9).stateid
    let former = try other.register(8).stateid
    try other.register(8)
    for (who, stateid) in [(other, stateid), (other, former), (peer, .anonymous)] {
      let arguments = UNREGISTER_DS4args(stateid: stateid)
      #expect(status { try who.run(UNREGISTER_DS.self, arguments) } == .NFS4ERR_BAD_STATEID)
    }
    #expect(server.operations.withState { $0.dataServers.count } == 2)
  }

  @Test("its layouts are recalled, its grants go with them, and it is named no more")
  func gone() throws {
    let peer = try TestClient(server, "peer")
    let stateid = try peer.register(9).stateid
    let client = try TestClient(server, back: false)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    try peer.proxyOpen(try client.layout(file, open).routed(), open, for: client)
    _ = server.directives()
    try peer.run(UNREGISTER_DS.self, UNREGISTER_DS4args(stateid: stateid))
    let directives = server.directives()
    guard directives.count == 1, case .recallLayout(let layout) = directives[0] else {
      Issue.record("\(directives)")
      return
    }
    // Readers that it still serves leave in order.
    #expect(server.operations.withState { $0.grantCount } == 1)
    _ = server.operations.withState { $0.layoutGone(layout.stateid.other) }
    #expect(server.operations.withState { $0.grantCount } == 0)
    #expect(status { try client.layout(file, open) } == .NFS4ERR_BADLAYOUT)
    let arguments = UNREGISTER_DS4args(stateid: stateid)
    #expect(status { try peer.run(UNREGISTER_DS.self, arguments) } == .NFS4ERR_BAD_STATEID)
  }
}

import NFSServer
import NFSv4
import Testing

@Suite struct DELEGRETURNTests {
  private let server = TestServer()

  @Test("another client's delegation, another file's and an open cannot be returned")
  func badStateids() throws {
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let (file, another) = (server.tree.add("file"), server.tree.add("another"))
    let open = try client.open(file)
    let delegation = try #require(open.delegationStateid)
    for (who, stateid, object) in [
      (other, delegation, file), (client, delegation, another), (client, open.stateid, file),
    ] {
      let arguments = DELEGRETURN4args(delegStateid: stateid)
      #expect(
        status { try who.run(DELEGRETURN.self, arguments, on: object) } == .NFS4ERR_BAD_STATEID)
    }
    #expect(server.operations.withState { $0.delegationCount } == 1)
  }

  @Test("a delegation is returned once")
  func once() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let arguments = DELEGRETURN4args(
      delegStateid: try #require(try client.open(file).delegationStateid))
    try client.run(DELEGRETURN.self, arguments, on: file)
    #expect(
      status { try client.run(DELEGRETURN.self, arguments, on: file) } == .NFS4ERR_BAD_STATEID)
  }

  @Test("grants of the data server that returns it end, and those under a reader's own")
  func grants() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let open = try client.open(file)
    let layout = try client.layout(file, open.stateid)
    let routed = try layout.routed()
    let own = try #require(open.delegationStateid)
    let one = try peer.proxyOpen(routed, open.stateid, for: client)
    let other = try peer.proxyOpen(routed, own, for: client)
    _ = server.directives()
    try client.run(DELEGRETURN.self, DELEGRETURN4args(delegStateid: own), on: file)
    guard case .revokeGrants(let revoked) = server.directives().first else {
      Issue.record("no revocation")
      return
    }
    #expect(revoked.stateids == [other.proxyStateid])
    try peer.run(DELEGRETURN.self, DELEGRETURN4args(delegStateid: one.delegation), on: file)
    guard case .revokeGrants(let rest) = server.directives().first else {
      Issue.record("no revocation")
      return
    }
    #expect(rest.stateids == [one.proxyStateid])
  }
}

import NFSServer
import NFSv4
import NIOCore
import Placement
import Testing

@Suite struct MetadataStateTests {
  private let server = TestServer()

  private func kinds(_ directives: [MetadataDirective]) -> [String] { directives.map(\.kind) }

  @Test("a client that is gone leaves nothing, and its readers' grants are revoked together")
  func drop() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server)
    for number in 0..<3 {
      let file = server.tree.add("file\(number)")
      let open = try client.open(file).stateid
      try peer.proxyOpen(try client.layout(file, open).routed(), open, for: client)
    }
    #expect(server.operations.withState { $0.hasState(client.clientid) })
    let directives = server.operations.withState {
      $0.drop(client: client.clientid, now: server.now)
    }
    guard directives.count == 1, case .revokeGrants(let revocation) = directives[0] else {
      Issue.record("\(directives)")
      return
    }
    #expect(revocation.server == peer.clientid && revocation.reader == client.clientid)
    #expect(revocation.stateids == nil)
    server.operations.withState { state in
      #expect(!state.hasState(client.clientid))
      #expect(state.openCount == 0 && state.layoutCount == 0 && state.grantCount == 0)
      // Those of the data server stay.
      #expect(state.delegationCount == 3)
      let again = state.drop(client: client.clientid, now: .zero)
      #expect(again.isEmpty)
    }
  }

  @Test("a data server that is gone takes its registration, and layouts that choose it")
  func dropServer() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    try peer.proxyOpen(try client.layout(file, open).routed(), open, for: client)
    let directives = server.operations.withState {
      $0.drop(client: peer.clientid, now: server.now)
    }
    #expect(kinds(directives) == ["layout"])
    server.operations.withState { state in
      #expect(state.dataServers.isEmpty && state.grantCount == 0)
      #expect(state.delegationCount == 1)
    }
  }

  @Test("the end of a lease is the end of the client's grants")
  func leaseEnd() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    try peer.proxyOpen(try client.layout(file, open).routed(), open, for: client)
    _ = server.directives()
    server.pass(.seconds(60))
    _ = try peer.flags()
    server.pass(.seconds(31))
    server.sessions.expire()
    #expect(server.droppedClients == [client.clientid])
    #expect(kinds(server.directives()) == ["all grants"])
  }

  @Test("a restarted client's state goes with its new instance's first session")
  func restart() throws {
    let client = try TestClient(server, "client", verifier: 1)
    try client.open(server.tree.add("file"))
    _ = try TestClient(server, "client", verifier: 2)
    #expect(server.droppedClients == [client.clientid])
    #expect(server.operations.withState { $0.openCount } == 0)
  }

  @Test("what is recalled a second time is not recalled again")
  func contentChangedTwice() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    try client.open(file)
    let handle = file.handle
    let changes = (2...3).map { change in
      server.operations.withState {
        kinds($0.contentChanged(handle, change: Changeid4(change), now: server.now))
      }
    }
    #expect(changes == [["delegation"], []])
    let unchanged = server.tree.add("unchanged")
    try client.open(unchanged)
    let none = server.operations.withState {
      kinds($0.contentChanged(unchanged.handle, change: 1, now: server.now))
    }
    #expect(none.isEmpty)
  }

  @Test("while a recall is under way no delegation is given; when it is back, again")
  func recallUnderWay() throws {
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let file = server.tree.add("file")
    let held = try #require(try client.open(file).delegationStateid)
    server.tree.rewrite(file)
    #expect(try other.open(file).delegationStateid == nil)
    try client.run(DELEGRETURN.self, DELEGRETURN4args(delegStateid: held), on: file)
    #expect(try other.open(file).delegationStateid != nil)
  }

  @Test("a delegation that is not returned is revoked a lease after its recall, not before")
  func revokeOverdue() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    try client.open(file)
    server.tree.rewrite(file)
    try client.open(file)
    let recalled = server.now
    server.operations.withState { state in
      let losers = [90, 91, 999].map {
        state.revokeOverdue(now: recalled + .seconds($0), lease: .seconds(90)).losers
      }
      #expect(losers == [[], [client.clientid], []])
      #expect(state.hasRevoked(client.clientid) && state.delegationCount == 0)
    }
  }

  @Test("the answer to a recall does not end a layout that was granted again since")
  func layoutGone() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    let layout = try client.layout(file, open).stateid
    for isReachable in [false, true] {
      _ = server.operations.withState {
        $0.setReachable(isReachable, clientid: peer.clientid, now: server.now)
      }
    }
    try client.layout(file, open)
    server.operations.withState { state in
      let ended = state.layoutGone(layout.other)
      #expect(ended.isEmpty && state.layoutCount == 1)
      _ = state.setReachable(false, clientid: peer.clientid, now: .zero)
      _ = state.layoutGone(layout.other)
      #expect(state.layoutCount == 0)
    }
  }

  @Test("grants that are too many to be named are revoked together")
  func manyGrants() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server, back: false)
    let file = server.tree.add("file")
    var layout: LAYOUTGET4resok?
    for number in 0..<129 {
      let open = try client.open(file, owner: "\(number)").stateid
      if layout == nil { layout = try client.layout(file, open) }
      try peer.proxyOpen(try #require(layout).routed(), open, for: client)
    }
    server.tree.rewrite(file)
    _ = server.directives()
    try client.open(file)
    #expect(kinds(server.directives()) == ["layout", "all grants", "delegation"])
  }

  @Test("one client can make the server remember so much and no more")
  func limits() throws {
    var limits = MetadataState<Int>.Limits()
    limits.opensPerClient = 1
    limits.delegationsPerClient = 1
    limits.layoutsPerClient = 1
    limits.dataServers = 1
    var state = MetadataState<Int>(instance: 1, limits: limits)
    let (one, other) = (
      NfsFh4(ByteBuffer(integer: UInt8(1))), NfsFh4(ByteBuffer(integer: UInt8(2)))
    )
    let owner = StateOwner4(clientid: 5, owner: [1])
    let open = try state.open(
      one, owner: owner, access: 1, deny: 0, openFile: 0, covers: 1, opener: .none)
    #expect(throws: Nfsstat4.NFS4ERR_RESOURCE) {
      try state.open(
        other, owner: owner, access: 1, deny: 0, openFile: 0, covers: 1, opener: .none)
    }
    #expect(throws: Never.self) {
      try state.open(
        one, owner: owner, access: 1, deny: 0, openFile: 0, covers: 1, opener: .none)
    }
    let held = [one, other].map { state.delegate($0, change: 1, to: 5) != nil }
    #expect(held == [true, false])
    _ = try state.register(
      clientid: 6, name: "", addresses: [.tcp("10.0.0.1.8.1")], addressBytes: [[10, 0, 0, 1]],
      locality: Locality(), now: .zero)
    #expect(throws: Nfsstat4.NFS4ERR_DELAY) {
      try state.register(
        clientid: 7, name: "", addresses: [.tcp("10.0.0.2.8.1")], addressBytes: [[10, 0, 0, 2]],
        locality: Locality(), now: .zero)
    }
    let ranked = Ranking.ranked(
      state.candidates, for: ClientPlace(address: [10, 0, 0, 3], locality: Locality()))
    _ = try state.layoutget(
      one, stateid: Stateid4(seqid: 0, other: open.other), clientid: 5, ranked: ranked,
      now: .zero)
    #expect(state.layoutCount == 1)
  }
}

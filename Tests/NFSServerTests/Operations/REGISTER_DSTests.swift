import NFSServer
import NFSv4
import Testing

@Suite struct REGISTER_DSTests {
  private let server = TestServer()

  @Test("who has not proven the key is no data server")
  func unproven() throws {
    let peer = try TestClient(server)
    let arguments = REGISTER_DS4args.test(addresses: ["10.0.0.1.8.1"])
    #expect(status { try peer.run(REGISTER_DS.self, arguments) } == .NFS4ERR_PERM)
    #expect(server.operations.withState { $0.dataServers.isEmpty })
  }

  @Test("who cannot be called back is no data server")
  func noBackchannel() throws {
    let peer = try TestClient(server, back: false)
    #expect(status { try peer.register(1) } == .NFS4ERR_CB_PATH_DOWN)
  }

  @Test("a server that gives no layouts takes no data servers")
  func noLayouts() throws {
    let peer = try TestClient(TestServer { $0.grantsLayouts = false })
    #expect(status { try peer.register(1) } == .NFS4ERR_NOTSUPP)
  }

  @Test(
    "an address that no client could connect to is invalid",
    arguments: [
      [], ["10.0.0.1"], ["host.8.1"], ["10.0.0.1.0.0"], ["0.0.0.0.8.1"],
      ["10.0.0.1.8.1", "10.0.0.256.8.1"],
    ])
  func badAddresses(addresses: [String]) throws {
    let peer = try TestClient(server)
    server.prove(peer.connection)
    let arguments = REGISTER_DS4args.test(addresses: addresses)
    #expect(status { try peer.run(REGISTER_DS.self, arguments) } == .NFS4ERR_INVAL)
  }

  @Test("flags that do not exist are invalid")
  func flags() throws {
    let peer = try TestClient(server)
    server.prove(peer.connection)
    for raw: UInt32 in [0x4, 0x5, 0x8000_0000] {
      let arguments = REGISTER_DS4args.test(
        addresses: ["10.0.0.1.8.1"], flags: DsregFlags4(rawValue: raw))
      #expect(status { try peer.run(REGISTER_DS.self, arguments) } == .NFS4ERR_INVAL)
    }
    let arguments = REGISTER_DS4args.test(
      addresses: ["10.0.0.1.8.1"], flags: [.READ_ONLY, .HAS_CACHE])
    #expect(throws: Never.self) { try peer.run(REGISTER_DS.self, arguments) }
  }

  @Test("the server knows since when each data server is one, and what it holds")
  func loads() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let idle = try TestClient(server, "idle")
    try idle.register(10)
    let since = server.now
    server.pass(.seconds(20))
    let client = try TestClient(server, address: [10, 0, 0, 9])
    for name in ["one", "two"] {
      let file = server.tree.add(name)
      let open = try client.open(file).stateid
      let layout = try client.layout(file, open).routed()
      if name == "one" { try peer.proxyOpen(layout, open, for: client) }
    }
    server.operations.withState { state in
      for server in state.dataServers.values {
        let isPeer = server.clientid == peer.clientid
        #expect(server.registered == since)
        #expect(state.layoutCounts[server.id] ?? 0 == (isPeer ? 2 : 0))
        #expect(state.grantCount(of: server) == (isPeer ? 1 : 0))
      }
    }
  }

  @Test("a data server speaks both minor versions", arguments: [0, 0b010, 0b100] as [UInt32])
  func minorVersions(mask: UInt32) throws {
    let peer = try TestClient(server)
    server.prove(peer.connection)
    let arguments = REGISTER_DS4args.test(addresses: ["10.0.0.1.8.1"], minorversions: mask)
    #expect(
      status { try peer.run(REGISTER_DS.self, arguments) } == .NFS4ERR_MINOR_VERS_MISMATCH)
  }

  @Test("a second registration replaces the first, and layouts of the first are recalled")
  func again() throws {
    let peer = try TestClient(server, "peer")
    let first = try peer.register(9)
    #expect(first.leaseTime == TestServer.leaseSeconds)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let layout = try client.layout(file, try client.open(file).stateid)
    _ = server.directives()
    let second = try peer.register(9)
    #expect(second.stateid.other != first.stateid.other)
    #expect(server.operations.withState { $0.dataServers.count } == 1)
    guard case .recallLayout(let recalled) = server.directives().first else {
      Issue.record("no recall")
      return
    }
    // The recall counts as a change of the stateid.
    #expect(recalled.stateid == Stateid4(seqid: 2, other: layout.stateid.other))
  }

  @Test("an address leads to who registered it last, and the other one's readers are fenced")
  func takeover() throws {
    let former = try TestClient(server, "former")
    try former.register(9)
    let client = try TestClient(server, back: false)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    try former.proxyOpen(try client.layout(file, open).routed(), open, for: client)
    _ = server.directives()
    let latter = try TestClient(server, "latter")
    try latter.register(9)
    #expect(
      server.operations.withState { $0.dataServers.values.map(\.clientid) } == [latter.clientid])
    let revoked = server.directives().contains {
      guard case .revokeGrants(let revocation) = $0 else { return false }
      return revocation.server == former.clientid && revocation.reader == client.clientid
    }
    #expect(revoked)
    #expect(server.operations.withState { $0.grantCount } == 0)
  }

  @Test("clients that a new data server is nearer to choose again, and only they")
  func nearer() throws {
    try TestClient(server, "far").register(200)
    let near = try TestClient(server, "near client", address: [10, 0, 0, 9])
    let elsewhere = try TestClient(server, "other client", address: [10, 0, 0, 8])
    let file = server.tree.add("file")
    for client in [near, elsewhere] {
      try client.layout(file, try client.open(file).stateid)
    }
    _ = server.directives()
    try TestClient(server, "near").register(9)
    let recalled = server.directives().compactMap { directive -> Clientid4? in
      if case .recallLayout(let layout) = directive { return layout.clientid }
      return nil
    }
    #expect(recalled == [near.clientid])
  }
}

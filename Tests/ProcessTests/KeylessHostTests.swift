import Lab
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Testing

extension ProcessTests {
  @Suite("A host without the cluster's key", .timeLimit(.minutes(2)))
  struct KeylessHostTests {
    private func atMDS(
      _ body: @escaping @Sendable (Cluster, RawClient) throws -> Void
    ) async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      try await cluster.stranger.inside {
        try body(
          cluster, try RawClient(try RawConnection(to: cluster.mdsNode.address), owner: "stranger"))
      }
      #expect(mds.isRunning)
      await cluster.close()
    }

    /// What the client may not do without a proof.
    private static func expectNothing(_ client: RawClient) throws {
      let handle = try client.lookup("large")
      #expect(throws: CompoundError.status(.NFS4ERR_PERM, operation: .OP_REGISTER_DS)) {
        _ = try client.register(at: "10.77.0.3")
      }
      #expect(throws: CompoundError.status(.NFS4ERR_PERM, operation: .OP_PROXY_OPEN)) {
        var results = try client.compound {
          $0.append(PROXY_OPEN.self, RawClient.proxyOpen(handle, client: client.owner))
        }
        _ = try results.next(PROXY_OPEN.self)
      }
      #expect(try client.take(handle, change: 1).status == .authError(.AUTH_TOOWEAK))
      // And what anybody may do goes on.
      #expect(try client.read(handle).count == 64)
      let small = try client.lookup("small")
      #expect(try client.read(small) == Array("small".utf8))
    }

    @Test("who proves nothing may not register, ask for others or take blocks, but reads files")
    func noProof() async throws {
      try await atMDS { _, client in try Self.expectNothing(client) }
    }

    @Test("a proof with another key is refused, and its connection gets nothing then")
    func wrongKey() async throws {
      try await atMDS { _, client in
        #expect(try client.prove(.init(repeating: 8, count: 32)) == .PROVE1_REFUSED)
        try Self.expectNothing(client)
        // Not even with the right one.
        let again = Result { try client.prove(Cluster.key) }
        if case .success(.PROVE1_OK) = again { Issue.record("accepted after a refusal") }
        try Self.expectNothing(client)
      }
    }

    @Test("a proof without a challenge, and the callee's own proof sent back, are refused")
    func reflected() async throws {
      try await atMDS { cluster, client in
        let reply = try client.connection.call(
          client.blockCall(.PROVE, PROVE1args(proof: .init(repeating: 0, count: 32)).xdr))
        #expect(try PROVE1res(xdr: reply.results).status == .PROVE1_REFUSED)
        let second = try RawClient(
          try RawConnection(to: cluster.mdsNode.address), owner: "mirror")
        let challenge = try CHALLENGE1res(
          xdr: try second.connection.call(
            second.blockCall(
              .CHALLENGE,
              CHALLENGE1args(nonce: .init(repeating: 1, count: 32), sessionid: second.session).xdr)
          ).results)
        let mirrored = try second.connection.call(
          second.blockCall(.PROVE, PROVE1args(proof: challenge.proof).xdr))
        #expect(try PROVE1res(xdr: mirrored.results).status == .PROVE1_REFUSED)
        try Self.expectNothing(second)
      }
    }

    @Test("a proof opens its own connection only: the same session on another gets nothing")
    func otherConnection() async throws {
      try await atMDS { cluster, member in
        #expect(try member.prove(Cluster.key) == .PROVE1_OK)
        let handle = try member.lookup("large")
        #expect(try member.take(handle, change: 1).status == .success)
        _ = try member.register(at: "10.77.0.3")
        let thief = RawClient(
          try RawConnection(to: cluster.mdsNode.address), sharing: member)
        try Self.expectNothing(thief)
        // Nor does proving for one session open another on the same connection.
        let other = try RawClient(member.connection, owner: "other")
        #expect(throws: CompoundError.status(.NFS4ERR_PERM, operation: .OP_REGISTER_DS)) {
          _ = try other.register(at: "10.77.0.3")
        }
      }
    }

    @Test("a metadata server without a key has no members")
    func noKey() async throws {
      let cluster = try await Cluster.create()
      var configuration = cluster.mds()
      let lines = configuration.split(separator: "\n").filter {
        !$0.contains("gossip") && !$0.contains("key_file")
      }
      configuration = lines.joined(separator: "\n") + "\n"
      let mds = try await cluster.startMDS(configuration)
      try await cluster.stranger.inside {
        let client = try RawClient(
          try RawConnection(to: cluster.mdsNode.address), owner: "stranger")
        #expect(throws: (any Error).self) { _ = try client.prove(Cluster.key) }
        try Self.expectNothing(client)
      }
      #expect(mds.isRunning)
      await cluster.close()
    }
  }
}

import Glibc
import Lab
import NFSv4
import NIOCore
import ONCRPC
import Testing

extension ProcessTests {
  @Suite("Signals and restarts", .timeLimit(.minutes(2)))
  struct LifecycleTests {
    @Test("SIGTERM ends a daemon with status 0 within seconds, with clients connected")
    func terminate() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      try await cluster.stranger.inside {
        let reader = try PeerReader(cluster, owner: "reader")
        #expect(try reader.read().count == 64)
        let idle = try (0..<20).map { index in
          try RawConnection(
            to: index % 2 == 0 ? cluster.mdsNode.address : cluster.peerNode.address)
        }
        withExtendedLifetime((reader, idle)) {}
      }
      let reader = try await cluster.stranger.connect(to: cluster.mdsNode.address, port: 2049)
      let other = try await cluster.stranger.connect(to: cluster.peerNode.address, port: 2049)
      #expect(try await peer.terminate(within: .seconds(8)) == .code(0))
      #expect(try await mds.terminate(within: .seconds(8)) == .code(0))
      withExtendedLifetime((reader, other)) {}
      await cluster.close()
    }

    enum Loss: CaseIterable, Sendable {
      case killed, killedAndNoticed, hanging
    }

    @Test(
      "a peer whose metadata server is gone or hangs ends by SIGTERM all the same",
      arguments: Loss.allCases)
    func terminateAlone(loss: Loss) async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      switch loss {
      case .killed: await mds.kill()
      case .killedAndNoticed:
        await mds.kill()
        for _ in 0..<100_000 where !peer.logTail.contains("trying again") { await Task.yield() }
        #expect(peer.logTail.contains("trying again"))
      case .hanging: mds.stop()
      }
      #expect(try await peer.terminate(within: .seconds(10)) == .code(0))
      await cluster.close()
    }

    private struct Registration: Decodable {
      struct Detail: Decodable { var registered: Bool }
      var detail: Detail
    }

    @Test("a peer that hangs is ended, which resets its connections, and serves again by itself")
    func hanging() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      let former = peer.pid
      try await cluster.stranger.inside {
        let connection = try RawConnection(to: cluster.peerNode.address)
        _ = try PeerReader(cluster, owner: "reader").read()
        kill(former, SIGSTOP)
        #expect(try connection.isClosedByOtherSide())
      }
      var isRegistered = false
      for _ in 0..<100_000 where !isRegistered {
        let status = try? await peer.status(as: Registration.self)
        isRegistered = status?.detail.registered ?? false
      }
      #expect(isRegistered && peer.pid != former && peer.isRunning)
      #expect(peer.logTail.contains("hangs"))
      try await cluster.stranger.inside {
        let read = try PeerReader(cluster, owner: "reader").read()
        #expect(read.count == 64)
      }
      #expect(try await peer.terminate(within: .seconds(8)) == .code(0))
      #expect(mds.isRunning)
      await cluster.close()
    }

    @Test("nothing serves on after the process that was started is killed")
    func killed() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      try await cluster.stranger.inside {
        let connection = try RawConnection(to: cluster.peerNode.address)
        peer.killAlone()
        #expect(try connection.isClosedByOtherSide())
      }
      #expect(mds.isRunning)
      await cluster.close()
    }

    /// Keys of a cluster before, while and after they are replaced.
    private func rotation(_ former: [UInt8], _ next: [UInt8]) -> [[[UInt8]]] {
      [[former, next], [next, former], [next]]
    }

    @Test("a key is replaced by SIGHUP without a pause, and the former one is worthless")
    func keyRotation() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      let next = [UInt8](repeating: 8, count: 32)
      for keys in rotation(Cluster.key, next) {
        try cluster.writeKeys(keys, to: cluster.keyPath)
        for daemon in [mds, peer] {
          let count = daemon.logTail.components(separatedBy: "keys were read again").count
          daemon.reload()
          for _ in 0..<100_000
          where daemon.logTail.components(separatedBy: "keys were read again").count == count {
            await Task.yield()
          }
        }
        let status = try await peer.status(as: Registration.self)
        #expect(status.detail.registered)
      }
      let late = try await Daemon.start(
        "late", on: cluster.stranger,
        configuration: cluster.peer(cache: cluster.directory + "/late"))
      try cluster.writeKey(Cluster.key, to: cluster.directory + "/former.key")
      let ended = try await cluster.run(
        cluster.peer(
          listen: "0.0.0.0:2050", cache: cluster.directory + "/former", admin: "127.0.0.1:9703",
          key: cluster.directory + "/former.key", more: ""),
        on: cluster.peerNode, until: "cluster's key")
      #expect(!ended.output.contains("ready role="))
      #expect(mds.isRunning && peer.isRunning && late.isRunning)
      await cluster.close()
    }

    @Test("a mistake in a file that is read again is said, and nothing changes")
    func wrongReload() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      try cluster.write("no key\n", to: cluster.keyPath)
      for daemon in [mds, peer] {
        daemon.reload()
        for _ in 0..<100_000 where !daemon.logTail.contains("was not read again") {
          await Task.yield()
        }
        #expect(daemon.logTail.contains("\(cluster.keyPath):1:"))
      }
      #expect(try await peer.status(as: Registration.self).detail.registered)
      try await cluster.stranger.inside {
        let read = try PeerReader(cluster, owner: "reader").read()
        #expect(read.count == 64)
      }
      await cluster.close()
    }

    @Test("SIGHUP ends nothing")
    func hangUp() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      try await cluster.stranger.inside {
        let reader = try PeerReader(cluster, owner: "reader")
        for _ in 0..<20 {
          mds.reload()
          peer.reload()
          #expect(try reader.read().count == 64)
        }
      }
      #expect(mds.isRunning && peer.isRunning)
      await cluster.close()
    }

    @Test("filehandles from before a kill -9 of the metadata server are good after it")
    func filehandles() async throws {
      let cluster = try await Cluster.create()
      let first = try await cluster.startMDS()
      let names = ["small", "large", "dir"]
      let handles = try await cluster.stranger.inside {
        let client = try RawClient(try RawConnection(to: cluster.mdsNode.address), owner: "a")
        return try names.map { Array(try client.lookup($0).bytes.readableBytesView) }
      }
      await first.kill()
      let second = try await cluster.startMDS()
      try await cluster.stranger.inside {
        let client = try RawClient(try RawConnection(to: cluster.mdsNode.address), owner: "a")
        let again = handles.map { NfsFh4(ByteBuffer(bytes: $0)) }
        #expect(try client.read(again[0]) == Array("small".utf8))
        #expect(try client.read(again[1]) == (0..<64).map { Cluster.largeByte($0) })
        var results = try client.compound {
          $0.append(PUTFH.self, PUTFH4args(object: again[2]))
          $0.append(LOOKUP.self, LOOKUP4args(objname: Array("49".utf8)))
        }
        _ = try results.next(PUTFH.self)
        _ = try results.next(LOOKUP.self)
        // One bit of it changed leads nowhere.
        var forged = handles[1]
        forged[forged.count - 1] ^= 1
        let handle = NfsFh4(ByteBuffer(bytes: forged))
        #expect(throws: (any Error).self) { _ = try client.read(handle) }
      }
      #expect(second.isRunning)
      await cluster.close()
    }

    private struct PeerStatus: Decodable {
      struct Detail: Decodable {
        struct Cache: Decodable { var blocks: Int }
        var cache: Cache
      }
      var bytesBySource: [String: Int]
      var detail: Detail

      enum CodingKeys: String, CodingKey {
        case bytesBySource = "bytes_by_source"
        case detail
      }
    }

    private static func readAll(_ cluster: Cluster, owner: String) throws {
      let reader = try PeerReader(cluster, owner: owner)
      for offset in stride(from: 0, to: Cluster.largeBytes, by: 1 << 20) {
        let bytes = try reader.read(offset: UInt64(offset), count: 1 << 20)
        guard bytes.count == 1 << 20, bytes[77] == Cluster.largeByte(offset + 77) else {
          throw ProcessTestError("\(bytes.count) bytes at \(offset)")
        }
      }
    }

    @Test(
      "a peer killed with -9 opens its cache warm: nothing is read from the metadata server again")
    func warm() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let first = try await cluster.startPeer()
      try await cluster.stranger.inside { try Self.readAll(cluster, owner: "a") }
      // Until everything has been written.
      let blocks = Cluster.largeBytes / (256 << 10)
      var written = 0
      for _ in 0..<500 where written < blocks {
        written = try await first.status(as: PeerStatus.self).detail.cache.blocks
      }
      #expect(written == blocks)
      await first.kill()
      let second = try await cluster.startPeer()
      try await cluster.stranger.inside { try Self.readAll(cluster, owner: "b") }
      let sources = try await second.status(as: PeerStatus.self).bytesBySource
      #expect(sources["mds"] == 0)
      #expect((sources["disk"] ?? 0) + (sources["ram"] ?? 0) == Cluster.largeBytes)
      #expect(mds.isRunning && second.isRunning)
      await cluster.close()
    }
  }
}

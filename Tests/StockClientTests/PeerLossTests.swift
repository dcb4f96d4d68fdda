import Foundation
import Lab
import Testing

extension StockClients {
  /// Peers and connections come and go; readers do not notice.
  @Suite(
    "Loss", .serialized, .timeLimit(.minutes(3)),
    .cluster(
      fileCount: 200, byteCount: 20_000_000,
      files: [
        // They take seconds to leave the MDS. One for each test: a client that lost a data server
        // in
        // the middle of a file passes it over for that file.
        MadeFile(path: "large/killed", byteCount: 96 << 20),
        MadeFile(path: "large/terminated", byteCount: 96 << 20),
        MadeFile(path: "large/drained", byteCount: 96 << 20),
        MadeFile(path: "later/one", byteCount: 500_000),
        MadeFile(path: "later/two", byteCount: 500_000),
        MadeFile(path: "later/three", byteCount: 500_000),
      ]))
  struct PeerLossTests {
    private static let largeBytes = 96 << 20

    /// Starts to read a large file through a cold peer, and waits until that has sent some of it.
    private func startReading(
      _ name: String, _ cluster: Cluster, by guest: Guest, through peer: Daemon
    ) async throws -> Guest.Job {
      // So slow that the read cannot be over before it was looked at.
      try await cluster.mdsNode.limit(megabitsPerSecond: 200)
      let before = try await peer.status(as: NodeStatus.self).readBytes
      let job = try guest.start(
        "export LC_ALL=C.UTF-8; cd \(Cluster.mountPoint)/large && md5sum \(name)")
      try await eventually("\(peer.name) has sent a part of the file") {
        try await peer.status(as: NodeStatus.self).readBytes - before >= 8 << 20
      }
      #expect(!job.isDone)
      return job
    }

    @Test("two clients with four connections each read the tree at the same time")
    func connections() async throws {
      let cluster = try SharedCluster.get()
      let expected = try await cluster.expected(Look.checksums)
      var jobs: [Guest.Job] = []
      for index in 0..<2 {
        try await cluster.peer(index)
        let guest = try await cluster.client(index, options: "vers=4.2,nconnect=4")
        let mount = try await guest.check("grep ' \(Cluster.mountPoint) ' /proc/mounts")
        #expect(mount.contains("nconnect=4"))
        jobs.append(
          try guest.start(
            "export LC_ALL=C.UTF-8; cd \(Cluster.mountPoint)/tree && \(Look.checksums)"))
      }
      for job in jobs {
        let result = try await job.output(within: .seconds(60))
        #expect(result.status == 0)
        #expect(result.output == expected)
      }
      for index in 0..<2 {
        let table = try await cluster.guests[index].check("cat /proc/net/tcp")
        let target = Self.hexadecimal(cluster.mdsNode.address) + ":0801"
        let established = table.split(separator: "\n").count { line in
          let words = line.split(separator: " ")
          return words.count > 3 && words[2] == target && words[3] == "01"
        }
        #expect(established == 4)
      }
    }

    @Test("a client whose connection to the MDS is cut for a moment goes on")
    func cut() async throws {
      let cluster = try SharedCluster.get()
      try await cluster.peer(0)
      let guest = try await cluster.client(0)
      try await guest.dropCaches()
      let expected = try await cluster.expected(Look.checksums)
      try await cluster.nodes[0].cut()
      let job = try guest.start(
        "export LC_ALL=C.UTF-8; cd \(Cluster.mountPoint)/tree && \(Look.checksums)")
      // It tries, and tries again, to reach the MDS.
      let before = try await guest.counters().sentPackets
      do {
        try await eventually("the client has sent again") {
          try await guest.counters().sentPackets - before >= 3
        }
      } catch {
        try await cluster.nodes[0].restore()
        throw error
      }
      #expect(!job.isDone)
      try await cluster.nodes[0].restore()
      let result = try await job.output(within: .seconds(60))
      #expect(result.status == 0)
      #expect(result.output == expected)
    }

    @Test("kill -9 of the peer in the middle of a read of a large file: the bytes are right")
    func killed() async throws {
      let cluster = try SharedCluster.get()
      let expected = try await cluster.expected("md5sum killed", in: "large")
      let peer = try await cluster.peer(0, cold: true)
      try await cluster.stopPeer(1)
      let guest = try await cluster.client(0)
      let job = try await startReading("killed", cluster, by: guest, through: peer)
      let sent = try await peer.status(as: NodeStatus.self).readBytes
      await peer.kill()
      #expect(!job.isDone)
      #expect(sent < Self.largeBytes)
      try await cluster.mdsNode.limit(megabitsPerSecond: 4000)
      let result = try await job.output(within: .seconds(30))
      #expect(result.status == 0)
      #expect(result.error.isEmpty)
      #expect(result.output == expected)
    }

    @Test("SIGTERM of a peer in the middle of a read: the client goes on elsewhere at once")
    func terminated() async throws {
      let cluster = try SharedCluster.get()
      let expected = try await cluster.expected("md5sum terminated", in: "large")
      let (peer, other) = (try await cluster.peer(0, cold: true), try await cluster.peer(1))
      let guest = try await cluster.client(0)
      let job = try await startReading("terminated", cluster, by: guest, through: peer)
      let otherBefore = try await other.status(as: NodeStatus.self).readBytes
      #expect(try await peer.terminate() == .code(0))
      #expect(try await cluster.mdsStatus().registered == ["\(cluster.nodes[1].address):2049"])
      try await cluster.mdsNode.limit(megabitsPerSecond: 4000)
      // Far less than any timeout of the client's.
      let result = try await job.output(within: .seconds(12))
      #expect(result.status == 0)
      #expect(result.error.isEmpty)
      #expect(result.output == expected)

      // Files that are opened now go to the other peer.
      let read = try await guest.run(
        "export LC_ALL=C.UTF-8; cd \(Cluster.mountPoint)/tree && \(Look.checksums)",
        within: .seconds(30))
      #expect(read.output == (try await cluster.expected(Look.checksums)))
      let otherAfter = try await other.status(as: NodeStatus.self).readBytes
      #expect(otherAfter - otherBefore >= cluster.tree.byteCount * 9 / 10)
    }

    @Test("a drained peer's clients go elsewhere in the middle of a read; undrained, it has them")
    func drained() async throws {
      let cluster = try SharedCluster.get()
      let expected = try await cluster.expected("md5sum drained", in: "large")
      let (peer, other) = (try await cluster.peer(0, cold: true), try await cluster.peer(1))
      let guest = try await cluster.client(0)
      let job = try await startReading("drained", cluster, by: guest, through: peer)
      let said = try await cluster.order(0, "drain", "--wait")
      #expect(said.hasSuffix("drained, nobody reads here\n"))
      #expect(try await cluster.mdsStatus().registered == ["\(cluster.nodes[1].address):2049"])
      try await cluster.mdsNode.limit(megabitsPerSecond: 4000)
      let result = try await job.output(within: .seconds(30))
      #expect(result.status == 0)
      #expect(result.error.isEmpty)
      #expect(result.output == expected)

      let drained = try await peer.status(as: NodeStatus.self).readBytes
      let before = try await other.status(as: NodeStatus.self).readBytes
      let tree = try await cluster.expected(Look.checksums)
      try await guest.check("sync; echo 1 > /proc/sys/vm/drop_caches")
      #expect(try await cluster.seen(Look.checksums, by: guest) == tree)
      #expect(try await peer.status(as: NodeStatus.self).readBytes == drained)
      #expect(try await other.status(as: NodeStatus.self).readBytes - before > 0)

      _ = try await cluster.order(0, "undrain")
      try await eventually("the MDS has the peer again") {
        try await cluster.mdsStatus().registered.count == 2
      }
      try await guest.check("sync; echo 1 > /proc/sys/vm/drop_caches")
      #expect(try await cluster.seen(Look.checksums, by: guest) == tree)
      #expect(try await peer.status(as: NodeStatus.self).readBytes > drained)
    }

    @Test("a peer that is started later is used by the next open")
    func startedLater() async throws {
      let cluster = try SharedCluster.get()
      try await cluster.stopPeer(0)
      try await cluster.stopPeer(1)
      let guest = try await cluster.client(0)
      let expected = try await cluster.expected("md5sum one two three", in: "later")

      // Nobody is there: the MDS serves it.
      let before = try await cluster.mdsStatus()
      let alone = try await cluster.seen("md5sum one two three", by: guest, in: "later")
      #expect(alone == expected)
      let served = try await cluster.mdsStatus()
      #expect(served.readBytes - before.readBytes == 1_500_000)

      // It is there: the same files, opened again by the same client, come from it.
      let peer = try await cluster.peer(0)
      try await guest.check("sync; echo 1 > /proc/sys/vm/drop_caches")
      let now = try await cluster.seen("md5sum one two three", by: guest, in: "later")
      #expect(now == expected)
      #expect(try await peer.status(as: NodeStatus.self).readBytes == 1_500_000)
      #expect(try await cluster.mdsStatus().readBytes == served.readBytes)
    }

    /// An IPv4 address as /proc/net/tcp has it.
    private static func hexadecimal(_ address: String) -> String {
      address.split(separator: ".").reversed().map {
        String(format: "%02X", Int($0) ?? 0)
      }.joined()
    }
  }
}

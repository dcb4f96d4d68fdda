import Lab
import Testing

extension StockClients {
  /// A whole tree, seen through the file system of an unchanged kernel.
  @Suite(
    "A tree", .serialized, .timeLimit(.minutes(5)),
    .cluster(fileCount: 3000, byteCount: 300_000_000))
  struct TreeTests {
    /// "4.2" is what mount.nfs asks for first when no version is named.
    @Test(
      "find, ls -lR, stat and md5sum give what the host gives, owners and times included",
      arguments: ["4.1", "4.2"])
    func sameTree(version: String) async throws {
      let cluster = try SharedCluster.get()
      #expect(cluster.tree.fileCount >= 3000)
      #expect(cluster.tree.byteCount >= 300_000_000)
      let peer = try await cluster.peer(0)
      try await cluster.peer(1)
      // First of all, and stat last: reading changes access times on the host.
      for command in [Look.checksums, Look.find, Look.list, Look.stat] {
        _ = try await cluster.expected(command)
      }
      let checksums = try await cluster.expected(Look.checksums)
      let guest = try await cluster.client(0, options: "vers=\(version)")
      let mount = try await guest.check("grep ' \(Cluster.mountPoint) ' /proc/mounts")
      #expect(mount.contains("vers=\(version),"))
      let before = try await peer.status(as: NodeStatus.self)
      for command in [Look.find, Look.list, Look.stat] {
        let found = difference(
          try await cluster.seen(command, by: guest), try await cluster.expected(command))
        #expect(found == nil)
      }
      let found = difference(try await cluster.seen(Look.checksums, by: guest), checksums)
      #expect(found == nil)
      await cluster.isWarm(0)
      let after = try await peer.status(as: NodeStatus.self)
      #expect(after.readBytes - before.readBytes >= cluster.tree.byteCount * 98 / 100)
      #expect(try await guest.operationCounts()["GETDEVICEINFO"] ?? 0 > 0)
    }

    @Test(
      "a second client through a cold peer and a first through its warm one: no data from the MDS"
    )
    func warmPass() async throws {
      let cluster = try SharedCluster.get()
      let bytes = cluster.tree.byteCount
      let checksums = try await cluster.expected(Look.checksums)
      let warm = try await cluster.peer(0)
      let first = try await cluster.client(0)
      try await cluster.warm(0)

      // The second client, whose peer has nothing yet: the first peer gives it everything.
      let cold = try await cluster.peer(1, cold: true)
      let second = try await cluster.client(1)
      let atStart = try await cluster.mdsStatus()
      let firstStart = try await warm.status(as: NodeStatus.self)
      let secondFound = difference(
        try await cluster.seen(Look.checksums, by: second), checksums)
      #expect(secondFound == nil)
      await cluster.isWarm(1)
      let fetched = try await cluster.mdsStatus()
      let filled = try await cold.status(as: NodeStatus.self)
      #expect(filled.readBytes >= bytes * 98 / 100)
      #expect(fetched.blockBytes - atStart.blockBytes <= bytes / 50)
      #expect(filled.counters["taken_block_bytes"] ?? 0 > 0)
      #expect(fetched.readBytes - atStart.readBytes < bytes / 50)
      #expect(try await warm.status(as: NodeStatus.self).readBytes == firstStart.readBytes)

      // The first client has nothing in its memory and everything in its peer.
      try await first.check("sync; echo 1 > /proc/sys/vm/drop_caches")
      let interfaceBefore = try await cluster.mdsNode.counters()
      let peerBefore = try await warm.status(as: NodeStatus.self)
      let found = difference(try await cluster.seen(Look.checksums, by: first), checksums)
      let sent = try await cluster.mdsNode.counters() - interfaceBefore
      let mdsAfter = try await cluster.mdsStatus()
      let peerAfter = try await warm.status(as: NodeStatus.self)
      #expect(found == nil)
      #expect(sent.sentBytes < UInt64(bytes / 50), "the MDS's interface, of \(bytes)")
      #expect(mdsAfter.readBytes == fetched.readBytes)
      #expect(mdsAfter.blockBytes == fetched.blockBytes)
      #expect(peerAfter.fetchedBytes == peerBefore.fetchedBytes)
      #expect(peerAfter.cachedBytes - peerBefore.cachedBytes >= bytes * 98 / 100)
    }
  }
}

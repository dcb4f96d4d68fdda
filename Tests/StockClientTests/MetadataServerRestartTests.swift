import Foundation
import Lab
import Testing

extension StockClients {
  /// The MDS is killed and comes back: clients and peers reclaim, and readers do not notice.
  ///
  /// The peers stay where they are: a stock client that finds its session with the MDS gone first
  /// ends those with its data servers, and waits for one that is gone as well.
  @Suite(
    "MDS restart", .serialized, .timeLimit(.minutes(4)),
    .cluster(
      fileCount: 50, byteCount: 2_000_000,
      files: [
        MadeFile(path: "restart/cached", byteCount: 8 << 20),
        MadeFile(path: "restart/cold", byteCount: 96 << 20),
        MadeFile(path: "restart/held", byteCount: 1 << 20),
        MadeFile(path: "restart/changed", byteCount: 1 << 20),
        MadeFile(path: "restart/other", byteCount: 1 << 10),
      ]))
  struct MetadataServerRestartTests {
    /// Reads one open file over and over, past the client's own cache, until /tmp/stop is there;
    /// prints the digests that it saw.
    private static let reader = """
      use Fcntl; use Digest::MD5;
      sysopen(my $file, $ARGV[0], O_RDONLY | O_DIRECT) or die "open: $!";
      my %seen;
      until (-e "/tmp/stop") {
        sysseek($file, 0, 0) or die "seek: $!";
        my ($digest, $part, $count) = (Digest::MD5->new);
        while ($count = sysread($file, $part, 1 << 20)) { $digest->add($part) }
        defined $count or die "read: $!";
        $seen{$digest->hexdigest}++;
      }
      print "$_\\n" for keys %seen;
      """

    /// Keeps a file open that it has read, until `path` is there; then says what is in it.
    private func hold(
      _ name: String, until path: String, by guest: Guest
    ) async throws -> Guest.Job {
      let job = try guest.start(
        """
        cd \(Cluster.mountPoint)/restart && exec 3<\(name) && md5sum \(name) >/tmp/\(name).first \
        && touch /tmp/\(name).held && until [ -e \(path) ]; do sleep 0.05; done && md5sum \(name)
        """)
      try await guest.check("until [ -e /tmp/\(name).held ]; do sleep 0.05; done")
      return job
    }

    /// All that have a right to reclaim have done so.
    private func graceIsOver(_ cluster: Cluster) async throws -> Bool {
      try await cluster.mdsStatus().counters["grace_seconds_left"] == 0
    }

    @Test("kill -9 while one client reads from a warm peer and one through a cold one: no error")
    func killed() async throws {
      let cluster = try SharedCluster.get()
      let warm = try await cluster.peer(0, cold: true)
      let cold = try await cluster.peer(1, cold: true)
      let (first, second) = (try await cluster.client(0), try await cluster.client(1))
      let cached = try await cluster.expected("md5sum cached", in: "restart")
      let expected = try await cluster.expected("md5sum cold", in: "restart")
      #expect(try await cluster.seen("md5sum cached", by: first, in: "restart") == cached)

      let script = try first.put(Array(Self.reader.utf8), as: "reader")
      let loop = try first.start("perl \(script) \(Cluster.mountPoint)/restart/cached")
      let loopBefore = try await warm.status(as: NodeStatus.self).readBytes
      try await eventually("the client reads from its peer") {
        try await warm.status(as: NodeStatus.self).readBytes - loopBefore >= 16 << 20
      }
      // So slow that the read cannot be over before the MDS is.
      try await cluster.mdsNode.limit(megabitsPerSecond: 200)
      let coldBefore = try await cold.status(as: NodeStatus.self).readBytes
      let read = try second.start("cd \(Cluster.mountPoint)/restart && md5sum cold")
      try await eventually("a part of the file has arrived") {
        try await cold.status(as: NodeStatus.self).readBytes - coldBefore >= 8 << 20
      }

      await cluster.mds.kill()
      let before = try await warm.status(as: NodeStatus.self).readBytes
      try await eventually("the cached file is read on while there is no MDS") {
        try await warm.status(as: NodeStatus.self).readBytes - before >= 64 << 20
      }
      #expect(!loop.isDone)
      #expect(!read.isDone)

      try await cluster.startMdsAgain()
      try await cluster.mdsNode.limit(megabitsPerSecond: 4000)
      let result = try await read.output(within: .seconds(60))
      #expect(result.status == 0)
      #expect(result.error.isEmpty)
      #expect(result.output == expected)
      // It hears of the restart at the latest when it asks for something.
      try await first.check("ls \(Cluster.mountPoint)/tree")
      try await eventually("all have reclaimed") { try await graceIsOver(cluster) }
      let reopened = try await warm.status(as: NodeStatus.self).readBytes
      try await first.check("touch /tmp/stop")
      let looped = try await loop.output(within: .seconds(30))
      #expect(looped.status == 0)
      #expect(looped.error.isEmpty)
      #expect(looped.output.split(separator: "\n") == [cached.prefix(32)])

      let status = try await cluster.mdsStatus()
      // Two clients and two peers.
      #expect(status.counters["clients_reclaimed"] == 4)
      #expect(status.registered.count == 2)
      // Layouts are given again.
      try await first.dropCaches()
      #expect(try await cluster.seen("md5sum cached", by: first, in: "restart") == cached)
      #expect(try await warm.status(as: NodeStatus.self).readBytes > reopened)
    }

    @Test("a client reclaims its open and its read delegation")
    func reclaimed() async throws {
      let cluster = try SharedCluster.get()
      try await cluster.peer(0)
      let guest = try await cluster.client(0)
      let job = try await hold("held", until: "/tmp/held.go", by: guest)
      let opens = try await guest.operationCounts()["OPEN"] ?? 0
      await cluster.mds.kill()
      try await cluster.startMdsAgain()
      // Waits until the client is through with reclaiming.
      try await guest.check("cat \(Cluster.mountPoint)/restart/other")
      let counters = try await cluster.mdsStatus().counters
      #expect(counters["clients_reclaimed"] ?? 0 >= 1)
      #expect(counters["opens_reclaimed"] ?? 0 >= 1)
      #expect(counters["delegations"] ?? 0 >= 1)
      #expect(counters["opens"] ?? 0 >= 1)
      // What it holds a delegation on, it opens again without asking.
      let after = try await guest.operationCounts()["OPEN"] ?? 0
      try await guest.check("touch /tmp/held.go")
      let result = try await job.output(within: .seconds(30))
      #expect(result.status == 0)
      #expect(result.output == (try await cluster.expected("md5sum held", in: "restart")))
      #expect(try await guest.operationCounts()["OPEN"] == after)
      #expect(after > opens)
    }

    @Test("a file that was changed while there was no MDS is not read from a client's old cache")
    func changed() async throws {
      let cluster = try SharedCluster.get()
      try await cluster.peer(0)
      let guest = try await cluster.client(0)
      let job = try await hold("changed", until: "/tmp/changed.go", by: guest)
      await cluster.mds.kill()
      let path = cluster.exportPath + "/restart/changed"
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.write(contentsOf: Data(repeating: 0x21, count: 1 << 20))
      try file.close()
      try await cluster.startMdsAgain()
      // Waits until the client is through with reclaiming.
      try await guest.check("cat \(Cluster.mountPoint)/restart/other")
      try await guest.check("touch /tmp/changed.go")
      let result = try await job.output(within: .seconds(30))
      #expect(result.status == 0)
      let expected = try await cluster.mdsNode.run(
        ["sh", "-c", "cd \"$0\" && md5sum changed", cluster.exportPath + "/restart"],
        within: .seconds(10))
      #expect(result.output == expected)
    }
  }
}

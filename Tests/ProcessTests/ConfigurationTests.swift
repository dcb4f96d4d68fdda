import Lab
import Testing

extension ProcessTests {
  @Suite("Configuration through the program", .timeLimit(.minutes(2)))
  struct ConfigurationTests {
    private let bad = """
      role: peer
      mds: 10.77.0.1:2049
      listne: 0.0.0.0:2049
      cache:
        path: relative/path
        bytes: 12 apples
        block_bytes: 100KiB
      gossip:
        key_file: /nowhere/key
        secret: 1
      admin:
        listen: 127.0.0.1:99999
      log_level: loud

      """

    @Test(
      "everything that is wrong is said at once, each with file and line, status 78",
      arguments: [["--check"], []])
    func everything(options: [String]) async throws {
      let cluster = try await Cluster.create()
      let ended = try await cluster.run(bad, on: cluster.mdsNode, name: "bad", options: options)
      #expect(ended.status == 78)
      let lines = ended.output.split(separator: "\n").map(String.init)
      let file = cluster.directory + "/bad.yml"
      let places = [
        "3: listne", "5: cache.path", "6: cache.bytes", "7: cache.block_bytes",
        "10: gossip.secret", "12: admin.listen", "13: log_level",
      ]
      #expect(lines.count == places.count, "\(ended.output)")
      for (line, place) in zip(lines, places) {
        #expect(line.hasPrefix("\(file):\(place): read "), "\(line)")
        #expect(line.contains(", expected "), "\(line)")
      }
      await cluster.close()
    }

    @Test("what is no YAML, no mapping, empty or not there is said with status 78")
    func unreadable() async throws {
      let cluster = try await Cluster.create()
      for text in ["", "just words", "role: [", "role: mds\nrole: mds\n", "- a\n", "role: king\n"] {
        let ended = try await cluster.run(text, on: cluster.mdsNode, options: ["--check"])
        #expect(ended.status == 78, "\(text)")
        #expect(ended.output.contains("read ") && ended.output.contains("expected "), "\(text)")
      }
      let program = try Daemon.program("p2pnfsd")
      let missing = try await cluster.mdsNode.run(
        ["sh", "-c", #""$1" --config /nowhere/x.yml 2>&1; echo "status $?""#, "sh", program])
      #expect(missing.contains("/nowhere/x.yml") && missing.contains("status 78"))
      await cluster.close()
    }

    @Test("--check of good files says what they are and ends with status 0")
    func good() async throws {
      let cluster = try await Cluster.create()
      for text in [cluster.mds(), cluster.peer()] {
        let ended = try await cluster.run(text, on: cluster.mdsNode, options: ["--check"])
        #expect(ended.status == 0)
        #expect(ended.output.contains("role "))
      }
      await cluster.close()
    }

    @Test(
      "a key file that others can read, that is missing or holds no key is an error with status 78",
      arguments: [["--check"], []])
    func keys(options: [String]) async throws {
      let cluster = try await Cluster.create()
      let path = cluster.directory + "/other.key"
      try cluster.writeKey(Cluster.key, to: path, mode: 0o644)
      for text in [cluster.mds(key: path), cluster.peer(key: path)] {
        let ended = try await cluster.run(text, on: cluster.mdsNode, options: options)
        #expect(ended.status == 78)
        #expect(ended.output.contains("chmod 600 \(path)"), "\(ended.output)")
      }
      try cluster.writeKey([1, 2, 3], to: path)
      let short = try await cluster.run(
        cluster.mds(key: path), on: cluster.mdsNode, options: options)
      #expect(short.status == 78)
      #expect(short.output.contains("\(path):1: read a key of 3 bytes"), "\(short.output)")
      let missing = try await cluster.run(
        cluster.mds(key: "/nowhere/key"), on: cluster.mdsNode, options: options)
      #expect(missing.status == 78)
      #expect(missing.output.contains("/nowhere/key"))
      await cluster.close()
    }
  }
}

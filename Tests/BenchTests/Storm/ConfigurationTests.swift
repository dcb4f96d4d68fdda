import Settings
import Testing

@testable import Bench

@Suite struct ConfigurationTreeTests {
  @Test("keys keep their order, and a later value takes an earlier one's place")
  func order() {
    var tree = ConfigurationTree()
    tree.set("role", "peer")
    tree.set("cache.path", "/a")
    tree.set("cache.bytes", "1GiB")
    tree.set("role", "mds")
    tree.set("cache.path", "/b")
    tree.set("a.b.c", "1")
    #expect(
      tree.yaml == "role: mds\ncache:\n  path: /b\n  bytes: 1GiB\na:\n  b:\n    c: 1\n")
    #expect(tree.text("cache.path") == "/b")
    #expect(tree.text("a.b.c") == "1")
    #expect(tree.text("cache") == nil)
    #expect(tree.text("none.such") == nil)
  }

  @Test("lines")
  func lines() {
    #expect(ConfigurationLine("cache.bytes=1GiB")?.key == "cache.bytes")
    #expect(ConfigurationLine("a=b=c")?.value == "b=c")
    #expect(ConfigurationLine("a=")?.value == "")
    for text in ["", "=1", "a", ".a=1", "a.=1", "a b=1"] {
      #expect(ConfigurationLine(text) == nil, "\(text)")
    }
  }
}

@Suite struct StormConfigurationTests {
  private func configuration(rack: String? = "rack1") throws -> StormConfiguration {
    StormConfiguration(
      mdsAddress: "10.77.0.1", mdsRack: rack, directory: "/tmp/storm", root: "/srv/a \"b\" \\c",
      plainBytes: 1 << 30,
      peers: [StormConfiguration.Peer(name: "peer1", address: "10.77.0.2", rack: rack)],
      mdsLines: [try #require(ConfigurationLine("lease_seconds=20"))],
      peerLines: [
        try #require(ConfigurationLine("cache.block_bytes=128KiB")),
        try #require(ConfigurationLine("log_level=debug")),
      ])
  }

  @Test("the daemons accept the metadata server's configuration")
  func mds() throws {
    let text = try configuration().mds.yaml
    guard case .mds(let settings) = try NodeSettings.read(Array(text.utf8), file: "mds") else {
      Issue.record("another role")
      return
    }
    #expect(settings.exports.first?.path == "/srv/a \"b\" \\c")
    #expect(settings.leaseSeconds == 20)
    #expect(settings.localities.count == 1 && settings.locality.rack == "rack1")
  }

  @Test("the daemons accept a peer's configuration, with and without a rack")
  func peer() throws {
    for rack in ["rack1", nil] {
      let configuration = try configuration(rack: rack)
      let text = configuration.peer(configuration.peers[0]).yaml
      guard case .peer(let settings) = try NodeSettings.read(Array(text.utf8), file: "peer")
      else {
        Issue.record("another role")
        return
      }
      #expect(settings.cache.blockBytes == 128 << 10)
      #expect(settings.cache.bytes > 2 << 30)
      #expect(settings.locality.rack == rack)
    }
  }

  @Test("the size of blocks is the peers' own")
  func blockBytes() throws {
    #expect(StormConfiguration.blockBytes([]) == 256 << 10)
    let line = try #require(ConfigurationLine("cache.block_bytes=1MiB"))
    #expect(StormConfiguration.blockBytes([line]) == 1 << 20)
    let wrong = try #require(ConfigurationLine("cache.block_bytes=big"))
    #expect(StormConfiguration.blockBytes([wrong]) == nil)
  }
}

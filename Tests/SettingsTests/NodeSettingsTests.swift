import Foundation
import Settings
import Testing

@Suite struct NodeSettingsTests {
  // MARK: - What is good

  @Test("every file in Configs loads", arguments: Configs.all)
  func shippedFilesLoad(_ file: String) throws {
    do {
      _ = try NodeSettings.load(file: Configs.directory + file)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("there are files in Configs for both roles and for a local pair")
  func shippedFilesExist() {
    #expect(
      Set(Configs.all).isSuperset(of: [
        "mds.yml", "peer.yml", "cluster-local/mds.yml", "cluster-local/peer.yml",
      ]))
  }

  @Test("a minimal metadata server has every default")
  func mdsDefaults() throws {
    let settings = try #require(try mds(Minimal.mds))
    #expect(settings.listen == Endpoint(host: "0.0.0.0", port: 2049))
    #expect(settings.admin.listen == Endpoint(host: "127.0.0.1", port: 9701))
    #expect(settings.gossip.listen == Endpoint(host: "0.0.0.0", port: 7946))
    #expect(settings.gossip.keyFile == nil)
    #expect(settings.leaseSeconds == 90)
    #expect(settings.layouts == .files)
    #expect(settings.minFileBytes == 0)
    #expect(settings.limits.connections == 16_384)
    #expect(settings.logLevel == .notice)
    #expect(settings.localities.isEmpty)
    let export = try #require(settings.exports.first)
    #expect(export.pseudo == "/srv")
    #expect(export.access == .readOnly)
    #expect(export.squash == .root)
    #expect(export.admits(addressBytes: [192, 0, 2, 1]))
    #expect(export.admits(addressBytes: Array(repeating: 7, count: 16)))
    #expect(export.serve.allows("any/file", bytes: .max))
  }

  @Test("a minimal peer has every default")
  func peerDefaults() throws {
    let settings = try #require(try peer(Minimal.peer))
    #expect(settings.mds == Endpoint(host: "mds.example", port: 2049))
    #expect(settings.listen == Endpoint(host: "0.0.0.0", port: 2049))
    #expect(settings.advertise.isEmpty)
    #expect(settings.serve)
    #expect(settings.cache.bytes == 1 << 30)
    #expect(settings.cache.blockBytes == 256 << 10)
    #expect(settings.cache.memoryBytes == 256 << 20)
    #expect(settings.cache.freeSpaceFloorBytes == 1 << 30)
    #expect(settings.limits.egressBytesPerSecond == nil)
    #expect(settings.locality == LocalitySettings())
    #expect(settings.gossip.seeds.isEmpty)
    #expect(settings.keyFile == "/etc/p2pnfs/key")
  }

  @Test("the complete metadata server file reads as it says")
  func mdsComplete() throws {
    guard case .mds(let settings) = try NodeSettings.load(file: Configs.directory + "mds.yml")
    else {
      Issue.record("another role")
      return
    }
    let export = try #require(settings.exports.first)
    #expect(export.path == "/srv/images")
    #expect(export.pseudo == "/images")
    #expect(export.admits(addressBytes: [10, 255, 0, 1]))
    #expect(!export.admits(addressBytes: [11, 0, 0, 1]))
    #expect(export.serve.maxBytes == 1 << 40)
    #expect(export.serve.allows("lib/libc.so", bytes: 5))
    #expect(!export.serve.allows("lib/tls.key", bytes: 5))
    #expect(!export.serve.allows("lib/libc.so", bytes: 1 << 41))
    #expect(settings.locality(addressBytes: [10, 1, 7, 9])?.rack == "a7")
    #expect(settings.locality(addressBytes: [10, 1, 8, 9]) == LocalitySettings(zone: "a"))
    #expect(settings.locality(addressBytes: [10, 3, 0, 1]) == nil)
  }

  @Test("one advertised address needs no list, and a list is kept in order")
  func advertise() throws {
    #expect(
      try peer(Minimal.peer + "\nadvertise: 192.0.2.7")?.advertise.map(\.description)
        == ["192.0.2.7"])
    #expect(
      try peer(Minimal.peer + "\nadvertise: ['[2001:db8::7]:99', 192.0.2.7:88]")?.advertise
        .map(\.description) == ["[2001:db8::7]:99", "192.0.2.7:88"])
  }

  @Test("a lease may be written as a duration", arguments: ["120", "120s", "2m", "'120'"])
  func leaseDuration(_ text: String) throws {
    #expect(try mds(Minimal.mds + "\nlease_seconds: \(text)")?.leaseSeconds == 120)
  }

  @Test("a configuration is summed up in one line")
  func summary() throws {
    let mds = try NodeSettings.read(Array(Minimal.mds.utf8), file: "node.yml")
    #expect(mds.summary == "role mds, serves /srv on 0.0.0.0:2049")
    #expect(mds.keyFile == nil)
    let peer = try NodeSettings.read(Array(Minimal.peer.utf8), file: "node.yml")
    #expect(
      peer.summary == "role peer of mds.example:2049, serves on 0.0.0.0:2049, keeps 1GiB")
    #expect(peer.keyFile == "/etc/p2pnfs/key")
  }

  // MARK: - What is wrong with one key

  @Test(
    "a bad value in a metadata server's file is told with its line and key",
    arguments: [
      (
        "listen: 2049",
        "listen: read '2049', expected HOST:PORT, such as 0.0.0.0:2049, "
          + "\"[::]:2049\", or port 0 for any"
      ),
      (
        "listen: 0.0.0.0:65536",
        "listen: read '0.0.0.0:65536', expected HOST:PORT, such as "
          + "0.0.0.0:2049, \"[::]:2049\", or port 0 for any"
      ),
      (
        "listen: '::1:2049'",
        "listen: read '::1:2049', expected HOST:PORT, such as "
          + "0.0.0.0:2049, \"[::]:2049\", or port 0 for any"
      ),
      (
        "listen: 300.1.1.1:2049",
        "listen: read '300.1.1.1:2049', expected HOST:PORT, such as "
          + "0.0.0.0:2049, \"[::]:2049\", or port 0 for any"
      ),
      (
        "lease_seconds: 4",
        "lease_seconds: read '4', expected whole seconds from 5 to 3600, "
          + "such as 90 or 2m"
      ),
      (
        "lease_seconds: 5500ms",
        "lease_seconds: read '5500ms', expected whole seconds from 5 to "
          + "3600, such as 90 or 2m"
      ),
      (
        "lease_seconds: [90]",
        "lease_seconds: read a list, expected whole seconds from 5 to "
          + "3600, such as 90 or 2m"
      ),
      ("layouts: blocks", "layouts: read 'blocks', expected one of 'files', 'none'"),
      (
        "layouts: flexfiles",
        "layouts: read 'flexfiles', expected 'files' or 'none' (flexfiles "
          + "is reserved for later)"
      ),
      (
        "layouts: files",
        "layouts: read 'files', expected 'none', or a gossip.key_file with "
          + "which peers can register"
      ),
      ("placement: 3", "placement: read '3', expected a mapping with 'min_file_bytes'"),
      (
        "placement: {min_file_bytes: 64K}",
        "placement.min_file_bytes: read '64K', expected a "
          + "size of at least 0, such as 64KiB"
      ),
      (
        "localities: [{cidr: 10.0.0.0/33, zone: a}]",
        "localities[0].cidr: read '10.0.0.0/33', "
          + "expected a range such as 10.0.0.0/8 or 2001:db8::/32, or one address"
      ),
      (
        "localities: [{cidr: 10.1.2.3/8, zone: a}]",
        "localities[0].cidr: read '10.1.2.3/8', "
          + "expected no bits beyond the prefix: 10.0.0.0/8"
      ),
      (
        "localities: [{zone: a}]",
        "localities[0].cidr: read nothing, expected a range such as "
          + "10.0.0.0/8 or 2001:db8::/32, or one address"
      ),
      (
        "localities: [{cidr: 10.0.0.0/8}]",
        "localities[0].zone: read nothing, expected at least "
          + "one of 'zone', 'rack', 'node'"
      ),
      (
        "localities: {cidr: 10.0.0.0/8}",
        "localities: read a mapping, expected a list of 1 to "
          + "10000 mappings with 'cidr', 'zone', 'rack', 'node'"
      ),
      (
        "localities: [10.0.0.0/8]",
        "localities[0]: read '10.0.0.0/8', expected a mapping with "
          + "'cidr', 'zone', 'rack', 'node'"
      ),
      (
        "gossip: {key_file: key}",
        "gossip.key_file: read 'key', expected the absolute path of a "
          + "key file (make one with: p2pnfs key new --output FILE)"
      ),
      (
        "gossip: {seeds: [a:1]}",
        "gossip.seeds: read an unknown key, expected one of 'listen', "
          + "'key_file'"
      ),
      (
        "admin: {listen: ''}",
        "admin.listen: read '', expected HOST:PORT, such as "
          + "127.0.0.1:9701, \"[::]:2049\", or port 0 for any"
      ),
      (
        "limits: {connections: 0}",
        "limits.connections: read '0', expected a number from 1 to "
          + "1000000"
      ),
      (
        "limits: {connections: 1.5}",
        "limits.connections: read '1.5', expected a number from 1 "
          + "to 1000000"
      ),
      (
        "log_level: loud",
        "log_level: read 'loud', expected one of 'trace', 'debug', 'info', "
          + "'notice', 'warning', 'error', 'critical'"
      ),
      ("lisen: 0.0.0.0:1", "lisen: read an unknown key, expected 'listen'"),
      ("Lease-Seconds: 9", "Lease-Seconds: read an unknown key, expected 'lease_seconds'"),
      (
        "colour: red",
        "colour: read an unknown key, expected one of 'role', 'listen', 'exports', "
          + "'state_dir', 'lease_seconds', 'layouts', 'placement', 'locality', 'localities', "
          + "'gossip', 'admin', 'limits', 'log_level'"
      ),
      (
        "state_dir: /other",
        "state_dir: read the key again (first on line 2), expected each key "
          + "once"
      ),
    ])
  func badMdsValue(_ line: String, _ expected: String) {
    #expect(problems(Minimal.mds + "\n\(line)\n") == ["node.yml:5: \(expected)"])
  }

  @Test(
    "a bad value in an export is told with its line, index and key",
    arguments: [
      ("access: write", "access: read 'write', expected one of 'ro', 'rw'"),
      ("access: r", "access: read 'r', expected one of 'ro', 'rw'"),
      ("squash: no", "squash: read 'no', expected one of 'root', 'all', 'none'"),
      (
        "pseudo: images",
        "pseudo: read 'images', expected the absolute path clients mount, such "
          + "as /images"
      ),
      (
        "pseudo: /a/../b",
        "pseudo: read '/a/../b', expected a path without '.' and '..' "
          + "components"
      ),
      (
        "clients: []",
        "clients: read an empty list, expected 1 to 10000 entries, each a range "
          + "such as 10.0.0.0/8 or 2001:db8::/32, or one address"
      ),
      (
        "clients: [10.0.0.1, 10.0.0.256]",
        "clients[1]: read '10.0.0.256', expected a range such "
          + "as 10.0.0.0/8 or 2001:db8::/32, or one address"
      ),
      (
        "clients: [10.0.0.1, [10.0.0.2]]",
        "clients[1]: read a list, expected a range such as "
          + "10.0.0.0/8 or 2001:db8::/32, or one address"
      ),
      (
        "clients: [host.example]",
        "clients[0]: read 'host.example', expected a range such as "
          + "10.0.0.0/8 or 2001:db8::/32, or one address"
      ),
      (
        "clients: [~]",
        "clients[0]: read nothing, expected a range such as 10.0.0.0/8 or "
          + "2001:db8::/32, or one address"
      ),
      (
        "serve: {include: ['[a']}",
        "serve.include[0]: read '[a', expected a pattern such as "
          + "\"lib/**/*.so*\""
      ),
      (
        "serve: {max_size: 0}",
        "serve.max_size: read '0', expected a size of at least 1, such as "
          + "4GiB"
      ),
      (
        "serve: {max_size: 9999999TiB}",
        "serve.max_size: read '9999999TiB', expected a size of "
          + "at least 1, such as 4GiB"
      ),
      (
        "serve: {max_size: -1}",
        "serve.max_size: read '-1', expected a size of at least 1, such "
          + "as 4GiB"
      ),
      ("serve: {exlude: ['*.o']}", "serve.exlude: read an unknown key, expected 'exclude'"),
      ("path: /again", "path: read the key again (first on line 4), expected each key once"),
    ])
  func badExportValue(_ line: String, _ expected: String) {
    #expect(
      problems(Minimal.mds + "\n    \(line)\n") == ["node.yml:5: exports[0].\(expected)"])
  }

  @Test(
    "a bad value in a peer's file is told with its line and key",
    arguments: [
      (
        "advertise: host",
        "advertise: read 'host', expected ADDRESS or ADDRESS:PORT, such as "
          + "192.0.2.7:2049 or \"[2001:db8::7]:2049\""
      ),
      (
        "advertise: [192.0.2.7, '0.0.0.0:2049']",
        "advertise[1]: read '0.0.0.0:2049', expected "
          + "ADDRESS or ADDRESS:PORT, such as 192.0.2.7:2049 or \"[2001:db8::7]:2049\""
      ),
      (
        "advertise: [\((1...9).map { "192.0.2.\($0)" }.joined(separator: ", "))]",
        "advertise: read a list of 9 entries, expected 1 to 8 entries, each "
          + "ADDRESS or ADDRESS:PORT, such as 192.0.2.7:2049 or \"[2001:db8::7]:2049\""
      ),
      (
        "advertise: [192.0.2.7:0]",
        "advertise[0]: read '192.0.2.7:0', expected ADDRESS or "
          + "ADDRESS:PORT, such as 192.0.2.7:2049 or \"[2001:db8::7]:2049\""
      ),
      ("serve: yes", "serve: read 'yes', expected true or false"),
      ("serve: {}", "serve: read a mapping, expected true or false"),
      ("locality: {zone: ''}", "locality.zone: read '', expected a name"),
      (
        "locality: {row: 1}",
        "locality.row: read an unknown key, expected one of 'zone', "
          + "'rack', 'node'"
      ),
      (
        "limits: {egress_bytes_per_second: 0}",
        "limits.egress_bytes_per_second: read '0', "
          + "expected a size of at least 64KiB, such as 500MB"
      ),
      (
        "exports: []",
        "exports: read an unknown key, expected one of 'role', 'mds', 'listen', "
          + "'advertise', 'serve', 'cache', 'locality', 'limits', 'gossip', 'admin', 'log_level'"
      ),
    ])
  func badPeerValue(_ line: String, _ expected: String) {
    #expect(problems(Minimal.peer + "\n\(line)\n") == ["node.yml:5: \(expected)"])
  }

  @Test(
    "a bad value in a peer's cache is told with its line and key",
    arguments: [
      (
        "block_bytes: 100KiB",
        "block_bytes: read '100KiB', expected a power of two from 64KiB to "
          + "1MiB"
      ),
      (
        "block_bytes: 32KiB",
        "block_bytes: read '32KiB', expected a power of two from 64KiB to "
          + "1MiB"
      ),
      (
        "block_bytes: 2MiB",
        "block_bytes: read '2MiB', expected a power of two from 64KiB to "
          + "1MiB"
      ),
      (
        "memory_bytes: much",
        "memory_bytes: read 'much', expected a size of at least 0, such as "
          + "512MiB"
      ),
      (
        "free_space_floor: 5%",
        "free_space_floor: read '5%', expected a size of at least 0, such "
          + "as 1GiB"
      ),
    ])
  func badCacheValue(_ line: String, _ expected: String) {
    let text = """
      role: peer
      mds: mds.example
      gossip: {key_file: /etc/p2pnfs/key}
      cache:
        path: /var/cache/p2pnfs
        bytes: 1GiB
        \(line)
      """
    #expect(problems(text) == ["node.yml:7: cache.\(expected)"])
  }

  // MARK: - What is missing

  @Test("a missing key is told on the line of the mapping that should hold it")
  func missingKeys() {
    #expect(
      problems("# a comment\nrole: mds\nexports:\n  - pseudo: /a\n  - path:\n") == [
        "node.yml:2: state_dir: read nothing, expected the absolute path of a directory, such as "
          + "/var/lib/p2pnfs",
        "node.yml:4: exports[0].path: read nothing, expected the absolute path of a directory, "
          + "such as /srv/images",
        "node.yml:5: exports[1].path: read nothing, expected the absolute path of a directory, "
          + "such as /srv/images",
      ])
    #expect(
      problems("role: peer\ncache:\n  bytes: 16MiB\n") == [
        "node.yml:1: mds: read nothing, expected the metadata server as HOST or HOST:PORT, port 1 "
          + "to 65535 (default 2049)",
        "node.yml:1: gossip.key_file: read nothing, expected the absolute path of a key file "
          + "(make one with: p2pnfs key new --output FILE)",
        "node.yml:2: cache.path: read nothing, expected the absolute path of a directory, such as "
          + "/var/cache/p2pnfs",
      ])
  }

  @Test("a metadata server without exports is told so")
  func noExports() {
    #expect(
      problems("role: mds\nstate_dir: /s\n") == [
        "node.yml:1: exports: read nothing, expected a list of at least one mapping with 'path'"
      ])
    #expect(
      problems("role: mds\nstate_dir: /s\nexports: []\n") == [
        "node.yml:3: exports: read an empty list, expected a list of 1 to 1000 mappings with "
          + "'path', 'pseudo', 'access', 'clients', 'squash', 'serve'"
      ])
  }

  @Test("without a role the rest is checked as the role it looks like")
  func noRole() {
    #expect(
      problems("state_dir: /s\nexports: [{path: x}]\n") == [
        "node.yml:1: role: read nothing, expected one of 'mds', 'peer'",
        "node.yml:2: exports[0].path: read 'x', expected the absolute path of a directory, such "
          + "as /srv/images",
      ])
    #expect(
      problems("listen: 1\nrole: server\n") == [
        "node.yml:2: role: read 'server', expected one of 'mds', 'peer'"
      ])
  }

  // MARK: - What only several keys tell

  @Test("two exports under one pseudo path are refused")
  func samePseudo() {
    let text = """
      role: mds
      state_dir: /s
      exports:
        - path: /a
        - path: /b
          pseudo: /a/
        - {path: /a}
      """
    #expect(
      problems(text) == [
        "node.yml:6: exports[1].pseudo: read '/a/', expected a pseudo path other than that of "
          + "exports[0]",
        "node.yml:7: exports[2].path: read '/a', expected a pseudo path other than that of "
          + "exports[0]",
      ])
  }

  @Test("all problems of a file are told at once, in the order of its lines")
  func allAtOnce() {
    let text = """
      role: mds
      listen: nowhere
      listen: 0.0.0.0:1
      state_dir: var
      exports:
        - path: /a
          path: /b
          acess: ro
          clients: [10.0.0.0/8, x]
      lease_seconds: forever
      listen: 0.0.0.0:2
      """
    #expect(
      problems(text).map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
        "node.yml:2: listen:", "node.yml:3: listen:", "node.yml:4: state_dir:",
        "node.yml:7: exports[0].path:", "node.yml:8: exports[0].acess:",
        "node.yml:9: exports[0].clients[1]:", "node.yml:10: lease_seconds:",
        "node.yml:11: listen:",
      ])
  }

  @Test("beyond a hundred, problems are counted only")
  func manyProblems() {
    let lines = (0..<150).map { "unknown_key_\($0): 1" }
    let found = problems(Minimal.mds + "\n" + lines.joined(separator: "\n"))
    #expect(found.count == 101)
    #expect(found.last == "… and 50 more problems")
  }
}

/// The files that are shipped.
enum Configs {
  static let directory =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Configs/").path(percentEncoded: false)

  static var all: [String] {
    let files = FileManager.default.enumerator(
      at: URL(filePath: directory).resolvingSymlinksInPath(), includingPropertiesForKeys: nil)
    let root = URL(filePath: directory).resolvingSymlinksInPath().pathComponents.count
    return (files?.compactMap { $0 as? URL } ?? [])
      .filter { ["yml", "yaml"].contains($0.pathExtension) }
      .filter {
        !$0.pathComponents.contains("kubernetes") && !$0.pathComponents.contains("grafana")
      }
      .map { $0.pathComponents.dropFirst(root).joined(separator: "/") }.sorted()
  }
}

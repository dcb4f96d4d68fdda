import Foundation
import Glibc
import Lab

/// Something that a test needs did not come about.
struct ProcessTestError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A metadata server's node, a peer's node and a host that is neither, on a network of their own,
/// with an export, keys and configurations.
struct Cluster: Sendable {
  let network: Network
  let mdsNode: Node
  let peerNode: Node
  let stranger: Node

  /// Bytes of `large` in the export.
  static let largeBytes = 4 << 20

  static func create() async throws -> Cluster {
    Descriptors.raiseLimit()
    let network = try await Network.create()
    let cluster = Cluster(
      network: network, mdsNode: try await network.node("mds"),
      peerNode: try await network.node("peer"), stranger: try await network.node("stranger"))
    try cluster.prepare()
    return cluster
  }

  private func prepare() throws {
    let files = FileManager.default
    try files.createDirectory(atPath: exportPath + "/dir", withIntermediateDirectories: true)
    for number in 0..<50 { try write("\(number)", to: exportPath + "/dir/\(number)") }
    try write("small", to: exportPath + "/small")
    let large = Data((0..<Self.largeBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 12) })
    try large.write(to: URL(fileURLWithPath: exportPath + "/large"))
    try writeKey(Self.key, to: keyPath)
  }

  static let key = [UInt8](repeating: 7, count: 32)

  var directory: String { network.directory }
  var exportPath: String { directory + "/export" }
  var keyPath: String { directory + "/key" }

  func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
  }

  func writeKey(_ key: [UInt8], to path: String, mode: mode_t = 0o600) throws {
    try writeKeys([key], to: path, mode: mode)
  }

  func writeKeys(_ keys: [[UInt8]], to path: String, mode: mode_t = 0o600) throws {
    try write(keys.map { Data($0).base64EncodedString() + "\n" }.joined(), to: path)
    guard chmod(path, mode) == 0 else { throw ProcessTestError("chmod \(path)") }
  }

  /// A metadata server's configuration.
  func mds(
    listen: String = "0.0.0.0:2049", export: String? = nil, state: String? = nil,
    key: String? = nil, more: String = ""
  ) -> String {
    """
    role: mds
    listen: \(listen)
    state_dir: \(state ?? directory + "/state")
    exports:
      - path: \(export ?? exportPath)
        pseudo: /
    gossip:
      key_file: \(key ?? keyPath)
    admin:
      listen: 127.0.0.1:9701
    \(more)

    """
  }

  /// A peer's configuration.
  func peer(
    mds: String? = nil, listen: String = "0.0.0.0:2049", cache: String? = nil,
    admin: String = "127.0.0.1:9702", key: String? = nil, more: String = ""
  ) -> String {
    """
    role: peer
    mds: \(mds ?? mdsNode.address + ":2049")
    listen: \(listen)
    cache:
      path: \(cache ?? directory + "/cache")
      bytes: 64MiB
      memory_bytes: 16MiB
      free_space_floor: 0
    gossip:
      key_file: \(key ?? keyPath)
    admin:
      listen: \(admin)
    \(more)

    """
  }

  func startMDS(_ configuration: String? = nil) async throws -> Daemon {
    try await Daemon.start("mds", on: mdsNode, configuration: configuration ?? mds())
  }

  func startPeer(_ configuration: String? = nil) async throws -> Daemon {
    try await Daemon.start("peer", on: peerNode, configuration: configuration ?? peer())
  }

  /// How a program ended, and everything it wrote.
  struct Ended {
    var status: Int
    var output: String
  }

  private static func ended(_ text: String) throws -> Ended {
    let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let status = Int(parts[0]) else {
      throw ProcessTestError("no status in: \(text)")
    }
    return Ended(status: status, output: String(parts[1]))
  }

  /// Runs `p2pnfsd` with a configuration that keeps it from serving.
  /// - Parameter wrapper: words in front of the program.
  func run(
    _ configuration: String, on node: Node, name: String = "refused", options: [String] = [],
    wrapper: [String] = []
  ) async throws -> Ended {
    let path = directory + "/\(name).yml"
    try write(configuration, to: path)
    let script = #"out=$("$@" 2>&1); printf '%s\n%s' "$?" "$out""#
    let command =
      wrapper + [try Daemon.program("p2pnfsd"), "--config", path] + options
    return try Self.ended(try await node.run(["sh", "-c", script, "sh"] + command))
  }

  /// Runs `p2pnfsd` until it has written a line with `word` as often as `count` says, and ends it
  /// by SIGTERM.
  func run(
    _ configuration: String, on node: Node, until word: String, count: Int = 1,
    name: String = "trying", wrapper: [String] = []
  ) async throws -> Ended {
    let path = directory + "/\(name).yml"
    try write(configuration, to: path)
    let script = #"""
      log=$1; word=$2; count=$3; shift 3
      "$@" >"$log" 2>&1 & p=$!
      until [ "$(grep -c -e "$word" "$log")" -ge "$count" ] || ! kill -0 $p 2>/dev/null
      do sleep 0.05; done
      kill -TERM $p 2>/dev/null
      wait $p; printf '%s\n' "$?"; cat "$log"
      """#
    let command = wrapper + [try Daemon.program("p2pnfsd"), "--config", path]
    return try Self.ended(
      try await node.run(
        ["sh", "-c", script, "sh", directory + "/\(name).out", word, "\(count)"] + command))
  }

  func close() async { await network.close() }
}

/// File descriptors of this process.
enum Descriptors {
  /// Raises the limit as far as is needed and allowed; children inherit it.
  /// - Returns: the limit.
  @discardableResult
  static func raiseLimit(to wanted: rlim_t = 32_768) -> rlim_t {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    guard limit.rlim_cur < wanted else { return limit.rlim_cur }
    var raised = rlimit(rlim_cur: wanted, rlim_max: max(wanted, limit.rlim_max))
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { return wanted }
    raised = rlimit(rlim_cur: min(wanted, limit.rlim_max), rlim_max: limit.rlim_max)
    return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0
      ? raised.rlim_cur : limit.rlim_cur
  }
}

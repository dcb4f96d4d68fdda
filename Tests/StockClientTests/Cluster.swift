import Foundation
import Glibc
import Lab
import Synchronization
import Testing

/// One MDS, and two nodes or more with a peer and a stock Linux client each.
///
/// ```
///   mds          node1             node2
///    │       peer1   guest1    peer2   guest2
///    └─────────┴───────┴─────────┴───────┘
/// ```
///
/// Each client's nearest data server is the one on its own node; the others are in the same zone,
/// and in the same rack where there are racks: the MDS is in the first.
actor Cluster {
  /// Where every client mounts the export.
  static let mountPoint = "/mnt/nfs"
  /// What clients mount.
  static let pseudoPath = "/export"

  nonisolated let network: Network
  nonisolated let mdsNode: Node
  nonisolated let nodes: [Node]
  nonisolated let guests: [Guest]
  nonisolated let tree: Tree
  /// The exported directory; the tree is `tree` in it.
  nonisolated let exportPath: String

  private let racks: Int
  /// The MDS that was started last.
  nonisolated var mds: Daemon { runningMds.withLock { $0 } }
  private nonisolated let runningMds: Mutex<Daemon>
  private nonisolated let mdsConfiguration: String

  private var runningPeers: [Daemon?]
  private var startCount = 0
  private var mountedOptions: [String?]
  private var expectations: [String: String] = [:]
  private var warmPeers: Set<Int> = []

  /// Builds a tree, starts the MDS and boots the clients.
  /// - Parameters:
  ///   - access: "ro" or "rw".
  ///   - squash: whose requests the export takes as nobody's.
  ///   - files: made beside the tree.
  ///   - nodeCount: nodes with a peer and a client each.
  ///   - racks: in which they stand, in turn; 0: that is not said.
  static func start(
    fileCount: Int, byteCount: Int, access: String = "ro", squash: String = "root",
    files: [MadeFile] = [], nodeCount: Int = 2, racks: Int = 0
  ) async throws -> Cluster {
    let network = try await Network.create()
    let mdsNode = try await network.node("mds")
    var nodes: [Node] = []
    var addresses: [String] = []
    for number in 1...nodeCount {
      nodes.append(try await network.node("node\(number)"))
      addresses.append(try network.reserveAddress())
    }
    let exportPath = network.directory + "/export"
    async let booted = boot(on: nodes, at: addresses)
    let tree = try await Tree.build(
      at: exportPath + "/tree", fileCount: fileCount, byteCount: byteCount, on: mdsNode)
    for file in files { try file.make(in: exportPath) }
    let made = ContinuousClock.now
    try writeKey(to: network.directory + "/key")
    try writeKey(to: network.directory + "/token")
    let state = network.directory + "/mds-state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    var configuration = """
      role: mds
      listen: \(mdsNode.address):2049
      exports:
        - path: \(exportPath)
          pseudo: \(pseudoPath)
          access: \(access)
          squash: \(squash)
      state_dir: \(state)
      gossip:
        listen: \(mdsNode.address):7946
        key_file: \(network.directory)/key

      """
    if racks > 0 { configuration += "locality: {zone: one, rack: rack1, node: mds}\n" }
    configuration += "localities:\n"
    for (index, (node, address)) in zip(nodes, addresses).enumerated() {
      let place = place(of: node, index, racks: racks)
      for address in [node.address, address] {
        configuration += "  - {cidr: \(address)/32, \(place)}\n"
      }
    }
    let mds = try await Daemon.start("mds", on: mdsNode, configuration: configuration)
    let guests = try await booted
    // What was written a moment ago may be written again before its change attribute tells: for
    // that the MDS sends nobody to a peer.
    try await Task.sleep(until: made + .seconds(3))
    return Cluster(
      network: network, mdsNode: mdsNode, nodes: nodes, guests: guests, mds: mds, tree: tree,
      exportPath: exportPath, mdsConfiguration: configuration, racks: racks)
  }

  private static func boot(on nodes: [Node], at addresses: [String]) async throws -> [Guest] {
    try await withThrowingTaskGroup(of: (Int, Guest).self) { tasks in
      for (index, node) in nodes.enumerated() {
        tasks.addTask {
          let guest = try await Guest.boot(
            "client\(index + 1)", on: node, address: addresses[index], userland: .whole,
            memoryMiB: 256)
          return (index, guest)
        }
      }
      var guests: [Int: Guest] = [:]
      for try await (index, guest) in tasks { guests[index] = guest }
      return nodes.indices.compactMap { guests[$0] }
    }
  }

  /// Where a node stands, as in a configuration.
  private static func place(of node: Node, _ index: Int, racks: Int) -> String {
    let rack = racks > 0 ? "rack: rack\(index % racks + 1), " : ""
    return "zone: one, \(rack)node: \(node.name)"
  }

  private init(
    network: Network, mdsNode: Node, nodes: [Node], guests: [Guest], mds: Daemon, tree: Tree,
    exportPath: String, mdsConfiguration: String, racks: Int
  ) {
    self.racks = racks
    self.network = network
    self.mdsNode = mdsNode
    self.nodes = nodes
    self.guests = guests
    self.runningMds = Mutex(mds)
    self.mdsConfiguration = mdsConfiguration
    self.tree = tree
    self.exportPath = exportPath
    runningPeers = nodes.map { _ in nil }
    mountedOptions = guests.map { _ in nil }
  }

  /// A key of the cluster's own, which only the owner may read.
  private static func writeKey(to path: String) throws {
    var generator = SystemRandomNumberGenerator()
    let key = Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data((key.base64EncodedString() + "\n").utf8),
        attributes: [.posixPermissions: 0o600])
    else { throw LabError("\(path) cannot be written") }
  }

  // MARK: Peers

  /// The peer on a node, started if it does not run, and registered.
  /// - Parameter cold: with an empty cache, in a process of its own.
  @discardableResult
  func peer(_ index: Int, cold: Bool = false) async throws -> Daemon {
    let node = nodes[index]
    let cache = network.directory + "/cache\(index + 1)"
    if cold {
      try await stopPeer(index)
      try? FileManager.default.removeItem(atPath: cache)
      warmPeers.remove(index)
    }
    if let peer = runningPeers[index], peer.isRunning { return peer }
    try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    startCount += 1
    let peer = try await Daemon.start(
      "peer\(index + 1)-\(startCount)", on: node,
      configuration: """
        role: peer
        mds: \(mdsNode.address):2049
        listen: \(node.address):2049
        cache:
          path: \(cache)
          bytes: 1GiB
          memory_bytes: 64MiB
          free_space_floor: 64MiB
        locality: {\(Self.place(of: node, index, racks: racks))}
        gossip:
          listen: \(node.address):7946
          key_file: \(network.directory)/key
        admin:
          token_file: \(network.directory)/token
        """)
    runningPeers[index] = peer
    try await eventually("the MDS has \(peer.name)") {
      try await mdsStatus().registered.contains("\(node.address):2049")
    }
    return peer
  }

  /// Gives the peer on a node an order by the operator's command line, on that node.
  func order(_ index: Int, _ words: String...) async throws -> String {
    try await nodes[index].run(
      [try Daemon.program("p2pnfs")] + words + ["--token-file", network.directory + "/token"],
      within: .seconds(90))
  }

  /// Ends the peer on a node by SIGTERM if it runs.
  func stopPeer(_ index: Int) async throws {
    if let peer = runningPeers[index], peer.isRunning { try await peer.terminate() }
    runningPeers[index] = nil
  }

  /// Ends the peer on a node by SIGKILL.
  func killPeer(_ index: Int) async throws {
    await runningPeers[index]?.kill()
    runningPeers[index] = nil
  }

  /// Starts the MDS again, which has ended: on the same address, with what it kept.
  nonisolated func startMdsAgain() async throws {
    let mds = try await Daemon.start("mds", on: mdsNode, configuration: mdsConfiguration)
    runningMds.withLock { $0 = mds }
  }

  nonisolated func mdsStatus() async throws -> NodeStatus {
    try await mds.status(as: NodeStatus.self)
  }

  // MARK: Clients

  /// A client with the export mounted.
  ///
  /// A stock client that unmounts waits for a data server that is gone, so this is only done where
  /// other options are wanted.
  /// - Parameter options: of the mount; if nil, those it has, or vers=4.2.
  func client(_ index: Int, options wanted: String? = nil) async throws -> Guest {
    let guest = guests[index]
    let options = wanted ?? mountedOptions[index] ?? "vers=4.2"
    if mountedOptions[index] == options { return guest }
    if mountedOptions[index] != nil {
      try await guest.unmount(Cluster.mountPoint)
      mountedOptions[index] = nil
    }
    try await guest.mount(
      mdsNode.address, path: Cluster.pseudoPath, at: Cluster.mountPoint, options: options)
    mountedOptions[index] = options
    return guest
  }

  /// Has the tree read through a peer, unless that was done since its cache was empty.
  func warm(_ index: Int) async throws {
    guard !warmPeers.contains(index) else { return }
    try await peer(index)
    let guest = try await client(index)
    _ = try await seen(Look.checksums, by: guest)
    warmPeers.insert(index)
  }

  /// A client has read the tree through a peer.
  func isWarm(_ index: Int) { warmPeers.insert(index) }

  // MARK: What it is compared with

  /// What a shell command says in the exported directory on the machine itself. It is run once.
  func expected(_ command: String, in folder: String = "tree") async throws -> String {
    if let known = expectations[command + "\0" + folder] { return known }
    let text = try await mdsNode.run(
      ["sh", "-c", "cd \"$0\" && \(command)", exportPath + "/" + folder], within: .seconds(120))
    expectations[command + "\0" + folder] = text
    return text
  }

  /// What the same command says in a client.
  nonisolated func seen(
    _ command: String, by guest: Guest, in folder: String = "tree",
    within limit: Duration = .seconds(120)
  ) async throws -> String {
    try await guest.check(
      "export LC_ALL=C.UTF-8; cd \(Cluster.mountPoint)/\(folder) && \(command)", within: limit)
  }

  func close() async { await network.close() }
}

/// Commands whose output is the same wherever the tree is seen.
enum Look {
  static let find = "find . | sort"
  static let list = "ls -lR --time-style=full-iso"
  static let stat =
    "find . -print0 | sort -z | xargs -0 stat --printf "
    + "'%n: %F %A inode=%i links=%h owner=%u:%g=%U:%G size=%s blocks=%b time=%.X,%.Y,%.Z\\n'"
  static let checksums =
    "find . -type f -print0 | sort -z | xargs -0 -n 100 -P 4 stdbuf -oL md5sum | sort -k 2"
}

/// The first line in which two texts differ, for people; nil if they are the same.
func difference(_ seen: String, _ expected: String) -> String? {
  if seen == expected { return nil }
  let (seenLines, expectedLines) = (
    seen.split(separator: "\n", omittingEmptySubsequences: false),
    expected.split(separator: "\n", omittingEmptySubsequences: false)
  )
  for (one, other) in zip(seenLines, expectedLines) where one != other {
    return "seen \(one)\nexpected \(other)"
  }
  return "seen \(seenLines.count) lines, expected \(expectedLines.count)"
}

/// Waits for a condition.
/// - Throws: ``LabError`` if it does not come true within `limit`.
func eventually(
  _ what: String, within limit: Duration = .seconds(20),
  isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < end else { throw LabError("not within \(limit): \(what)") }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Gives the tests of a suite one cluster, which ends with it.
struct SharedCluster: SuiteTrait, TestScoping {
  var fileCount: Int
  var byteCount: Int
  var access = "ro"
  var squash = "root"
  var files: [MadeFile] = []
  var nodeCount = 2
  var racks = 0

  @TaskLocal static var current: Cluster?

  /// The cluster of the suite in which this is called.
  static func get() throws -> Cluster {
    guard let current else { throw LabError("no cluster: the suite lacks its trait") }
    return current
  }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    let cluster = try await Cluster.start(
      fileCount: fileCount, byteCount: byteCount, access: access, squash: squash, files: files,
      nodeCount: nodeCount, racks: racks)
    do {
      try await Self.$current.withValue(cluster) { try await body() }
    } catch {
      await cluster.close()
      throw error
    }
    await cluster.close()
  }
}

extension Trait where Self == SharedCluster {
  /// One cluster for the suite.
  static func cluster(
    fileCount: Int, byteCount: Int, access: String = "ro", squash: String = "root",
    files: [MadeFile] = [], nodeCount: Int = 2, racks: Int = 0
  ) -> Self {
    SharedCluster(
      fileCount: fileCount, byteCount: byteCount, access: access, squash: squash, files: files,
      nodeCount: nodeCount, racks: racks)
  }
}

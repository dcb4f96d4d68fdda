import Foundation
import Glibc
import Lab

/// The machines of the demonstration: one with the MDS, and nodes with a peer and a client each.
final class Cluster: Sendable {
  let network: Network
  let mdsNode: Node
  let mds: Daemon
  let nodes: [Node]
  let guests: [Guest]
  private let peersStarted = Slot<[Daemon]>([])

  /// The peers that run.
  var peers: [Daemon] { peersStarted.value }

  private static let pseudoPath = "/export"
  private static let mountPoint = "/mnt/nfs"

  private init(network: Network, mdsNode: Node, mds: Daemon, nodes: [Node], guests: [Guest]) {
    self.network = network
    self.mdsNode = mdsNode
    self.mds = mds
    self.nodes = nodes
    self.guests = guests
  }

  /// Starts the MDS and boots the clients.
  static func start(on network: Network, export: String, nodeCount: Int) async throws -> Cluster {
    let mdsNode = try await network.node("mds")
    var nodes: [Node] = []
    var addresses: [String] = []
    for number in 1...nodeCount {
      nodes.append(try await network.node("node\(number)"))
      addresses.append(try network.reserveAddress())
    }
    try writeKey(to: network.directory + "/key")
    async let mds = Daemon.start(
      "mds", on: mdsNode,
      configuration: mdsConfiguration(
        network: network, mdsNode: mdsNode, export: export, nodes: nodes,
        clientAddresses: addresses))
    async let guests = boot(on: nodes, addresses: addresses)
    return try await Cluster(
      network: network, mdsNode: mdsNode, mds: mds, nodes: nodes, guests: guests)
  }

  private static func boot(on nodes: [Node], addresses: [String]) async throws -> [Guest] {
    try await withThrowingTaskGroup(of: (Int, Guest).self) { group in
      for (index, node) in nodes.enumerated() {
        group.addTask {
          let guest = try await Guest.boot(
            "client\(index + 1)", on: node, address: addresses[index], memoryMiB: 192)
          return (index, guest)
        }
      }
      var booted: [Int: Guest] = [:]
      for try await (index, guest) in group { booted[index] = guest }
      return booted.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  /// A key of the cluster's own, which only the owner may read.
  private static func writeKey(to path: String) throws {
    var generator = SystemRandomNumberGenerator()
    let key = Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    let text = key.base64EncodedString() + "\n"
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw LabError("\(path) cannot be written") }
  }

  private static func mdsConfiguration(
    network: Network, mdsNode: Node, export: String, nodes: [Node], clientAddresses: [String]
  ) throws -> String {
    let state = network.directory + "/mds-state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    let quoted = export.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"")
    var text = """
      role: mds
      listen: \(mdsNode.address):2049
      exports:
        - path: "\(quoted)"
          pseudo: \(pseudoPath)
          access: ro
      state_dir: \(state)
      layouts: files
      gossip:
        listen: \(mdsNode.address):7946
        key_file: \(network.directory)/key
      localities:

      """
    for (node, client) in zip(nodes, clientAddresses) {
      text += "  - {cidr: \(node.address)/32, node: \(node.name)}\n"
      text += "  - {cidr: \(client)/32, node: \(node.name)}\n"
    }
    return text
  }

  /// Starts a peer on each node and waits until the MDS has them all.
  func startPeers() async throws {
    for (index, node) in nodes.enumerated() {
      let cache = network.directory + "/cache\(index + 1)"
      try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
      let peer = try await Daemon.start(
        "peer\(index + 1)", on: node,
        configuration: """
          role: peer
          mds: \(mds.ready.nfs?.description ?? mdsNode.address + ":2049")
          listen: \(node.address):2049
          advertise: ["\(node.address):2049"]
          cache:
            path: \(cache)
            bytes: 1GiB
            memory_bytes: 32MiB
            free_space_floor: 64MiB
          locality: {node: \(node.name)}
          gossip:
            listen: \(node.address):7946
            seeds: ["\(mdsNode.address):7946"]
            key_file: \(network.directory)/key
          """)
      peersStarted.value.append(peer)
    }
    let end = ContinuousClock.now + .seconds(30)
    while try await mds.status(as: Status.self).registeredCount < nodes.count {
      guard ContinuousClock.now < end else {
        throw LabError("the peers have not registered at the MDS", logTail: peers[0].logTail)
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Mounts the export on every client.
  func mountAll() async throws {
    for guest in guests {
      try await guest.mount(
        mdsNode.address, path: Cluster.pseudoPath, at: Cluster.mountPoint, options: "vers=4.2,ro")
    }
  }

  func unmountAll() async throws {
    for guest in guests { try await guest.unmount(Cluster.mountPoint) }
  }

  func dropCaches() async throws {
    for guest in guests { try await guest.dropCaches() }
  }

  /// What all have counted up to now.
  func counts() async throws -> Counts {
    var counts = Counts()
    counts.mdsEgress = Int(try await mdsNode.counters().sentBytes)
    let status = try await mds.status(as: Status.self)
    counts.mdsReads = status.readBytes
    counts.mdsBlocks = status.storedBlockBytes
    for guest in guests { counts.arrived += Int(try await guest.counters().receivedBytes) }
    for peer in peers {
      let sources = try await peer.status(as: Status.self).sources
      counts.memory += sources.memory
      counts.disk += sources.disk
      counts.peers += sources.peers
      counts.mdsFetched += sources.mds
    }
    return counts
  }
}

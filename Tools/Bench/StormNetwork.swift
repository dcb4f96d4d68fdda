import Bench
import Foundation
import Lab

/// The machines of a storm and their cables: a switch for each rack, nodes that hang on their
/// rack's, and thin links from every further rack to the first.
///
/// ```
///  rack1 ─┬─ mds            every cable but those within a switch is limited both ways
///         ├─ peer1
///         ├─ peer2
///         └─ (thin link) ─ rack2 ─┬─ peer3
///                                 └─ peer4
/// ```
///
/// A switch is a node of the laboratory whose only use is its bridge: what is counted at its ports
/// is what passed the cables.
final class StormNetwork: Sendable {
  /// A rate, and how long a packet may wait for it before it is dropped.
  struct Limit: Sendable {
    var rate: LinkRate
    var queueMilliseconds: Int
  }

  let network: Network
  private let racks: [Node]
  private let congestionControl: String

  private init(network: Network, racks: [Node], congestionControl: String) {
    self.network = network
    self.congestionControl = congestionControl
    self.racks = racks
  }

  /// Makes the switches.
  /// - Parameters:
  ///   - between: of the links between racks.
  ///   - congestionControl: of every node's TCP.
  static func create(
    on network: Network, rackCount: Int, between: Limit, congestionControl: String
  ) async throws
    -> StormNetwork
  {
    var racks: [Node] = []
    for number in 1...rackCount {
      let rack = try await network.node("rack\(number)")
      // The laboratory's own switch is not used: there would be two ways between racks.
      try await rack.run(["ip", "link", "del", "dev", "eth0"])
      if let first = racks.first {
        try await plug(rack, "uplink", into: first, port: "rack\(number)", limit: between)
      }
      racks.append(rack)
    }
    return StormNetwork(
      network: network, racks: racks, congestionControl: congestionControl)
  }

  /// Adds a node.
  /// - Parameter rack: from 1.
  func node(_ name: String, rack: Int, limit: Limit) async throws -> Node {
    let node = try await network.node(name)
    try await node.run(["ip", "link", "del", "dev", "eth0"])
    // No guests will hang on it: its bridge would only cost time.
    try await node.run(["ip", "link", "del", "dev", "br0"])
    try await Self.plug(
      node, "eth0", into: racks[rack - 1], port: name, limit: limit, isBridged: false)
    try await node.run(["ip", "addr", "add", "\(node.address)/16", "dev", "eth0"])
    try await node.inside { [congestionControl] in
      do {
        try congestionControl.write(
          toFile: "/proc/sys/net/ipv4/tcp_congestion_control", atomically: false, encoding: .utf8)
      } catch {
        throw LabError(
          "--congestion-control: read '\(congestionControl)', expected one of "
            + "/proc/sys/net/ipv4/tcp_allowed_congestion_control")
      }
    }
    return node
  }

  /// A cable from a node, or its bridge, to a rack's bridge, limited both ways.
  private static func plug(
    _ node: Node, _ interface: String, into rack: Node, port: String, limit: Limit,
    isBridged: Bool = true
  ) async throws {
    try await rack.run([
      "ip", "link", "add", port, "type", "veth", "peer", "name", interface, "netns",
      node.namespace,
    ])
    try await rack.run(["ip", "link", "set", "dev", port, "master", "br0", "up"])
    let bridge = isBridged ? ["master", "br0"] : []
    try await node.run(["ip", "link", "set", "dev", interface] + bridge + ["up"])
    for (node, interface) in [(rack, port), (node, interface)] {
      try await node.run([
        "tc", "qdisc", "replace", "dev", interface, "root", "tbf", "rate",
        "\(limit.rate)", "burst", "\(limit.rate.burstBytes)", "latency",
        "\(limit.queueMilliseconds)ms",
      ])
    }
  }

  /// What passed the cables up to now.
  struct Counters: Sendable {
    fileprivate var tables: [InterfaceTable]

    /// Of a node's own link.
    /// - Parameter rack: from 1.
    func node(_ name: String, rack: Int) -> InterfaceTable.Counters {
      tables[rack - 1][name].fromTheOtherEnd
    }

    /// Of each link between racks, as the first rack counts it.
    var rackLinks: [InterfaceTable.Counters] {
      tables.indices.dropFirst().map { tables[0]["rack\($0 + 1)"] }
    }
  }

  func counters() async throws -> Counters {
    var tables: [InterfaceTable] = []
    for rack in racks {
      tables.append(
        try await rack.inside {
          InterfaceTable(
            try String(contentsOfFile: "/proc/thread-self/net/dev", encoding: .utf8))
        })
    }
    return Counters(tables: tables)
  }
}

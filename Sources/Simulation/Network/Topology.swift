/// The rates of a full-duplex link, in bytes a second; nil means without limit.
public struct LinkRates: Hashable, Sendable {
  /// Away from the node, rack or zone.
  public var up: Int?
  /// Towards it.
  public var down: Int?

  /// Both directions; without arguments a link without limits.
  public init(up: Int? = nil, down: Int? = nil) {
    self.up = up
    self.down = down
  }
}

/// Nodes in racks in zones, and the links between them.
///
/// A message from one rack to another in the same zone crosses four links: the sender's up, its
/// rack's up, the other rack's down, the receiver's down; between zones two more.
public struct Topology: Hashable, Sendable {
  /// A machine.
  public struct Node: Hashable, Sendable {
    /// For people; unique within the topology.
    public var name: String
    /// Which rack, an index into ``Topology/racks``.
    public var rack: Int
    /// The link to the rack's switch.
    public var link: LinkRates
    /// Its disk.
    public var disk: DiskSpeed

    /// A machine.
    public init(name: String, rack: Int, link: LinkRates, disk: DiskSpeed = DiskSpeed()) {
      self.name = name
      self.rack = rack
      self.link = link
      self.disk = disk
    }
  }

  /// Machines under one switch.
  public struct Rack: Hashable, Sendable {
    /// Which zone, an index into ``Topology/zones``.
    public var zone: Int
    /// The link to the other racks of the zone.
    public var link: LinkRates

    /// A rack; without limits on its uplink unless given.
    public init(zone: Int, link: LinkRates = LinkRates()) {
      self.zone = zone
      self.link = link
    }
  }

  /// Racks that are near each other.
  public struct Zone: Hashable, Sendable {
    /// The link to the other zones.
    public var link: LinkRates

    /// A zone; without limits on its uplink unless given.
    public init(link: LinkRates = LinkRates()) {
      self.link = link
    }
  }

  /// Nodes are known by their index here.
  public var nodes: [Node]
  /// Racks are known by their index here.
  public var racks: [Rack]
  /// Zones are known by their index here.
  public var zones: [Zone]
  /// The time a byte takes from one node to another beside that of the links, one way.
  public var latency: Tiered<Duration>
  /// Up to this much more, evenly distributed; it can make datagrams overtake each other.
  public var jitter: Tiered<Duration>
  /// The probability, at each link it crosses, that a datagram is lost.
  public var lossProbability: Double

  /// Latencies as they are in one building, and 10 ms between zones, unless given.
  public init(
    nodes: [Node], racks: [Rack], zones: [Zone],
    latency: Tiered<Duration> = Topology.usualLatency,
    jitter: Tiered<Duration> = Topology.noJitter, lossProbability: Double = 0
  ) {
    self.nodes = nodes
    self.racks = racks
    self.zones = zones
    self.latency = latency
    self.jitter = jitter
    self.lossProbability = lossProbability
  }

  /// Nodes under one switch with equal links.
  public static func oneRack(
    nodeCount: Int, link: LinkRates, latency: Duration = .microseconds(100)
  ) -> Topology {
    var tiers = usualLatency
    tiers.sameRack = latency
    return Topology(
      nodes: (0..<nodeCount).map { Node(name: "node-\($0)", rack: 0, link: link) },
      racks: [Rack(zone: 0)], zones: [Zone()], latency: tiers)
  }

  /// 20 µs within a node, 100 µs in a rack, 250 µs in a zone, 10 ms beyond.
  public static let usualLatency = Tiered<Duration>(
    sameNode: .microseconds(20), sameRack: .microseconds(100), sameZone: .microseconds(250),
    elsewhere: .milliseconds(10))

  /// None at all.
  public static let noJitter = Tiered<Duration>(
    sameNode: .zero, sameRack: .zero, sameZone: .zero, elsewhere: .zero)

  /// How far two nodes are from each other.
  public func tier(_ one: Int, _ other: Int) -> Tier {
    if one == other { return .sameNode }
    let (rack, otherRack) = (nodes[one].rack, nodes[other].rack)
    if rack == otherRack { return .sameRack }
    return racks[rack].zone == racks[otherRack].zone ? .sameZone : .elsewhere
  }
}

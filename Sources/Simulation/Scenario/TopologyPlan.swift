import Settings

/// The `topology` and `mds` of a scenario: equal racks of equal peers, and one metadata server.
struct TopologyPlan {
  var places: ScenarioPlaces
  var topology: Topology

  private static let keys = [
    "zones", "racks", "peers", "link", "rack_link", "zone_link", "latency", "jitter",
    "loss_percent", "disk",
  ]

  init(_ root: Section) {
    let section = root.section("topology", keys: Self.keys)
    let count = Kind<Int>.number("a number", 1...Scenario.peerLimit)
    places = ScenarioPlaces(
      zoneCount: section.optional("zones", count) ?? 1,
      racksPerZone: section.optional("racks", count) ?? 1,
      peersPerRack: section.optional("peers", count) ?? 1)
    if root.has("topology"), !section.has("peers") {
      section.missing("peers", "the number of peers in a rack")
    }
    let (racks, many) = places.zoneCount.multipliedReportingOverflow(by: places.racksPerZone)
    if many || racks > Scenario.peerLimit / places.peersPerRack {
      section.refuse("peers", expected: "at most \(Scenario.peerLimit) peers in all racks")
      places = ScenarioPlaces(zoneCount: 1, racksPerZone: 1, peersPerRack: 1)
    }
    let link = section.link("link")
    let rackLink = section.link("rack_link")
    let zoneLink = section.link("zone_link")
    let disk = DiskSpeed(section.section("disk", keys: DiskSpeed.keys))
    var topology = Topology(
      nodes: [], racks: [], zones: [],
      latency: section.tiers("latency", Topology.usualLatency),
      jitter: section.tiers("jitter", Topology.noJitter),
      lossProbability: (section.fraction("loss_percent", "a percentage", 0...100) ?? 0) / 100)
    for zone in 0..<places.zoneCount {
      topology.zones.append(Topology.Zone(link: zoneLink))
      for _ in 0..<places.racksPerZone {
        topology.racks.append(Topology.Rack(zone: zone, link: rackLink))
      }
    }
    topology.nodes.append(Self.mds(root, places, link, &topology))
    for rack in 0..<places.rackCount {
      for peer in places.peers(ofRack: rack) {
        topology.nodes.append(
          Topology.Node(name: "peer-\(peer)", rack: rack, link: link, disk: disk))
      }
    }
    self.topology = topology
  }

  /// The metadata server's node, and the rack of its own if it has one.
  private static func mds(
    _ root: Section, _ places: ScenarioPlaces, _ peerLink: LinkRates, _ topology: inout Topology
  ) -> Topology.Node {
    let section = root.section("mds", keys: ["rack", "link", "rack_link", "disk"])
    let expected = "own, or rack-1 to rack-\(places.rackCount)"
    let kind = Kind<String>.text(expected)
      .which(expected) { $0 == "own" || places.rack($0) != nil }
    let name = section.optional("rack", kind) ?? "rack-1"
    var rack = places.rack(name) ?? 0
    if name == "own" {
      rack = topology.racks.count
      topology.racks.append(Topology.Rack(zone: 0, link: section.link("rack_link")))
    } else if section.has("rack_link") {
      section.refuse("rack_link", expected: "this key only with 'rack: own'")
    }
    return Topology.Node(
      name: "mds", rack: rack, link: section.link("link", peerLink),
      disk: DiskSpeed(section.section("disk", keys: DiskSpeed.keys)))
  }
}

extension DiskSpeed {
  static let keys = ["read", "write", "latency", "capacity"]

  init(_ section: Section, _ usual: DiskSpeed = DiskSpeed()) {
    self = usual
    if let rate = section.rate("read") { readBytesPerSecond = rate.bytesPerSecond }
    if let rate = section.rate("write") { writeBytesPerSecond = rate.bytesPerSecond }
    if let latency = section.duration("latency") { operationLatency = latency }
    if let bytes = section.optional("capacity", .bytes(0...Int.max, such: "100GiB")) {
      capacityBytes = bytes
    }
  }
}

extension NetworkSettings {
  static let keys = [
    "piece", "window", "packet_payload", "packet_header", "datagram_header",
    "connect_round_trips", "stall_timeout", "datagram_queue", "held_datagrams",
  ]

  init(_ section: Section) {
    self.init()
    func bytes(_ key: String, _ range: ClosedRange<Int>, _ usual: Int) -> Int {
      section.optional(key, .bytes(range, such: "\(ByteSize(bytes: usual))")) ?? usual
    }
    pieceBytes = bytes("piece", 1024...1 << 20, pieceBytes)
    windowBytes = bytes("window", 1024...1 << 30, windowBytes)
    packetPayloadBytes = bytes("packet_payload", 64...1 << 20, packetPayloadBytes)
    packetHeaderBytes = bytes("packet_header", 0...1024, packetHeaderBytes)
    datagramHeaderBytes = bytes("datagram_header", 0...1024, datagramHeaderBytes)
    connectRoundTrips =
      section.optional("connect_round_trips", .number("a number", 0...10)) ?? connectRoundTrips
    stallTimeout = section.duration("stall_timeout") ?? stallTimeout
    datagramQueue = section.duration("datagram_queue") ?? datagramQueue
    heldDatagramLimit =
      section.optional("held_datagrams", .number("a number", 0...1_000_000))
      ?? heldDatagramLimit
    if windowBytes < pieceBytes {
      section.refuse(
        section.has("window") ? "window" : "piece",
        expected: "a window that is no smaller than a piece (\(ByteSize(bytes: pieceBytes)))")
      windowBytes = pieceBytes
    }
  }
}

extension ReaderSettings {
  static let keys = ["order", "read_ahead", "across_files", "in_flight", "time_per_mib"]

  init(_ section: Section) {
    self.init()
    order = section.optional("order", .word()) ?? order
    readAheadBytes =
      section.optional("read_ahead", .bytes(0...1 << 40, such: "1MiB")) ?? readAheadBytes
    acrossFiles = section.optional("across_files", .boolean) ?? acrossFiles
    inFlightLimit =
      section.optional("in_flight", .number("a number", 1...10_000)) ?? inFlightLimit
    timePerMiB = section.duration("time_per_mib") ?? timePerMiB
    if timePerMiB > .seconds(60) {
      section.refuse("time_per_mib", expected: "a duration of at most 1m, such as 2ms")
      timePerMiB = .zero
    }
  }
}

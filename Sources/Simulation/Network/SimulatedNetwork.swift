/// Links, connections and datagrams. It moves numbers of bytes only; the messages themselves wait
/// in the ``Cluster`` under the number of their ``Envelope``.
///
/// Reliable messages cross every link of their path in pieces, each stored and then forwarded,
/// with connections taking turns at each link, and wait for the tier's latency at the end. A
/// connection has a bounded window of bytes on the way, so that a slow receiver holds up nobody
/// else. What loss does to TCP's rate is not modelled.
struct SimulatedNetwork {
  let settings: NetworkSettings
  let topology: Topology
  let latencyNanoseconds: Tiered<Int64>
  let jitterNanoseconds: Tiered<Int64>
  let stallNanoseconds: Int64
  let datagramQueueNanoseconds: Int64
  var links: ContiguousArray<SimulatedLink> = []
  var flows: ContiguousArray<SimulatedFlow> = []
  var connections: ContiguousArray<SimulatedConnection> = []
  var pairs = PairTable()
  var envelopes: ContiguousArray<Envelope> = []
  var freeEnvelopes: ContiguousArray<Int32> = []
  /// Envelopes whose messages were lost on the way, for the cluster to forget.
  var lost: ContiguousArray<Int32> = []
  var notices = Slab<SentNotice>()
  var cuts: [Cut] = []
  /// By node: there is no process, so that nobody can connect.
  var isDown: [Bool]
  /// By node: its process does not run, but its kernel does.
  var isStopped: [Bool]
  var traffic: [NodeTraffic]
  var random: SeededGenerator

  init(_ topology: Topology, _ settings: NetworkSettings, _ random: SeededGenerator) {
    precondition(settings.pieceBytes > 0 && settings.windowBytes >= settings.pieceBytes)
    precondition(settings.packetPayloadBytes > 0)
    self.topology = topology
    self.settings = settings
    self.random = random
    latencyNanoseconds = topology.latency.map { max(0, $0.wholeNanoseconds) }
    jitterNanoseconds = topology.jitter.map { max(0, $0.wholeNanoseconds) }
    stallNanoseconds = settings.stallTimeout.wholeNanoseconds
    datagramQueueNanoseconds = settings.datagramQueue.wholeNanoseconds
    isDown = Array(repeating: true, count: topology.nodes.count)
    isStopped = Array(repeating: false, count: topology.nodes.count)
    traffic = Array(repeating: NodeTraffic(), count: topology.nodes.count)
    let rates =
      topology.nodes.map(\.link) + topology.racks.map(\.link) + topology.zones.map(\.link)
    for rate in rates {
      for bytesPerSecond in [rate.up, rate.down] {
        links.append(
          SimulatedLink(
            bytesPerSecond: bytesPerSecond ?? 0, lossProbability: topology.lossProbability))
      }
    }
  }

  /// The links on the way from one node to another.
  func path(from source: Int, to destination: Int, _ tier: Tier) -> [Int32] {
    let racks = (topology.nodes[source].rack, topology.nodes[destination].rack)
    let zones = (topology.racks[racks.0].zone, topology.racks[racks.1].zone)
    var places: [LinkPlace] = []
    if tier > .sameNode { places.append(.up(.node(source))) }
    if tier > .sameRack { places.append(.up(.rack(racks.0))) }
    if tier > .sameZone { places += [.up(.zone(zones.0)), .down(.zone(zones.1))] }
    if tier > .sameRack { places.append(.down(.rack(racks.1))) }
    if tier > .sameNode { places.append(.down(.node(destination))) }
    return places.map { Int32(index(of: $0)) }
  }

  /// Where a link stands in ``links``.
  func index(of place: LinkPlace) -> Int {
    let (end, down) =
      switch place {
      case .up(let end): (end, 0)
      case .down(let end): (end, 1)
      }
    switch end {
    case .node(let node): return 2 * node + down
    case .rack(let rack): return 2 * (topology.nodes.count + rack) + down
    case .zone(let zone):
      return 2 * (topology.nodes.count + topology.racks.count + zone) + down
    }
  }

  /// Whether a packet can get from one node to another.
  func isReachable(_ source: Int32, _ destination: Int32) -> Bool {
    !cuts.contains { $0.blocks(source, destination) }
  }

  /// What a message of so many bytes is on the wire: at least a byte, so that there is something
  /// to arrive.
  func wireBytes(_ messageBytes: Int) -> Int {
    let payload = settings.packetPayloadBytes
    let packetCount = max(1, (messageBytes + payload - 1) / payload)
    return max(1, messageBytes + packetCount * settings.packetHeaderBytes)
  }

  /// The latency of a tier, with jitter.
  mutating func latency(_ tier: Tier) -> Int64 {
    let jitter = jitterNanoseconds[tier]
    let base = latencyNanoseconds[tier]
    return jitter > 0 ? base + Int64(random.next(upperBound: UInt64(jitter))) : base
  }

  // MARK: - Envelopes

  /// A number for a message.
  mutating func allocate(_ envelope: Envelope) -> Int32 {
    if let slot = freeEnvelopes.popLast() {
      envelopes[Int(slot)] = envelope
      return slot
    }
    envelopes.append(envelope)
    return Int32(envelopes.count - 1)
  }

  /// The message has arrived or is lost, and its number is free.
  mutating func release(_ slot: Int32) {
    freeEnvelopes.append(slot)
  }
}

extension StormCounters {
  /// What a peer's node has counted itself; the rest the network knows.
  public struct PeerState: Sendable {
    /// Its reader.
    public var reader: SimulatedReader
    /// Bytes of blocks that it received.
    public var receivedBytes: Int
    /// Of them, those that it had already.
    public var duplicateBytes: Int
    /// Of the received ones, those that came from the metadata server.
    public var receivedFromMDSBytes: Int
    /// Bytes of blocks that it sent to other peers.
    public var uploadedBytes: Int

    /// A peer with nothing counted.
    public init(reader: SimulatedReader) {
      self.reader = reader
      receivedBytes = 0
      duplicateBytes = 0
      receivedFromMDSBytes = 0
      uploadedBytes = 0
    }
  }

  /// The counters of a run.
  /// - Parameters:
  ///   - cluster: as it is at the end of the run.
  ///   - state: what a node counted; nil for the metadata server.
  ///   - mdsEgressBytes: the bytes of blocks that the metadata server sent.
  public init<Node: SimulatedNode>(
    _ workload: Workload, _ cluster: Cluster<Node>, mdsEgressBytes: Int,
    _ state: (Node) -> PeerState?
  ) {
    let scenario = workload.scenario
    let files = workload.files
    let needs = workload.plans.map { plan in plan.blocks }
    let unique = needs.reduce(into: Set<Int32>()) { $0.formUnion($1) }
    self.init(
      uniqueStoredBytes: unique.reduce(0) { $0 + files.storedBytes(of: Int($1)) },
      uniquePlainBytes: unique.reduce(0) { $0 + files.plainBytes(of: Int($1)) })
    self.mdsEgressBytes = mdsEgressBytes
    let disturbed = Self.disturbed(scenario)
    let late = Set(scenario.arrival.late.flatMap(\.nodes))
    for node in scenario.peers {
      guard let state = state(cluster.nodes[node]) else { continue }
      var peer = Peer(
        name: scenario.topology.nodes[node].name,
        startSeconds: workload.readerStarts[node].inSeconds)
      let now = cluster.now.wholeNanoseconds
      peer.finishSeconds = state.reader.finishedNanoseconds.map { Double($0) / 1e9 }
      peer.isExpectedToFinish = !disturbed.contains(node)
      peer.isLate = late.contains(node)
      peer.receivedBytes = state.receivedBytes
      peer.duplicateBytes = state.duplicateBytes
      peer.receivedFromMDSBytes = state.receivedFromMDSBytes
      peer.uploadedBytes = state.uploadedBytes
      peer.longestStallSeconds =
        disturbed.contains(node)
        ? 0 : Double(state.reader.longestStallNanoseconds(at: now)) / 1e9
      peers.append(peer)
    }
    links = Self.links(workload, cluster, needs, without: disturbed)
  }

  /// The peers that were killed, stopped or slowed on purpose: they need not finish, and their
  /// stalls are no fault of the cluster.
  private static func disturbed(_ scenario: Scenario) -> Set<Int> {
    var nodes: Set<Int> = []
    for scheduled in scenario.faults {
      switch scheduled.fault {
      case .kill(let node), .powerOff(let node), .stop(let node), .rate(.up(.node(let node)), _),
        .rate(.down(.node(let node)), _):
        nodes.insert(node)
      case .cut(let from, _, _):
        nodes.formUnion(from)
      case .start, .resume, .heal, .rate, .loss, .jumpClock, .disk:
        break
      }
    }
    return nodes
  }

  /// The links that everything a group needs must cross, since the metadata server is outside it.
  private static func links<Node: SimulatedNode>(
    _ workload: Workload, _ cluster: Cluster<Node>, _ needs: [Set<Int32>],
    without disturbed: Set<Int>
  ) -> [Link] {
    let topology = workload.scenario.topology
    let mds = workload.scenario.mds
    let carried = RackTraffic(cluster)
    func bytes(_ nodes: some Sequence<Int>) -> Int {
      nodes.reduce(into: Set<Int32>()) { $0.formUnion(needs[$1]) }
        .reduce(0) { $0 + workload.files.storedBytes(of: Int($1)) }
    }
    func link(_ place: LinkPlace, _ name: String, _ must: Int, _ carried: Int) -> Link {
      var isBetweenRacks = true
      if case .up(.node) = place { isBetweenRacks = false }
      if case .down(.node) = place { isBetweenRacks = false }
      return Link(
        name: name, isBetweenRacks: isBetweenRacks,
        bytesPerSecond: cluster.bytesPerSecond(place).map(Double.init), mustCarryBytes: must,
        carriedBytes: carried)
    }
    var links = [
      link(.up(.node(mds)), "mds up", bytes(workload.scenario.peers), carried.sent[mds])
    ]
    for node in workload.scenario.peers where !needs[node].isEmpty && !disturbed.contains(node) {
      links.append(
        link(
          .down(.node(node)), "\(topology.nodes[node].name) down", bytes([node]),
          carried.received[node]))
    }
    let mdsRack = topology.nodes[mds].rack
    let byRack = Dictionary(grouping: workload.scenario.peers) { topology.nodes[$0].rack }
    for (rack, nodes) in byRack.sorted(by: { $0.key < $1.key }) where rack != mdsRack {
      links.append(
        link(.down(.rack(rack)), "rack-\(rack + 1) down", bytes(nodes), carried.intoRack[rack]))
    }
    let outside = workload.scenario.peers.filter { topology.nodes[$0].rack != mdsRack }
    if !outside.isEmpty {
      links.append(
        link(.up(.rack(mdsRack)), "mds rack up", bytes(outside), carried.outOfRack[mdsRack]))
    }
    return links
  }
}

/// The bytes of messages that arrived, without packet headers, by node and rack.
private struct RackTraffic {
  var sent: [Int]
  var received: [Int]
  var intoRack: [Int]
  var outOfRack: [Int]

  init<Node: SimulatedNode>(_ cluster: Cluster<Node>) {
    let topology = cluster.topology
    sent = Array(repeating: 0, count: topology.nodes.count)
    received = sent
    intoRack = Array(repeating: 0, count: topology.racks.count)
    outOfRack = intoRack
    for pair in cluster.pairs {
      sent[pair.source] += pair.bytes
      received[pair.destination] += pair.bytes
      guard pair.tier > .sameRack else { continue }
      intoRack[topology.nodes[pair.destination].rack] += pair.bytes
      outOfRack[topology.nodes[pair.source].rack] += pair.bytes
    }
  }
}

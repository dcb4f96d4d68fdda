public import Membership

/// What membership gossip costs and how fast it is, in one simulated cluster: everybody joins
/// through the metadata server, a while of rest, a broadcast, a crash, another rest.
public struct GossipReport: Hashable, Sendable, Codable {
  /// With the metadata server.
  public var members: Int
  /// The seed of the run.
  public var seed: UInt64
  /// From the first start until everybody knew everybody; nil if that was not within the limit.
  public var convergedSeconds: Double?
  /// What a node sent in a second at rest, in bytes with the headers of Ethernet, IP and UDP, on
  /// the average.
  public var restBytesPerSecond: Double
  /// The same of the node that sent most.
  public var worstRestBytesPerSecond: Double
  /// Until 50, 95 and 100 of 100 members knew a broadcast; nil where they did not within a minute.
  public var broadcast50Seconds: Double?
  public var broadcast95Seconds: Double?
  public var broadcastAllSeconds: Double?
  /// From a crash until the last member knew it.
  public var crashKnownSeconds: Double?
  /// Members that were said to have failed and had not.
  public var falseDeaths: Int
  /// What happened in the run, counted and digested: equal for equal runs.
  public var eventCount: Int
  public var traceDigest: UInt64

  /// Runs the experiment.
  /// - Parameters:
  ///   - members: with the metadata server; at least 3.
  ///   - rest: how long traffic at rest is measured.
  ///   - watch: called every half a simulated second with the time and how many members know all.
  public init(
    members: Int, settings: SwimSettings, seed: UInt64, rest: Duration = .seconds(60),
    watch: (Duration, Int) -> Void = { _, _ in }
  ) {
    precondition(members >= 3, "a cluster of \(members) members")
    let topology = Topology.oneRack(nodeCount: members, link: LinkRates())
    let pool = MemberRecordPool()
    var cluster = Cluster<MembershipNode>(topology, settings: NetworkSettings(), seed: seed) {
      node, _ in MembershipNode(node, topology, settings, pool)
    }
    for node in 0..<members { cluster.start(node, at: .milliseconds(Int64(node) % 1000)) }
    self.members = members
    self.seed = seed
    let others = members - 1
    let hasConverged = cluster.run(until: .seconds(600), every: .milliseconds(500)) { cluster in
      let knowing = cluster.nodes.count { $0.swim.map { $0.memberCount >= others } ?? false }
      watch(cluster.now, knowing)
      return knowing == members
    }
    convergedSeconds = hasConverged ? cluster.now / .seconds(1) : nil

    // News of joining is sent on for a while after everybody has it.
    cluster.run(until: cluster.now + settings.gossipInterval * 100)
    let before = (0..<members).map { cluster.traffic(of: $0).sentDatagramBytes }
    cluster.run(until: cluster.now + rest)
    let rates = (0..<members).map {
      Double(cluster.traffic(of: $0).sentDatagramBytes - before[$0]) / (rest / .seconds(1))
    }
    restBytesPerSecond = rates.reduce(0, +) / Double(members)
    worstRestBytesPerSecond = rates.max() ?? 0

    let toldAt = cluster.now
    cluster.perform(on: 1) { node, context in node.broadcast([42], &context) }
    _ = cluster.run(until: toldAt + .seconds(60), every: .milliseconds(10)) {
      $0.nodes.count { $0.knows(.delivered(42)) } >= others
    }
    let told = cluster.nodes.compactMap { $0.moment(of: .delivered(42)) }.map {
      ($0 - toldAt) / .seconds(1)
    }.sorted()
    func within(_ percent: Int) -> Double? {
      let count = max(1, (others * percent + 99) / 100)
      return told.count >= count ? told[count - 1] : nil
    }
    broadcast50Seconds = within(50)
    broadcast95Seconds = within(95)
    broadcastAllSeconds = within(100)

    let crashedAt = cluster.now
    let crashed = MembershipNode.Event.Kind.failed(MembershipNode.id(of: 2))
    cluster.inject(.kill(2), at: cluster.now)
    let isKnown = cluster.run(until: crashedAt + .seconds(600), every: .milliseconds(100)) {
      $0.nodes.count { $0.knows(crashed) } >= members - 1
    }
    crashKnownSeconds = isKnown ? (cluster.now - crashedAt) / .seconds(1) : nil
    falseDeaths = cluster.nodes.reduce(0) { sum, node in
      sum
        + node.events.count { event in
          if case .failed = event.kind { event.kind != crashed } else { false }
        }
    }
    eventCount = cluster.trace.eventCount
    traceDigest = cluster.trace.digest
  }
}

extension MembershipNode {
  fileprivate func knows(_ kind: Event.Kind) -> Bool { events.contains { $0.kind == kind } }

  fileprivate func moment(of kind: Event.Kind) -> Duration? {
    events.first { $0.kind == kind }?.at
  }
}

/// A ``Scenario`` and one of its seeds: all that is drawn before the run begins.
public struct Workload: Sendable {
  /// What it is drawn from.
  public let scenario: Scenario
  /// The seed of the run.
  public let seed: UInt64
  /// The files.
  public let files: FileSet
  /// What each node's reader reads, by node; the metadata server's is empty.
  public let plans: [ReadPlan]
  /// When each node's reader begins, by node.
  public let readerStarts: [Duration]
  /// When each node starts, by node.
  public let nodeStarts: [Duration]

  /// Draws files, orders and beginnings.
  public init(_ scenario: Scenario, seed: UInt64) {
    self.scenario = scenario
    self.seed = seed
    // Not the cluster's own stream: what is read does not depend on how the cluster works.
    var random = SeededGenerator(seed: seed ^ 0x5EED_0F57_0A1D_0001)
    let files = scenario.files.fileSet(&random)
    self.files = files
    let nodeCount = scenario.topology.nodes.count
    readerStarts = scenario.arrival.moments(nodeCount: nodeCount, &random)
    let late = Set(scenario.arrival.late.flatMap(\.nodes))
    nodeStarts = readerStarts.enumerated().map { node, moment in
      let waits = scenario.arrival.daemons == .withReader || late.contains(node)
      return node != scenario.mds && waits ? moment : .zero
    }
    plans = Self.plans(scenario, files, nodeCount: nodeCount, &random)
  }

  private static func plans(
    _ scenario: Scenario, _ files: FileSet, nodeCount: Int, _ random: inout SeededGenerator
  ) -> [ReadPlan] {
    let none = ReadPlan(files: [], of: files)
    if !scenario.files.reads.isEmpty {
      let index = Dictionary(
        files.files.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
      var byPeer: [Int: [RecordedRead]] = [:]
      for read in scenario.files.reads {
        for peer in read.peer.map({ $0...$0 }) ?? 1...nodeCount - 1 {
          byPeer[peer, default: []].append(read)
        }
      }
      return (0..<nodeCount).map { node in
        ReadPlan(byPeer[node] ?? [], of: files, fileIndex: index)
      }
    }
    let inOrder = ReadPlan(files: files.files.indices, of: files)
    return (0..<nodeCount).map { node in
      guard node != scenario.mds else { return none }
      switch scenario.readers.order {
      case .same: return inOrder
      case .shuffled:
        return ReadPlan(files: files.files.indices.shuffled(using: &random), of: files)
      }
    }
  }

  /// The reader of a node, which has not begun.
  public func reader(of node: Int) -> SimulatedReader {
    SimulatedReader(plans[node], of: files, scenario.readers)
  }

  /// Whether there is nothing more to wait for: every reader has finished, but for those whose
  /// node was started and is down.
  public func isOver<Node: SimulatedNode>(
    _ cluster: Cluster<Node>, _ reader: (Node) -> SimulatedReader?
  ) -> Bool {
    scenario.peers.allSatisfy { node in
      if cluster.status(of: node) == .down { return nodeStarts[node] < cluster.now }
      return reader(cluster.nodes[node])?.finishedNanoseconds != nil
    }
  }

  /// A cluster of the scenario's machines, with everything scheduled that the scenario says: the
  /// starts of the nodes and the faults. `make` is that of
  /// ``Cluster/init(_:settings:seed:text:make:)``.
  public func cluster<Node: SimulatedNode>(
    text: TraceText? = nil, make: @escaping (Int, Node?) -> Node
  ) -> Cluster<Node> {
    var cluster = Cluster(
      scenario.topology, settings: scenario.network, seed: seed, text: text, make: make)
    for (node, moment) in nodeStarts.enumerated() { cluster.start(node, at: moment) }
    for fault in scenario.faults { cluster.inject(fault.fault, at: fault.at) }
    return cluster
  }
}

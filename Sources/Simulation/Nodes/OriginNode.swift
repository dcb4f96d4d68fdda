/// The cluster without peer-to-peer transfer: every node fetches every block from the metadata
/// server. It is what designs are compared with, and what the engine is checked against, since its
/// makespan and egress are known beforehand.
public struct OriginNode: SimulatedNode {
  /// A question or its answer.
  public enum Message: SimulatedMessage {
    /// Asks for a block.
    case request(block: Int)
    /// A block, of so many stored bytes.
    case block(Int, storedBytes: Int)

    /// 128 bytes of headers, and the block.
    public var wireBytes: Int {
      switch self {
      case .request: 128
      case .block(_, let storedBytes): 128 + storedBytes
      }
    }

    /// The block's number.
    public var traceCode: UInt32 {
      switch self {
      case .request(let block), .block(let block, _): UInt32(truncatingIfNeeded: block)
      }
    }
  }

  /// When to look at the reader again.
  public enum Timer: Sendable {
    /// It may want something, or have finished.
    case reader
  }

  /// What a peer has counted; nil on the metadata server.
  public private(set) var peer: StormCounters.PeerState?
  /// What the metadata server sent, in bytes of blocks.
  public private(set) var egressBytes = 0
  private let mds: Int
  private let files: FileSet
  private let startNanoseconds: Int64
  private var asked: [Int] = []
  private var againAt: Int64 = .max

  /// The node of an index.
  public init(_ node: Int, _ workload: Workload) {
    mds = workload.scenario.mds
    files = workload.files
    startNanoseconds = workload.readerStarts[node].wholeNanoseconds
    if node != mds { peer = StormCounters.PeerState(reader: workload.reader(of: node)) }
  }

  /// Waits for the reader's beginning.
  public mutating func start(_ context: inout Context) {
    if peer != nil { context.setTimer(.reader, atNanoseconds: startNanoseconds) }
  }

  /// Answers a request, or gives a block to the reader.
  public mutating func received(
    _ message: Message, from sender: Int, _ context: inout Context
  ) {
    switch message {
    case .request(let block):
      guard peer == nil else { return }
      let storedBytes = files.storedBytes(of: block)
      egressBytes += storedBytes
      context.send(.block(block, storedBytes: storedBytes), to: sender)
    case .block(let block, let storedBytes):
      let isNew = peer?.reader.arrived(block) ?? false
      asked.removeAll { $0 == block }
      peer?.receivedBytes += storedBytes
      peer?.receivedFromMDSBytes += storedBytes
      if !isNew { peer?.duplicateBytes += storedBytes }
      advance(&context)
    }
  }

  /// The reader goes on.
  public mutating func timer(_ timer: Timer, _ context: inout Context) {
    againAt = .max
    advance(&context)
  }

  /// What was asked for is asked for again.
  public mutating func disconnected(_ sender: Int, _ context: inout Context) {
    guard peer != nil, !asked.isEmpty else { return }
    for block in asked { peer?.reader.failed(block) }
    asked = []
    // Not at once: a server that is down would be asked as fast as it refuses.
    context.setTimer(.reader, after: .milliseconds(100))
  }

  private mutating func advance(_ context: inout Context) {
    guard let wish = peer?.reader.advance(nowNanoseconds: context.nowNanoseconds) else { return }
    for block in wish.blocks {
      asked.append(block)
      context.send(.request(block: block), to: mds)
    }
    if let moment = wish.againAtNanoseconds, moment < againAt {
      againAt = moment
      context.setTimer(.reader, atNanoseconds: moment)
    }
  }
}

extension Workload {
  /// Runs the scenario without peer-to-peer transfer, until every reader whose node is up has
  /// finished or the scenario's limit is reached.
  public func runWithoutPeers(
    text: TraceText? = nil
  ) -> (cluster: Cluster<OriginNode>, counters: StormCounters) {
    var cluster = cluster(text: text) { node, _ in OriginNode(node, self) }
    _ = cluster.run(until: scenario.limit, every: .milliseconds(500)) { cluster in
      isOver(cluster) { $0.peer?.reader }
    }
    let egress = cluster.nodes[scenario.mds].egressBytes
    return (cluster, StormCounters(self, cluster, mdsEgressBytes: egress) { $0.peer })
  }
}

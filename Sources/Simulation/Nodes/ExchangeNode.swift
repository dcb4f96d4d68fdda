import BlockCache
import Contents
import Membership
public import Placement

/// A peer or the metadata server that does nothing but exchange blocks: the ``Exchange`` and the
/// ``OriginExchange`` of the daemons, over simulated connections.
///
/// Membership is given: everybody knows everybody from the start, and learns of the dead by their
/// connections. Loads are told to all directly, or in a large cluster to the sender's rack, where
/// the daemons gossip. What members hold is known to homes and to the metadata server alone, as in
/// the first moments of a storm, when gossip has not said anything yet.
public struct ExchangeNode: SimulatedNode {
  /// A question or its answer. Sizes are those of the daemons' messages.
  public enum Message: SimulatedMessage {
    case locate(ExchangeCall, LocateRequest)
    case located(ExchangeCall, LocateAnswer)
    case take(ExchangeCall, TakeRequest)
    case readOrigin(ExchangeCall, OriginRequest)
    /// A block, of so many stored bytes, in answer to either.
    case block(ExchangeCall, BlockKey, storedBytes: Int)
    case refused(ExchangeCall, TakeRefusal)
    case elsewhere(ExchangeCall, MemberID)
    case busy(ExchangeCall)
    case cancel(BlockKey)
    case urge(BlockKey)
    case chase(BlockKey, MemberID)
    case status(ExchangeCall)
    case progress(ExchangeCall, UInt64)
    /// How fast the sender's link is, in bytes a second, and how long its queue.
    case load(capacity: Double, queueSeconds: Double)

    public var wireBytes: Int {
      switch self {
      case .locate: 240
      case .located: 96
      case .take, .readOrigin: 240
      case .block(_, _, let storedBytes): storedBytes + 200
      case .refused, .elsewhere, .busy, .status: 96
      case .cancel, .urge, .chase: 200
      case .progress: 96
      case .load: 100
      }
    }

    public var traceCode: UInt32 {
      switch self {
      case .locate(let call, _), .located(let call, _), .take(let call, _),
        .readOrigin(let call, _), .block(let call, _, _), .refused(let call, _),
        .elsewhere(let call, _), .busy(let call), .status(let call), .progress(let call, _):
        UInt32(truncatingIfNeeded: call)
      case .cancel(let key), .urge(let key), .chase(let key, _): key.index
      case .load(let capacity, _): UInt32(clamping: Int(capacity))
      }
    }
  }

  /// What a timer reminds of.
  public enum Timer: Sendable {
    case reader
    case tick
  }

  /// What is to be answered, and to whom.
  private struct Asked {
    var peer: Int
    var call: ExchangeCall
    var key: BlockKey?
  }

  /// What a peer has counted; nil on the metadata server.
  public private(set) var peer: StormCounters.PeerState?
  /// What the metadata server sent, in bytes of blocks.
  public private(set) var egressBytes = 0
  private let node: Int
  private let mds: Int
  private let files: FileSet
  private let startNanoseconds: Int64
  private var exchange: Exchange?
  private var origin: OriginExchange?
  private var asked: [ExchangeToken: Asked] = [:]
  private var nextToken: ExchangeToken = 1
  private var held: [Bool]
  /// Whom this node tells its load.
  private let others: [Int]
  private var isTicking = false
  private var againAt: Int64 = .max
  private var lastHeard: [Int: Int64] = [:]
  private var rates = RateMeter()
  private var sampledAt = Duration.zero
  private var toldCapacity = 0.0
  /// As often as the daemons look at their load.
  private static let sampleInterval = Duration.milliseconds(200)
  /// In a cluster with more, loads are told to the rack alone.
  private static let tellAllLimit = 64

  /// The node of an index.
  public init(
    _ node: Int, _ workload: Workload, settings: Exchange.Settings = Exchange.Settings(),
    originSettings: OriginExchange.Settings = OriginExchange.Settings()
  ) {
    self.node = node
    mds = workload.scenario.mds
    files = workload.files
    startNanoseconds = workload.readerStarts[node].wholeNanoseconds
    held = Array(repeating: false, count: files.blockCount)
    let topology = workload.scenario.topology
    let hasRacks = topology.racks.count > 1
    let neighbor = { (node: Int) -> Neighbor in
      let rack = topology.nodes[node].rack
      let zone = topology.racks[rack].zone
      let locality =
        hasRacks ? Locality(zone: "zone-\(zone)", rack: "rack-\(rack)") : Locality()
      return Neighbor(
        id: Self.id(of: node), locality: locality, isServing: node != workload.scenario.mds)
    }
    let own = neighbor(node)
    let peerCount = workload.scenario.peers.count
    others = topology.nodes.indices.filter { other in
      let isNear = topology.nodes[other].rack == topology.nodes[node].rack
      let isTold = peerCount <= Self.tellAllLimit || isNear || other == workload.scenario.mds
      return other != node && isTold
    }
    if node == mds {
      var origin = OriginExchange(
        own: own, contents: ContentsView(own: own.id), settings: originSettings)
      for other in workload.scenario.peers { origin.insert(neighbor(other)) }
      self.origin = origin
    } else {
      peer = StormCounters.PeerState(reader: workload.reader(of: node))
      var exchange = Exchange(own: own, contents: ContentsView(own: own.id), settings: settings)
      exchange.setOrigin(Self.id(of: mds), locality: neighbor(mds).locality)
      for other in workload.scenario.peers where other != node {
        exchange.insert(neighbor(other))
      }
      self.exchange = exchange
    }
  }

  static func id(of node: Int) -> MemberID { MemberID(rawValue: UInt64(node) + 1) }
  static func node(of id: MemberID) -> Int { Int(id.rawValue) - 1 }

  private func key(_ block: Int) -> BlockKey {
    let file = files.file(of: block)
    return BlockKey(
      version: FileVersion(
        file: FileID(high: UInt64(file) &* 0x9e37_79b9, low: UInt64(file)), change: 1),
      index: UInt32(files.indexInFile(block)))
  }

  private func block(_ key: BlockKey) -> Int {
    files.blocks(of: Int(key.version.file.low)).lowerBound + Int(key.index)
  }

  private func exchanged(_ key: BlockKey) -> ExchangedFile {
    let file = files.files[Int(key.version.file.low)]
    return ExchangedFile(
      version: key.version, handle: [], size: UInt64(file.bytes), blockBytes: files.blockBytes)
  }

  public mutating func start(_ context: inout Context) {
    if peer != nil { context.setTimer(.reader, atNanoseconds: startNanoseconds) }
  }

  public mutating func received(
    _ message: Message, from sender: Int, _ context: inout Context
  ) {
    lastHeard[sender] = context.nowNanoseconds
    if origin != nil {
      receivedByOrigin(message, from: sender, &context)
    } else {
      receivedByPeer(message, from: sender, &context)
    }
  }

  // MARK: The metadata server

  private mutating func receivedByOrigin(
    _ message: Message, from sender: Int, _ context: inout Context
  ) {
    switch message {
    case .readOrigin(let call, let request):
      let key = BlockKey(version: request.file.version, index: request.index)
      let token = token(Asked(peer: sender, call: call, key: key))
      carryOut(
        origin?.asked(token, by: Self.id(of: sender), request, now: context.now) ?? [], &context)
    case .status(let call): context.send(.progress(call, UInt64(egressBytes)), to: sender)
    case .urge(let key): origin?.urged(by: Self.id(of: sender), key)
    case .load(let capacity, let queueSeconds):
      origin?.setLoad(Self.id(of: sender), capacity: capacity, queueSeconds: queueSeconds)
    default: return
    }
  }

  private mutating func carryOut(
    _ directives: [OriginExchange.Directive], _ context: inout Context
  ) {
    for directive in directives {
      switch directive {
      case .send(let token, _, _):
        guard let asked = asked.removeValue(forKey: token), let key = asked.key else { continue }
        let bytes = files.storedBytes(of: block(key))
        egressBytes += bytes
        context.send(.block(asked.call, key, storedBytes: bytes), to: asked.peer, token: token)
      case .redirect(let token, let member):
        guard let asked = asked.removeValue(forKey: token) else { continue }
        context.send(.elsewhere(asked.call, member), to: asked.peer)
      case .busy(let token):
        guard let asked = asked.removeValue(forKey: token) else { continue }
        context.send(.busy(asked.call), to: asked.peer)
      }
    }
  }

  // MARK: Peers

  private mutating func receivedByPeer(
    _ message: Message, from sender: Int, _ context: inout Context
  ) {
    let now = context.now
    let member = Self.id(of: sender)
    switch message {
    case .locate(let call, let request):
      let token = token(Asked(peer: sender, call: call))
      var bits: UInt32 = 0
      for (place, index) in request.chunk.indices.enumerated()
      where index < request.file.blockCount
        && held[block(BlockKey(version: request.chunk.version, index: index))]
      { bits |= 1 << UInt32(place) }
      carryOut(
        exchange?.locateAsked(
          token, by: member, request, held: bits, now: now, random: &context.random), &context)
    case .located(let call, let answer):
      carryOut(exchange?.located(call, answer, now: now, random: &context.random), &context)
    case .take(let call, let request):
      let block = block(request.key)
      let token = token(Asked(peer: sender, call: call, key: request.key))
      let bytes = held[block] ? files.storedBytes(of: block) : nil
      carryOut(
        exchange?.takeAsked(
          token, by: member, request, bytes: bytes, now: now, random: &context.random), &context)
    case .block(let call, let key, let storedBytes):
      arrived(key, storedBytes, from: sender)
      if sender == mds {
        carryOut(
          exchange?.originAnswered(call, .arrived, now: now, random: &context.random), &context)
      } else {
        carryOut(exchange?.taken(call, .arrived, now: now, random: &context.random), &context)
      }
      advance(&context)
    case .refused(let call, let refusal):
      carryOut(
        exchange?.taken(call, .refused(refusal), now: now, random: &context.random), &context)
    case .elsewhere(let call, let other):
      carryOut(
        exchange?.originAnswered(call, .elsewhere(other), now: now, random: &context.random),
        &context)
    case .busy(let call):
      carryOut(exchange?.originAnswered(call, .busy, now: now, random: &context.random), &context)
    case .cancel(let key): carryOut(exchange?.cancelAsked(by: member, key), &context)
    case .urge(let key): carryOut(exchange?.urgeAsked(by: member, key, now: now), &context)
    case .chase(let key, let initiator):
      carryOut(exchange?.chased(key, initiator, now: now), &context)
    case .status(let call):
      context.send(.progress(call, exchange?.progress ?? 0), to: sender, channel: 1)
    case .progress(let call, let progress):
      carryOut(
        exchange?.statusAnswered(call, progress: progress, now: now, random: &context.random),
        &context)
    case .load(let capacity, let queueSeconds):
      exchange?.setLoad(member, capacity: capacity, queueSeconds: queueSeconds)
    case .readOrigin: return
    }
  }

  /// Measures what the link does, and tells the others when it is news.
  private mutating func sampleLoad(_ context: inout Context) {
    guard context.now - sampledAt >= Self.sampleInterval, let exchange, let peer else { return }
    sampledAt = context.now
    let (_, capacity) = rates.sample(
      sentBytes: peer.uploadedBytes, receivedBytes: peer.receivedBytes,
      isBusy: exchange.wantedCount >= 8 || exchange.waitingCount >= 4, now: context.now)
    self.exchange?.setLoad(Self.id(of: node), capacity: capacity, queueSeconds: 0)
    guard abs(capacity - toldCapacity) > 0.2 * max(capacity, toldCapacity) else { return }
    toldCapacity = capacity
    let queue = exchange.queueSeconds(at: capacity)
    for other in others {
      context.send(.load(capacity: capacity, queueSeconds: queue), to: other, channel: 1)
    }
  }

  private mutating func arrived(_ key: BlockKey, _ storedBytes: Int, from sender: Int) {
    let isNew = !held[block(key)]
    held[block(key)] = true
    peer?.receivedBytes += storedBytes
    if sender == mds { peer?.receivedFromMDSBytes += storedBytes }
    if !isNew { peer?.duplicateBytes += storedBytes }
    let block = block(key)
    peer?.reader.arrived(block)
  }

  private mutating func carryOut(_ directives: [ExchangeDirective]?, _ context: inout Context) {
    for directive in directives ?? [] {
      switch directive {
      case .locate(let call, let home, let request):
        context.send(.locate(call, request), to: Self.node(of: home), channel: 1)
      case .take(let call, let member, let request):
        context.send(.take(call, request), to: Self.node(of: member), channel: 1)
      case .readOrigin(let call, let request):
        context.send(.readOrigin(call, request), to: mds)
      case .cancel(let key, let member):
        context.send(.cancel(key), to: Self.node(of: member), channel: 1)
      case .urge(let key, let member):
        context.send(.urge(key), to: Self.node(of: member), channel: 1)
      case .chase(let key, let initiator, let member):
        context.send(.chase(key, initiator), to: Self.node(of: member), channel: 1)
      case .urgeOrigin(let key): context.send(.urge(key), to: mds)
      case .askStatus(let call, let member):
        context.send(.status(call), to: Self.node(of: member), channel: 1)
      case .answerLocate(let token, let answer):
        guard let asked = asked.removeValue(forKey: token) else { continue }
        context.send(.located(asked.call, answer), to: asked.peer, channel: 1)
      case .send(let token, let key, _):
        guard let asked = asked.removeValue(forKey: token) else { continue }
        let bytes = files.storedBytes(of: block(key))
        peer?.uploadedBytes += bytes
        context.send(.block(asked.call, key, storedBytes: bytes), to: asked.peer, token: token)
      case .refuse(let token, let refusal):
        guard let asked = asked.removeValue(forKey: token) else { continue }
        context.send(.refused(asked.call, refusal), to: asked.peer, channel: 1)
      case .fail(let key, _):
        let block = block(key)
        peer?.reader.failed(block)
        context.setTimer(.reader, after: .milliseconds(100))
      case .accuse: continue
      }
    }
    if !isTicking, exchange?.nextDeadline(now: context.now) != nil {
      isTicking = true
      context.setTimer(.tick, after: .milliseconds(50))
    }
  }

  public mutating func timer(_ timer: Timer, _ context: inout Context) {
    switch timer {
    case .reader:
      againAt = .max
      advance(&context)
    case .tick:
      isTicking = false
      for (node, time) in lastHeard where node != mds {
        exchange?.heard(from: Self.id(of: node), at: .nanoseconds(time))
      }
      sampleLoad(&context)
      carryOut(exchange?.tick(now: context.now, random: &context.random), &context)
    }
  }

  public mutating func sent(_ token: UInt64, to peer: Int, _ context: inout Context) {
    if origin != nil {
      carryOut(origin?.sent(token) ?? [], &context)
    } else {
      carryOut(exchange?.sent(token, now: context.now), &context)
    }
  }

  public mutating func disconnected(_ sender: Int, _ context: inout Context) {
    let tokens = asked.filter { $0.value.peer == sender }.map(\.key).sorted()
    for token in tokens { asked[token] = nil }
    carryOut(exchange?.abandoned(tokens, now: context.now), &context)
    carryOut(
      exchange?.disconnected(from: Self.id(of: sender), now: context.now, random: &context.random),
      &context)
  }

  public func account(ofNeeded other: Int) -> String {
    guard let exchange else { return "origin: \(origin?.waitingCount ?? 0) waiting" }
    return exchange.account(of: key(other)) + (held[other] ? "; HELD" : "")
  }

  private mutating func token(_ asked: Asked) -> ExchangeToken {
    defer { nextToken += 1 }
    self.asked[nextToken] = asked
    return nextToken
  }

  private mutating func advance(_ context: inout Context) {
    guard let wish = peer?.reader.advance(nowNanoseconds: context.nowNanoseconds) else { return }
    for block in wish.blocks {
      let key = key(block)
      if held[block] {
        peer?.reader.arrived(block)
        context.setTimer(.reader, after: .zero)
        continue
      }
      let file = exchanged(key)
      carryOut(
        exchange?.want(
          CollectionOfOne(key.index), of: file,
          isDemand: false, now: context.now, random: &context.random), &context)
    }
    if let block = peer?.reader.neededBlock {
      let key = key(block)
      let file = exchanged(key)
      carryOut(
        exchange?.want(
          CollectionOfOne(key.index), of: file, isDemand: true, now: context.now,
          random: &context.random), &context)
    }
    if let moment = wish.againAtNanoseconds, moment < againAt {
      againAt = moment
      context.setTimer(.reader, atNanoseconds: moment)
    }
  }
}

extension Workload {
  /// Runs the scenario with the daemons' exchange of blocks, until every reader whose node is up
  /// has finished or the scenario's limit is reached.
  /// - Parameter watch: is shown the cluster every half a simulated second.
  public func runWithExchange(
    settings: Exchange.Settings = Exchange.Settings(),
    originSettings: OriginExchange.Settings = OriginExchange.Settings(), text: TraceText? = nil,
    watch: (Cluster<ExchangeNode>) -> Void = { _ in }
  ) -> (cluster: Cluster<ExchangeNode>, counters: StormCounters) {
    var cluster = cluster(text: text) { node, _ in
      ExchangeNode(node, self, settings: settings, originSettings: originSettings)
    }
    _ = cluster.run(until: scenario.limit, every: .milliseconds(500)) { cluster in
      watch(cluster)
      return isOver(cluster) { $0.peer?.reader }
    }
    let egress = cluster.nodes[scenario.mds].egressBytes
    return (cluster, StormCounters(self, cluster, mdsEgressBytes: egress) { $0.peer })
  }
}

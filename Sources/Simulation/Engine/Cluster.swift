/// A cluster of simulated nodes, and the virtual time it runs in.
///
/// Single-threaded and deterministic: a run follows from the topology, the settings, the seed and
/// what its owner does to it, to the byte of its ``trace``. It is a value: a copy of it is another
/// cluster, which goes on from the same moment.
public struct Cluster<Node: SimulatedNode> {
  /// Whether a node runs.
  public enum Status: Hashable, Sendable {
    /// It has not started yet, was killed, or has no power.
    case down
    /// It runs.
    case running
    /// Its process is stopped.
    case stopped
  }

  struct Place {
    var status = Status.down
    /// Counts its starts: what was meant for an earlier one is dropped.
    var incarnation: UInt32 = 0
    var random: SeededGenerator
    var wallOffsetNanoseconds: Int64 = 0
    var disk: SimulatedDisk
    /// What waits for a stopped process.
    var held: [SimulatedEvent] = []
    var heldDatagramCount = 0
  }

  struct PendingTimer {
    var node: Int32
    var incarnation: UInt32
    var timer: Node.Timer
  }

  struct PendingDisk {
    var node: Int32
    var incarnation: UInt32
    var completion: DiskCompletion
  }

  /// What happened so far.
  public internal(set) var trace: EventTrace
  /// The nodes; one that was killed is as it was then.
  public internal(set) var nodes: ContiguousArray<Node> = []
  let make: (Int, Node?) -> Node
  var places: [Place] = []
  var queue = EventQueue()
  var network: SimulatedNetwork
  /// By number of the envelope.
  var messages: ContiguousArray<Node.Message?> = []
  var timers = Slab<PendingTimer>()
  var diskOperations = Slab<PendingDisk>()
  var faults: [Fault] = []
  var context = NodeContext<Node.Message, Node.Timer>()

  /// A cluster none of whose nodes has started: ``start(_:at:)`` says when each does.
  /// - Parameters:
  ///   - seed: where every random choice of the run comes from.
  ///   - text: where the lines of the trace go besides; nowhere by default.
  ///   - make: makes the node of an index, when the cluster is made and at every further start:
  ///     then from what it was before, of which only a disk's contents should survive.
  public init(
    _ topology: Topology, settings: NetworkSettings = NetworkSettings(), seed: UInt64,
    text: TraceText? = nil, make: @escaping (Int, Node?) -> Node
  ) {
    var random = SeededGenerator(seed: seed)
    network = SimulatedNetwork(topology, settings, random.split())
    self.make = make
    trace = EventTrace(text: text)
    nodes.reserveCapacity(topology.nodes.count)
    for (index, node) in topology.nodes.enumerated() {
      places.append(Place(random: random.split(), disk: SimulatedDisk(node.disk)))
      nodes.append(make(index, nil))
    }
  }

  // MARK: - Looking

  /// The time since the run began.
  public var now: Duration { .nanoseconds(queue.nowNanoseconds) }

  /// The machines and links.
  public var topology: Topology { network.topology }

  /// The number of events that have happened.
  public var eventCount: Int { trace.eventCount }

  /// Whether a node runs.
  public func status(of node: Int) -> Status { places[node].status }

  // MARK: - Running

  /// Something happens at a moment; what is past happens now.
  public mutating func inject(_ fault: Fault, at moment: Duration) {
    queue.schedule(
      SimulatedEvent(kind: .fault, a: Int32(faults.count)), at: moment.wholeNanoseconds)
    faults.append(fault)
  }

  /// A node starts at a moment.
  public mutating func start(_ node: Int, at moment: Duration = .zero) {
    inject(.start(node), at: moment)
  }

  /// Lets everything happen that is due until a moment, which is then now.
  public mutating func run(until limit: Duration) {
    let limit = limit.wholeNanoseconds
    while let event = queue.next(notAfter: limit) { carryOut(event) }
    queue.advance(to: limit)
  }

  /// Lets things happen until a condition holds, which is looked at after every `interval`.
  /// - Returns: false if it does not hold by `limit`, which is then now.
  public mutating func run(
    until limit: Duration, every interval: Duration, _ condition: (Cluster) -> Bool
  ) -> Bool {
    while !condition(self) {
      guard now < limit else { return false }
      run(until: min(limit, now + interval))
    }
    return true
  }

  /// Lets the next event happen.
  /// - Returns: false if there is none: then nothing will ever happen.
  @discardableResult
  public mutating func step() -> Bool {
    guard let event = queue.next(notAfter: .max) else { return false }
    carryOut(event)
    return true
  }

  /// Does something to a node from outside, now, with all effects; nothing if it does not run.
  public mutating func perform(
    on node: Int, _ body: (inout Node, inout Node.Context) -> Void
  ) {
    guard places[node].status == .running else { return }
    call(node, body)
  }

  // MARK: - Events

  private mutating func carryOut(_ event: SimulatedEvent) {
    switch event.kind {
    case .forwarded:
      trace.record(.forwarded, at: queue.nowNanoseconds, Int64(event.a))
      network.forward(Int(event.a), &queue)
    case .delivery: deliver(event)
    case .datagram: deliverDatagram(event)
    case .timer: fire(event)
    case .disk: completeDisk(event)
    case .sent: tellSent(event)
    case .disconnected: tellDisconnected(event)
    case .established: establish(event)
    case .stalled: giveUp(event)
    case .fault:
      let fault = faults[Int(event.a)]
      trace.record(.fault, at: queue.nowNanoseconds, Int64(event.a), Int64(fault.subject))
      apply(fault)
    case .start: startNode(event)
    }
  }

  private mutating func deliver(_ event: SimulatedEvent) {
    let destination = Int(network.envelopes[Int(event.a)].destination)
    guard !hold(event, destination) else { return }
    guard let envelope = network.arrive(event.a) else {
      forget(event.a)
      return
    }
    receive(.delivery, event.a, envelope)
  }

  private mutating func deliverDatagram(_ event: SimulatedEvent) {
    let destination = Int(network.envelopes[Int(event.a)].destination)
    guard places[destination].status != .down else {
      forget(event.a)
      return
    }
    if places[destination].status == .stopped {
      guard places[destination].heldDatagramCount < network.settings.heldDatagramLimit else {
        forget(event.a)
        return
      }
      places[destination].heldDatagramCount += 1
    }
    guard !hold(event, destination) else { return }
    receive(.datagram, event.a, network.arriveDatagram(event.a))
  }

  private mutating func receive(
    _ kind: SimulatedEvent.Kind, _ slot: Int32, _ envelope: Envelope
  ) {
    let destination = Int(envelope.destination)
    guard let message = messages[Int(slot)] else { return }
    forget(slot)
    trace.record(
      kind, at: queue.nowNanoseconds, Int64(envelope.source), Int64(envelope.destination),
      Int64(envelope.messageBytes), Int64(message.traceCode))
    guard places[destination].status == .running else { return }
    call(destination) { $0.received(message, from: Int(envelope.source), &$1) }
  }

  private mutating func fire(_ event: SimulatedEvent) {
    guard let pending = timers[event.a] else { return }
    let node = Int(pending.node)
    let isCurrent = places[node].incarnation == pending.incarnation
    if isCurrent, hold(event, node) { return }
    _ = timers.take(event.a)
    guard isCurrent, places[node].status == .running else { return }
    trace.record(.timer, at: queue.nowNanoseconds, Int64(node))
    call(node) { $0.timer(pending.timer, &$1) }
  }

  private mutating func completeDisk(_ event: SimulatedEvent) {
    guard let pending = diskOperations[event.a] else { return }
    let node = Int(pending.node)
    let isCurrent = places[node].incarnation == pending.incarnation
    if isCurrent, hold(event, node) { return }
    _ = diskOperations.take(event.a)
    guard isCurrent, places[node].status == .running else { return }
    trace.record(
      .disk, at: queue.nowNanoseconds, Int64(node),
      Int64(bitPattern: pending.completion.token), pending.completion.succeeded ? 1 : 0)
    call(node) { $0.diskDone(pending.completion, &$1) }
  }

  private mutating func tellSent(_ event: SimulatedEvent) {
    guard let notice = network.notices[event.a] else { return }
    var (node, peer) = (-1 - Int(notice.connection), -1 - Int(notice.connection))
    if notice.connection >= 0 {
      let connection = network.connections[Int(notice.connection)]
      guard connection.generation == notice.generation else {
        _ = network.notices.take(event.a)
        return
      }
      (node, peer) = (Int(connection.source), Int(connection.destination))
    }
    guard !hold(event, node) else { return }
    _ = network.notices.take(event.a)
    guard places[node].status == .running else { return }
    trace.record(
      .sent, at: queue.nowNanoseconds, Int64(node), Int64(bitPattern: notice.token))
    call(node) { $0.sent(notice.token, to: peer, &$1) }
  }

  private mutating func tellDisconnected(_ event: SimulatedEvent) {
    let node = Int(event.a)
    guard places[node].incarnation == event.generation else { return }
    guard !hold(event, node), places[node].status == .running else { return }
    trace.record(.disconnected, at: queue.nowNanoseconds, Int64(node), Int64(event.b))
    call(node) { $0.disconnected(Int(event.b), &$1) }
  }

  private mutating func startNode(_ event: SimulatedEvent) {
    let node = Int(event.a)
    guard places[node].incarnation == event.generation else { return }
    guard !hold(event, node), places[node].status == .running else { return }
    trace.record(.start, at: queue.nowNanoseconds, Int64(node), Int64(event.generation))
    call(node) { $0.start(&$1) }
  }

  /// Keeps an event for a stopped process.
  private mutating func hold(_ event: SimulatedEvent, _ node: Int) -> Bool {
    guard places[node].status == .stopped else { return false }
    places[node].held.append(event)
    return true
  }

  /// A message has arrived or never will.
  mutating func forget(_ slot: Int32) {
    messages[Int(slot)] = nil
    network.release(slot)
  }
}

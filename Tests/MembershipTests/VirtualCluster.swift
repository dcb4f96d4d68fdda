import Membership

/// Many ``Swim`` values, a network between them and a clock, all virtual: the same seed gives the
/// same run.
final class VirtualCluster {
  struct Node {
    var swim: Swim
    var isUp = true
    /// Nothing reaches the node's code before this time; then datagrams do, and ticks after them.
    var busyUntil: Duration = .zero
    var tickAt: Duration = .zero
    /// What was reported, with the time.
    var events: [(at: Duration, event: SwimDirective)] = []
    var sentBytes = 0
    var receivedBytes = 0
    var sentDatagrams = 0
  }

  /// UDP, IPv4 and the seal, in bytes of each datagram.
  static let overheadBytes = 28 + DatagramSeal.overheadBytes

  private enum Work {
    case datagram([UInt8], from: GossipEndpoint)
    case tick
  }

  private struct Event {
    let at: Duration
    let serial: Int
    let node: Int
    let work: Work

    func isBefore(_ other: Event) -> Bool { (at, serial) < (other.at, other.serial) }
  }

  private(set) var now: Duration = .seconds(1000)
  var nodes: [Node] = []
  var random: SeededGenerator
  let settings: SwimSettings
  /// Each datagram takes this long, and up to twice that.
  var latency: Duration = .microseconds(250)
  /// The share of datagrams that are lost.
  var loss = 0.0
  /// Whether a datagram from one node to another arrives.
  var isCut: (Int, Int) -> Bool = { _, _ in false }
  /// Sees every datagram that is sent, before it can be lost: sender, receiver, bytes.
  var onSend: (Int, Int, [UInt8]) -> Void = { _, _, _ in }
  private var heap: [Event] = []
  private var serial = 0

  init(_ count: Int, seed: UInt64, settings: SwimSettings = .lan) {
    random = SeededGenerator(seed)
    self.settings = settings
    for index in 0..<count { add(record(index)) }
  }

  // MARK: Nodes

  @discardableResult
  func add(_ record: MemberRecord) -> Int {
    let swim = Swim(record: record, settings: settings, now: now, random: &random)
    nodes.append(Node(swim: swim))
    schedule(nodes.count - 1)
    return nodes.count - 1
  }

  /// The node's process ends without a word, and another one takes its place.
  func restart(_ index: Int, boot: UInt64) {
    nodes[index].swim = Swim(
      record: record(index, boot: boot), settings: settings, now: now, random: &random)
    nodes[index].isUp = true
    nodes[index].tickAt = .zero
    schedule(index)
  }

  func id(_ index: Int) -> MemberID { nodes[index].swim.record.id }

  func call(_ index: Int, _ body: (inout Swim, inout SeededGenerator) -> [SwimDirective]) {
    carryOut(body(&nodes[index].swim, &random), of: index)
  }

  func join(_ index: Int, _ seeds: Int...) {
    call(index) { $0.join(seeds.map { endpoint($0) }, now: now, random: &$1) }
  }

  /// All nodes join through the first at once, and the cluster runs until they know each other.
  func joinAll(within limit: Duration = .seconds(60)) -> Bool {
    for index in nodes.indices.dropFirst() { join(index, 0) }
    return run(atMost: limit) { $0.isComplete }
  }

  /// Whether all that are up know all that are up, and nobody else.
  var isComplete: Bool {
    let up = nodes.filter(\.isUp)
    guard up.allSatisfy({ $0.swim.memberCount == up.count - 1 }) else { return false }
    return Set(up.map(\.swim.digest)).count == 1
  }

  /// When a node first reported something that fits.
  func time(_ index: Int, of isMatch: (SwimDirective) -> Bool) -> Duration? {
    nodes[index].events.first { isMatch($0.event) }?.at
  }

  func count(_ isMatch: (SwimDirective) -> Bool) -> Int {
    nodes.reduce(0) { $0 + $1.events.reduce(0) { $0 + (isMatch($1.event) ? 1 : 0) } }
  }

  // MARK: Time

  func run(for time: Duration) { _ = run(atMost: time) { _ in false } }

  /// Runs until something is so, checked every so often.
  /// - Returns: whether it came to be so.
  func run(
    atMost limit: Duration, every step: Duration = .milliseconds(50),
    until isDone: (VirtualCluster) -> Bool
  ) -> Bool {
    let end = now + limit
    var check = now + step
    while let event = heap.first, event.at <= end {
      if event.at > check {
        now = check
        if isDone(self) { return true }
        check += step
        continue
      }
      pop()
      now = max(now, event.at)
      perform(event)
    }
    now = end
    return isDone(self)
  }

  /// The clock is set forward: nothing happens in between.
  func jump(by time: Duration) {
    now += time
    let waiting = heap
    heap = []
    for event in waiting {
      if case .tick = event.work { nodes[event.node].tickAt = event.at + time }
      push(event.at + time, event.node, event.work)
    }
  }

  private func perform(_ event: Event) {
    let index = event.node
    guard nodes[index].isUp else { return }
    guard nodes[index].busyUntil <= now else {
      // The socket is read before the timers run.
      let isTick = if case .tick = event.work { true } else { false }
      let again = nodes[index].busyUntil + (isTick ? .microseconds(1) : .zero)
      if isTick { nodes[index].tickAt = again }
      push(again, index, event.work)
      return
    }
    switch event.work {
    case .datagram(let bytes, let source):
      nodes[index].receivedBytes += bytes.count + Self.overheadBytes
      carryOut(
        nodes[index].swim.receive(bytes, from: source, now: now, random: &random), of: index)
    case .tick:
      guard nodes[index].tickAt == event.at else { return }
      nodes[index].tickAt = .zero
      carryOut(nodes[index].swim.tick(now: now, random: &random), of: index)
    }
  }

  /// Hands a node a datagram as if it came from a node.
  func inject(_ bytes: [UInt8], into index: Int, from source: Int) {
    push(now, index, .datagram(bytes, from: endpoint(source)))
  }

  private func carryOut(_ directives: [SwimDirective], of index: Int) {
    for directive in directives {
      if case .send(let bytes, let target) = directive {
        send(bytes, to: target, from: index)
      } else {
        nodes[index].events.append((now, directive))
      }
    }
    schedule(index)
  }

  private func send(_ bytes: [UInt8], to target: GossipEndpoint, from index: Int) {
    nodes[index].sentBytes += bytes.count + Self.overheadBytes
    nodes[index].sentDatagrams += 1
    let address = target.address
    let receiver = Int(address[1]) << 8 | Int(address[2])
    guard receiver < nodes.count else { return }
    onSend(index, receiver, bytes)
    guard !isCut(index, receiver) else { return }
    if loss > 0, Double.random(in: 0..<1, using: &random) < loss { return }
    let delay = latency * Double.random(in: 1..<2, using: &random)
    push(
      now + delay, receiver, .datagram(bytes, from: nodes[index].swim.record.gossip))
  }

  private func schedule(_ index: Int) {
    let due = nodes[index].swim.nextDeadline
    guard nodes[index].tickAt == .zero || due < nodes[index].tickAt else { return }
    nodes[index].tickAt = due
    push(due, index, .tick)
  }

  // MARK: The heap

  private func push(_ at: Duration, _ node: Int, _ work: Work) {
    serial += 1
    let event = Event(at: at, serial: serial, node: node, work: work)
    heap.append(event)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard event.isBefore(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = event
  }

  private func pop() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(last) else { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = last
  }
}

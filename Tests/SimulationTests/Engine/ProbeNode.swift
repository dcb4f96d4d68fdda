import Simulation

/// A node that does what a test tells it from outside, and remembers what happened to it.
struct ProbeNode: SimulatedNode {
  typealias Timer = Int

  struct Message: SimulatedMessage {
    var number: Int
    var wireBytes: Int
    var traceCode: UInt32 { UInt32(number) }
  }

  /// What happened to the node, with the peer or number concerned.
  enum Happening: Equatable {
    case started
    case received(Int, from: Int)
    case timer(Int)
    case disk(DiskOperation, token: UInt64, succeeded: Bool)
    case sent(UInt64, to: Int)
    case disconnected(Int)
  }

  var log: [(at: Duration, what: Happening)] = []
  /// Sends every message back as a short one.
  var echoes = false
  /// How often a node of this index started before.
  var restarts = 0

  var happenings: [Happening] { log.map(\.what) }

  /// When something happened first, or nil.
  func moment(_ happening: Happening) -> Duration? {
    log.first { $0.what == happening }?.at
  }

  mutating func start(_ context: inout Context) {
    log.append((context.now, .started))
  }

  mutating func received(_ message: Message, from peer: Int, _ context: inout Context) {
    log.append((context.now, .received(message.number, from: peer)))
    if echoes { context.send(Message(number: -message.number, wireBytes: 100), to: peer) }
  }

  mutating func timer(_ timer: Int, _ context: inout Context) {
    log.append((context.now, .timer(timer)))
  }

  mutating func diskDone(_ completion: DiskCompletion, _ context: inout Context) {
    let done = Happening.disk(
      completion.operation, token: completion.token, succeeded: completion.succeeded)
    log.append((context.now, done))
  }

  mutating func sent(_ token: UInt64, to peer: Int, _ context: inout Context) {
    log.append((context.now, .sent(token, to: peer)))
  }

  mutating func disconnected(_ peer: Int, _ context: inout Context) {
    log.append((context.now, .disconnected(peer)))
  }
}

extension Cluster<ProbeNode> {
  /// A cluster whose nodes have all started.
  static func probes(
    _ topology: Topology, settings: NetworkSettings = .plain, seed: UInt64 = 1,
    text: TraceText? = nil
  ) -> Cluster {
    var cluster = Cluster(topology, settings: settings, seed: seed, text: text) { _, previous in
      var node = ProbeNode()
      if let previous { node.restarts = previous.restarts + 1 }
      return node
    }
    for node in topology.nodes.indices { cluster.start(node) }
    cluster.run(until: .zero)
    return cluster
  }

  mutating func send(
    _ number: Int, bytes: Int, from source: Int, to destination: Int, channel: UInt8 = 0,
    token: UInt64? = nil
  ) {
    perform(on: source) { _, context in
      context.send(
        ProbeNode.Message(number: number, wireBytes: bytes), to: destination, channel: channel,
        token: token)
    }
  }

  mutating func sendDatagram(_ number: Int, bytes: Int, from source: Int, to destination: Int) {
    perform(on: source) { _, context in
      context.sendDatagram(ProbeNode.Message(number: number, wireBytes: bytes), to: destination)
    }
  }

  /// When a message of this number arrived at a node.
  func arrival(_ number: Int, at node: Int, from source: Int = 0) -> Duration? {
    nodes[node].moment(.received(number, from: source))
  }
}

extension NetworkSettings {
  /// Without headers and handshakes, so that times can be reckoned in the head.
  static var plain: NetworkSettings {
    var settings = NetworkSettings()
    settings.packetHeaderBytes = 0
    settings.datagramHeaderBytes = 0
    settings.connectRoundTrips = 0
    return settings
  }
}

/// 100 Mbit/s.
let fastEthernet = LinkRates(up: 12_500_000, down: 12_500_000)

extension Duration {
  /// Whether it lies within `tolerance` of another.
  func isNear(_ other: Duration, within tolerance: Duration) -> Bool {
    self - other <= tolerance && other - self <= tolerance
  }
}

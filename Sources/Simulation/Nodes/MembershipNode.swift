import Membership

/// A member that does nothing but membership: the ``Swim`` of the daemons, over simulated
/// datagrams. Node 0 is the metadata server, and the seed of all others.
///
/// The seal of datagrams is not done here, but its bytes are counted.
public struct MembershipNode: SimulatedNode {
  /// A datagram, unsealed.
  public struct Message: SimulatedMessage {
    /// What ``Swim`` sent.
    public var bytes: [UInt8]

    /// With the seal.
    public var wireBytes: Int { bytes.count + DatagramSeal.overheadBytes }

    /// FNV-1a of its bytes.
    public var traceCode: UInt32 {
      bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
  }

  /// What a timer reminds of.
  public enum Timer: Sendable {
    /// ``Swim/nextDeadline``, as it was when the timer was set.
    case deadline
  }

  /// What a run is interested in.
  public struct Event: Hashable, Sendable {
    /// What happened.
    public enum Kind: Hashable, Sendable {
      /// A member was found dead.
      case failed(MemberID)
      /// A member said good-bye.
      case left(MemberID)
      /// A broadcast arrived, of which this was the first byte.
      case delivered(UInt8)
    }

    /// What happened.
    public var kind: Kind
    /// When.
    public var at: Duration
  }

  /// The state machine; nil before the node starts.
  public private(set) var swim: Swim?
  /// What happened, in order; the first ``eventLimit`` of them.
  public private(set) var events: [Event] = []
  /// Events beyond this are not kept.
  public static let eventLimit = 10_000
  private let node: Int
  private let place: (zone: String, rack: String)
  private let settings: SwimSettings
  private let pool: MemberRecordPool
  /// When the next timer fires, in nanoseconds.
  private var armedAt: Int64 = .max

  /// The node of an index.
  /// - Parameter pool: one for the whole run, so that a record is in memory once.
  public init(
    _ node: Int, _ topology: Topology, _ settings: SwimSettings, _ pool: MemberRecordPool
  ) {
    self.node = node
    let rack = topology.nodes[node].rack
    place = ("zone-\(topology.racks[rack].zone)", "rack-\(rack)")
    self.settings = settings
    self.pool = pool
  }

  /// The member of a node.
  public static func id(of node: Int) -> MemberID { MemberID(UInt64(node) + 1) }

  /// Joins through node 0.
  public mutating func start(_ context: inout Context) {
    guard let gossip = Self.endpoint(of: node, port: 7946),
      let service = Self.endpoint(of: node, port: 2049),
      let seed = Self.endpoint(of: 0, port: 7946)
    else { return }
    let record = MemberRecord(
      id: Self.id(of: node), name: "node-\(node)", role: node == 0 ? .mds : .peer,
      gossip: gossip, service: service, zone: place.zone, rack: place.rack,
      flags: [.serving], boot: context.random.next())
    swim = Swim(
      record: record, settings: settings, now: context.now, random: &context.random, pool: pool)
    if node != 0 {
      carryOut(swim?.join([seed], now: context.now, random: &context.random), &context)
    }
    arm(&context)
  }

  /// Hands a datagram to the state machine.
  public mutating func received(
    _ message: Message, from peer: Int, _ context: inout Context
  ) {
    guard let source = Self.endpoint(of: peer, port: 7946) else { return }
    carryOut(
      swim?.receive(message.bytes, from: source, now: context.now, random: &context.random),
      &context)
    arm(&context)
  }

  /// The deadline may be here.
  public mutating func timer(_ timer: Timer, _ context: inout Context) {
    guard context.nowNanoseconds >= armedAt else { return }
    armedAt = .max
    if let swim, context.now >= swim.nextDeadline {
      carryOut(self.swim?.tick(now: context.now, random: &context.random), &context)
    }
    arm(&context)
  }

  /// Tells everybody something.
  public mutating func broadcast(_ payload: [UInt8], _ context: inout Context) {
    carryOut(
      swim?.broadcast(payload, now: context.now, random: &context.random), &context)
    arm(&context)
  }

  /// Says good-bye.
  public mutating func leave(_ context: inout Context) {
    carryOut(swim?.leave(now: context.now, random: &context.random), &context)
    arm(&context)
  }

  // MARK: - The shell

  private mutating func carryOut(_ directives: [SwimDirective]?, _ context: inout Context) {
    for directive in directives ?? [] {
      switch directive {
      case .send(let bytes, let endpoint):
        if let peer = Self.node(of: endpoint), peer != node {
          context.sendDatagram(Message(bytes: bytes), to: peer)
        }
      case .failed(let id): note(.failed(id), context)
      case .left(let id): note(.left(id), context)
      case .delivered(let payload, _): note(.delivered(payload.first ?? 0), context)
      case .joined, .updated, .suspected, .load, .conflict: break
      }
    }
  }

  private mutating func note(_ kind: Event.Kind, _ context: borrowing Context) {
    guard events.count < Self.eventLimit else { return }
    events.append(Event(kind: kind, at: context.now))
  }

  /// Sets a timer for the deadline unless an earlier one is set already.
  private mutating func arm(_ context: inout Context) {
    guard let swim else { return }
    let deadline = swim.nextDeadline.wholeNanoseconds
    guard deadline < armedAt else { return }
    armedAt = deadline
    context.setTimer(.deadline, atNanoseconds: deadline)
  }

  /// 10.0.0.1 for node 0, and so on.
  private static func endpoint(of node: Int, port: UInt16) -> GossipEndpoint? {
    let host = UInt32(truncatingIfNeeded: node + 1)
    return GossipEndpoint(
      address: [10, UInt8(host >> 16 & 255), UInt8(host >> 8 & 255), UInt8(host & 255)],
      port: port)
  }

  private static func node(of endpoint: GossipEndpoint) -> Int? {
    let bytes = endpoint.address
    guard bytes.count == 4, bytes[0] == 10 else { return nil }
    return bytes[1...].reduce(0) { $0 << 8 | Int($1) } - 1
  }
}

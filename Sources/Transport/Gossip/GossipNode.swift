public import Logging
public import Membership
public import NIOCore
import NIOPosix
import Synchronization

/// A member of the cluster on the network: a UDP socket, a clock and the timers around a `Swim` and
/// its `DatagramSeal`. It decides nothing itself.
///
/// All state belongs to one event loop. Every function may be called from any thread; what is asked
/// for is done in the order of the calls. The socket is opened again if it fails, until ``close()``
/// or ``leave()``.
public final class GossipNode: Sendable {
  /// Where datagrams are taken: the record's address with the port that was bound.
  public let localEndpoint: GossipEndpoint
  private let core: NIOLoopBound<GossipCore>
  private let eventLoop: any EventLoop
  private let shared: GossipSnapshot

  private init(
    core: NIOLoopBound<GossipCore>, eventLoop: any EventLoop, shared: GossipSnapshot,
    localEndpoint: GossipEndpoint
  ) {
    self.core = core
    self.eventLoop = eventLoop
    self.shared = shared
    self.localEndpoint = localEndpoint
  }

  /// Binds the socket. The node knows nobody until ``join(_:)``, and can be joined at once.
  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - record: what to tell others. Port 0 in its gossip endpoint stands for the port bound.
  ///   - keys: of the cluster, 32 bytes each; the first is used, all are accepted.
  ///   - onEvent: is called on the event loop, in order; must not block.
  /// - Throws: `GossipNodeError`, `DatagramSealError`, or `IOError` if the address cannot be bound.
  public static func start(
    host: String, port: Int, record: MemberRecord, keys: [[UInt8]],
    settings: SwimSettings = .lan, group: any EventLoopGroup, logger: Logger,
    onEvent: @escaping @Sendable (GossipEvent) -> Void
  ) async throws -> GossipNode {
    var random = SystemRandomNumberGenerator()
    let seal = try DatagramSeal(keys: keys, random: &random)
    let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
    let eventLoop = group.next()
    let shared = GossipSnapshot()
    let (core, endpoint) = try await eventLoop.flatSubmit {
      do {
        let socket = try UDPSocket(address, receiveBytes: GossipCore.receiveBytes)
        let record = try completed(record, port: socket.port)
        var bound = address
        bound.port = socket.port
        let core = GossipCore(
          record: record, seal: seal, settings: settings, address: bound, eventLoop: eventLoop,
          shared: shared, logger: logger, onEvent: onEvent)
        let isolated = NIOLoopBound(core, eventLoop: eventLoop)
        return core.open(socket).map { (isolated, record.gossip) }
      } catch {
        return eventLoop.makeFailedFuture(error)
      }
    }.get()
    logger.notice("gossip started", metadata: ["endpoint": "\(endpoint)"])
    return GossipNode(
      core: core, eventLoop: eventLoop, shared: shared, localEndpoint: endpoint)
  }

  /// The record with the port that was bound, if it names none.
  private static func completed(_ record: MemberRecord, port: Int) throws -> MemberRecord {
    var record = record
    if record.gossip.port == 0, let port = UInt16(exactly: port),
      let endpoint = GossipEndpoint(address: record.gossip.address, port: port)
    {
      record.gossip = endpoint
    }
    guard record.isAcceptable else { throw GossipNodeError.unacceptableRecord }
    return record
  }

  // MARK: What is known

  /// The other members, alive and suspect, in no particular order: as of the last event.
  public var members: [Member] { shared.state.withLock { Array($0.members.values) } }

  /// Another member, if it is alive or suspect.
  public func member(_ id: MemberID) -> Member? { shared.state.withLock { $0.members[id] } }

  /// Our own record, as it is told to others.
  public var record: MemberRecord? { shared.state.withLock { $0.record } }

  /// Lifeguard's local health score: 0 is healthy.
  public var localHealth: Int { shared.state.withLock { $0.localHealth } }

  public var statistics: GossipStatistics { shared.state.withLock { $0.statistics } }

  // MARK: What to do

  /// Asks seeds for the members until one answers, and those that are none now and then after that.
  public func join(_ seeds: [GossipEndpoint]) { run { $0.join(seeds) } }

  /// Sends a payload to all members; some may miss it.
  /// - Parameter payload: at most `Swim.broadcastLimitBytes`.
  public func broadcast(_ payload: [UInt8]) { run { $0.broadcast(payload) } }

  /// Says how busy we are. May be called often: it is sent when it changed enough.
  public func update(load: MemberLoad) { run { $0.update(load: load) } }

  /// Says something new about ourselves.
  /// - Throws: `GossipNodeError` if the record is not acceptable, or another member's.
  public func update(record: MemberRecord) throws {
    guard record.isAcceptable else { throw GossipNodeError.unacceptableRecord }
    if let own = self.record, own.id != record.id || own.boot != record.boot {
      throw GossipNodeError.otherIdentity
    }
    run { $0.update(record: record) }
  }

  /// Replaces the keys; see `DatagramSeal.rotate(keys:)`.
  /// - Throws: `DatagramSealError`; the keys stay what they were.
  public func rotate(keys: [[UInt8]]) async throws {
    try await eventLoop.submit { try self.core.value.rotate(keys: keys) }.get()
  }

  /// Says good-bye to some members, waits until they were told, and closes the socket. Takes a few
  /// gossip intervals, and two seconds at most.
  public func leave() async {
    let promise = eventLoop.makePromise(of: Void.self)
    run { $0.leave(promise) }
    try? await promise.futureResult.get()
  }

  /// Closes the socket without a word: the others find out by themselves.
  public func close() async {
    try? await eventLoop.flatSubmit { self.core.value.close() }.get()
  }

  /// Never at once, not even on the loop: an `onEvent` that calls back is not inside of a call.
  private func run(_ body: @escaping @Sendable (GossipCore) -> Void) {
    eventLoop.execute { body(self.core.value) }
  }
}

/// What other threads may see of a node.
final class GossipSnapshot: Sendable {
  struct State {
    var members: [MemberID: Member] = [:]
    var record: MemberRecord?
    var localHealth = 0
    var statistics = GossipStatistics()
  }

  let state = Mutex(State())
}

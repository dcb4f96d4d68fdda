import Logging
import Membership
import NIOCore

/// What a ``GossipNode`` owns on its event loop.
final class GossipCore {
  /// How long after the socket failed it is opened again.
  private static var reopenDelay: TimeAmount { .seconds(1) }
  /// How long a good-bye may take.
  private static var leaveLimit: TimeAmount { .seconds(2) }
  /// How often what other threads see is brought up to date where no event tells: round-trip times.
  private static var refreshInterval: Duration { .seconds(5) }

  /// What the socket's buffer holds of what arrives while the process gets no CPU: some seconds.
  static var receiveBytes: Int { 1 << 20 }

  private let address: SocketAddress
  private let eventLoop: any EventLoop
  private let shared: GossipSnapshot
  private let logger: Logger
  private let onEvent: @Sendable (GossipEvent) -> Void
  /// Monotonic: setting the host's clock changes nothing here.
  private let origin = ContinuousClock.now
  private var random = SystemRandomNumberGenerator()
  private var swim: Swim
  private var seal: DatagramSeal
  private var statistics = GossipStatistics()

  private var socket: UDPSocket?
  private var channel: (any Channel)?
  private var isClosed = false
  private var leaving: EventLoopPromise<Void>?
  private var timer: Scheduled<Void>?
  private var timerAt: Duration?
  private var refreshedAt: Duration = .zero

  /// - Parameter address: what is bound when the socket has to be opened again.
  init(
    record: MemberRecord, seal: DatagramSeal, settings: SwimSettings, address: SocketAddress,
    eventLoop: any EventLoop, shared: GossipSnapshot, logger: Logger,
    onEvent: @escaping @Sendable (GossipEvent) -> Void
  ) {
    self.address = address
    self.eventLoop = eventLoop
    self.shared = shared
    self.logger = logger
    self.onEvent = onEvent
    self.seal = seal
    swim = Swim(record: record, settings: settings, now: .zero, random: &random)
    shared.state.withLock { $0.record = record }
  }

  private var now: Duration { ContinuousClock.now - origin }

  // MARK: The socket

  /// Begins to receive on a socket, and to send.
  func open(_ socket: UDPSocket) -> EventLoopFuture<Void> {
    eventLoop.assertInEventLoop()
    do {
      return try GossipReceiver.open(socket, on: eventLoop).assumeIsolated()
        .flatMapThrowing { channel in
          guard !self.isClosed else { return channel.close(promise: nil) }
          self.socket = socket
          self.channel = channel
          try channel.pipeline.syncOperations.handler(type: GossipReceiver.self).core = self
          self.schedule()
        }.nonisolated()
    } catch {
      return eventLoop.makeFailedFuture(error)
    }
  }

  func channelClosed() {
    (channel, socket) = (nil, nil)
    guard !isClosed else { return }
    logger.warning("the gossip socket failed and will be opened again")
    reopenLater()
  }

  private func reopenLater() {
    eventLoop.assumeIsolated().scheduleTask(in: Self.reopenDelay) { self.reopen() }
  }

  private func reopen() {
    guard !isClosed, channel == nil else { return }
    do {
      let socket = try UDPSocket(address, receiveBytes: Self.receiveBytes)
      open(socket).assumeIsolated().whenComplete {
        if case .failure(let error) = $0 { self.reopenFailed(error) }
      }
      statistics.socketsReopened += 1
    } catch {
      reopenFailed(error)
    }
  }

  private func reopenFailed(_ error: any Error) {
    logger.debug("gossip socket", metadata: ["error": "\(error)"])
    if !isClosed { reopenLater() }
  }

  func received(_ buffer: ByteBuffer, from address: SocketAddress) {
    statistics.datagramsIn += 1
    statistics.bytesIn += UInt64(buffer.readableBytes)
    guard !isClosed, let source = GossipEndpoint(address) else { return }
    let now = now
    let bytes = Array(buffer.readableBytesView)
    switch seal.open(bytes, from: source, now: now, random: &random) {
    case .opened(let payload):
      carryOut(swim.receive(payload, from: source, now: now, random: &random))
    case .send(let answer, let target):
      write(answer, to: target)
    case .refused:
      break
    }
  }

  private func write(_ datagram: [UInt8], to target: GossipEndpoint) {
    guard let socket, let address = target.socketAddress(isIPv6Socket: socket.isIPv6),
      socket.send(datagram, to: address)
    else {
      statistics.datagramsDropped += 1
      return
    }
    statistics.datagramsOut += 1
    statistics.bytesOut += UInt64(datagram.count)
  }

  // MARK: Calls

  func join(_ seeds: [GossipEndpoint]) {
    call { $0.join(seeds, now: $1, random: &$2) }
  }

  func broadcast(_ payload: [UInt8]) {
    call { $0.broadcast(payload, now: $1, random: &$2) }
  }

  func update(load: MemberLoad) {
    call { $0.update(load: load, now: $1, random: &$2) }
  }

  func update(record: MemberRecord) {
    call { $0.update(record: record, now: $1, random: &$2) }
  }

  func rotate(keys: [[UInt8]]) throws {
    try seal.rotate(keys: keys)
    logger.notice("cluster keys replaced", metadata: ["count": "\(keys.count)"])
  }

  func leave(_ promise: EventLoopPromise<Void>) {
    guard !isClosed, leaving == nil else { return promise.succeed() }
    leaving = promise
    eventLoop.assumeIsolated().scheduleTask(in: Self.leaveLimit) { self.finishLeaving() }
    call { $0.leave(now: $1, random: &$2) }
  }

  private func finishLeaving() {
    guard let promise = leaving else { return }
    leaving = nil
    close().cascade(to: promise)
  }

  func close() -> EventLoopFuture<Void> {
    isClosed = true
    timer?.cancel()
    leaving?.succeed()
    leaving = nil
    guard let channel else { return eventLoop.makeSucceededVoidFuture() }
    (self.channel, socket) = (nil, nil)
    logger.notice("gossip stopped")
    return channel.close()
  }

  private func call(
    _ body: (inout Swim, Duration, inout SystemRandomNumberGenerator) -> [SwimDirective]
  ) {
    guard !isClosed else { return }
    carryOut(body(&swim, now, &random))
    publish()
  }

  private func carryOut(_ directives: [SwimDirective]) {
    for directive in directives {
      switch directive {
      case .send(let payload, let target):
        if let datagram = seal.seal(payload, to: target) { write(datagram, to: target) }
      case .joined(let record): tell(.joined(record), record.id)
      case .updated(let record): tell(.updated(record), record.id)
      case .suspected(let id): tell(.suspected(id), id)
      case .failed(let id): tell(.failed(id), id)
      case .left(let id): tell(.left(id), id)
      case .load(let id, let load): tell(.load(id, load), id)
      case .delivered(let payload, let id): onEvent(.delivered(payload, from: id))
      case .conflict(let one, let other):
        logger.warning(
          "two processes claim one member id",
          metadata: ["id": "\(one.id)", "one": "\(one.gossip)", "other": "\(other.gossip)"])
        onEvent(.conflict(one, other))
      }
    }
    schedule()
    if swim.hasLeft { finishLeaving() }
  }

  /// Others see the change before they are told of it.
  private func tell(_ event: GossipEvent, _ id: MemberID) {
    let member = swim.member(id)
    shared.state.withLock { $0.members[id] = member }
    switch event {
    case .joined(let record):
      logger.notice(
        "member joined",
        metadata: ["id": "\(id)", "name": "\(record.name)", "gossip": "\(record.gossip)"])
    case .failed: logger.notice("member failed", metadata: ["id": "\(id)"])
    case .left: logger.notice("member left", metadata: ["id": "\(id)"])
    case .suspected: logger.debug("member suspected", metadata: ["id": "\(id)"])
    default: break
    }
    onEvent(event)
  }

  // MARK: Time

  /// One timer runs, for the next deadline or earlier.
  private func schedule() {
    guard !isClosed else { return }
    let due = swim.nextDeadline
    if let timerAt, timerAt <= due { return }
    timer?.cancel()
    timerAt = due
    let delay = max(.zero, due - now)
    timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { self.fire() }
  }

  private func fire() {
    timer = nil
    timerAt = nil
    guard !isClosed else { return }
    let now = now
    if swim.nextDeadline <= now {
      carryOut(swim.tick(now: now, random: &random))
      if now - refreshedAt >= Self.refreshInterval { refresh(now) }
      publish()
    } else {
      schedule()
    }
  }

  private func refresh(_ now: Duration) {
    refreshedAt = now
    let members = Dictionary(swim.members.map { ($0.record.id, $0) }, uniquingKeysWith: { $1 })
    shared.state.withLock { $0.members = members }
  }

  func publish() {
    statistics.seal = seal.statistics
    statistics.swim = swim.statistics
    let (statistics, record, health) = (statistics, swim.record, swim.localHealth)
    shared.state.withLock {
      $0.statistics = statistics
      $0.record = record
      $0.localHealth = health
    }
  }
}

/// One member of the cluster: SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips,
/// Currey 2017), as a value.
///
/// It does no I/O and has no clock. The shell hands it every datagram that arrives
/// (``receive(_:from:now:random:)``), calls ``tick(now:random:)`` at ``nextDeadline``, and carries
/// out the directives of every call in order. `now` is monotonic, from any origin, the same for all
/// calls; a call much later than the deadline counts as our own trouble (``LocalClock``).
///
///     unknown ──joined──▶ alive ──suspected──▶ suspect ──failed──▶ dead ──▶ forgotten
///                          │ ▲ ◀───updated─────┘  │                 │
///                          │ └──joined (a higher incarnation)───────┤
///                          └──left──▶ left ◀─left─┘ ────────────────┘
///
/// A claim about a member carries the incarnation that the member had; only the member itself
/// raises it, and a member that finds others remember it of a former life goes on above that. The
/// higher incarnation wins; at the same one dead or left wins over suspect, and suspect over alive.
///
/// Every table has a bound (``SwimSettings``), and no datagram makes us send more than the work
/// that its source may ask for.
public struct Swim: Sendable {
  /// The most bytes of a broadcast.
  public static let broadcastLimitBytes = 1000
  /// The most seeds that are kept; further ones are ignored.
  public static let seedLimit = 64

  public let settings: SwimSettings
  /// Our own record.
  public internal(set) var record: MemberRecord
  /// What was counted since the start.
  public internal(set) var statistics = SwimStatistics()
  /// When ``tick(now:random:)`` is due, if nothing happens before; not before the last `now`.
  public private(set) var nextDeadline: Duration

  var clock: LocalClock
  /// The time of this call on our own clock; every deadline below is a time of it.
  var now: Duration { clock.inner }
  /// What the call that runs answers with.
  var directives: [SwimDirective] = []

  // Ourselves.
  var incarnation: UInt64 = 1
  var load = MemberLoad()
  var lifecycle = Lifecycle.member
  var health: LocalHealth
  var namesake = Namesake()
  /// The source of the datagram that is being handled spoke of us what is not so any more.
  var owesIntroduction = false

  // The others.
  var table: MemberTable
  var suspicions: [Suspicion] = []
  /// When the first of them runs out, or earlier.
  var suspicionsAt: Duration?
  /// Of those whose boot changed lately.
  var restarts = RestartMemory()

  // Probing.
  var probe: Probe?
  var nextProbeAt: Duration
  var sequence: UInt32
  var relays: [UInt32: Relay] = [:]
  /// In order of their deadlines.
  var relayOrder = FIFO<UInt32>()

  // News. A flood of one kind does not push out another.
  var claims: RumorQueue
  var payloads: RumorQueue
  var loads: RumorQueue
  var gossipAt: Duration?
  var lastGossipAt: Duration
  var payloadSequence: UInt64 = 0
  var windows: [MemberID: SlidingWindow] = [:]
  var spreadLoad = MemberLoad()
  var lastLoadAt: Duration?
  /// When a load that changed is due to be spread.
  var loadAt: Duration?

  // Joining and anti-entropy.
  var seeds: [GossipEndpoint] = []
  var joinAt: Duration?
  var joinAttempts = 0
  var reviveAt: Duration
  var syncAt: Duration
  /// When somebody became a member last.
  var joinedAt: Duration?
  var syncPartner: MemberID?

  // What others can make us do.
  var work: RateLimiter
  var origins: RateLimiter
  /// Pages for joiners, and words to the dead: one bucket each, for everybody.
  var pages: RateLimiter
  var callsToDead: RateLimiter

  /// Where we are ourselves.
  enum Lifecycle { case member, leaving }

  /// - Parameters:
  ///   - record: our own; it has to be ``MemberRecord/isAcceptable``.
  ///   - pool: shares records with other values of this process.
  public init(
    record: MemberRecord, settings: SwimSettings, now: Duration,
    random: inout some RandomNumberGenerator, pool: MemberRecordPool? = nil
  ) {
    precondition(record.isAcceptable, "a record that others refuse: \(record)")
    self.record = record
    self.settings = settings
    clock = LocalClock(now: now)
    health = LocalHealth(maximum: settings.localHealthMaximum)
    table = MemberTable(limit: settings.memberLimit, pool: pool)
    nextProbeAt = now
    sequence = UInt32.random(in: 0...(.max), using: &random)
    claims = RumorQueue(limit: settings.memberLimit)
    payloads = RumorQueue(limit: settings.broadcastLimit)
    loads = RumorQueue(limit: settings.memberLimit)
    lastGossipAt = now - settings.gossipInterval
    reviveAt = now + settings.reviveInterval.randomPart(using: &random)
    syncAt = now + settings.syncInterval.randomPart(using: &random)
    let seed = UInt64.random(in: 0...(.max), using: &random)
    work = RateLimiter(perSecond: settings.workPerSecond, seed: seed)
    origins = RateLimiter(perSecond: settings.broadcastsPerSecond, seed: ~seed)
    pages = RateLimiter(perSecond: settings.joinPagesPerSecond, slotCount: 1, seed: 0)
    callsToDead = RateLimiter(perSecond: settings.workPerSecond, slotCount: 1, seed: 0)
    nextDeadline = now
    scheduleNextDeadline()
  }

  // MARK: What is known

  /// The other members, alive and suspect, in no particular order.
  public var members: [Member] {
    (0..<table.liveCount).compactMap { table.live($0).map(member) }
  }

  /// How many others are alive or suspect.
  public var memberCount: Int { table.liveCount }

  /// Another member, if it is alive or suspect.
  public func member(_ id: MemberID) -> Member? {
    guard let row = table.row(of: id), row.state.isLive else { return nil }
    return member(row)
  }

  private func member(_ row: MemberTable.Row) -> Member {
    Member(
      record: row.record,
      load: table.slot(of: row.id).map { table.load(ofSlot: $0) } ?? MemberLoad(),
      state: row.state == .suspect ? .suspect : .alive,
      roundTrip: row.roundTripMicroseconds == 0
        ? nil : .microseconds(Int64(row.roundTripMicroseconds)))
  }

  /// Lifeguard's local health score: 0 is healthy, `settings.localHealthMaximum` the worst.
  public var localHealth: Int { health.score }

  /// A digest of the list of members: equal lists, ourselves included, have equal digests.
  public var digest: UInt64 { digestRoot() }

  /// Whether ``leave(now:random:)`` was called and the good-bye was sent as often as it is to be.
  public var hasLeft: Bool {
    lifecycle == .leaving && (table.liveCount == 0 || !claims.contains(.member(record.id)))
  }

  // MARK: Calls

  /// Asks seeds for the members, now and until one answers. Those that turn out not to be members
  /// are asked again now and then, so that clusters that were started apart find each other.
  public mutating func join(
    _ seeds: [GossipEndpoint], now: Duration, random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    advance(to: now)
    addSeeds(seeds)
    return finish()
  }

  /// Takes a datagram.
  public mutating func receive(
    _ bytes: [UInt8], from source: GossipEndpoint, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    advance(to: now)
    do throws(GossipError) {
      take(try SwimDatagram(decoding: bytes), from: source, random: &random)
    } catch {
      count(error)
    }
    return finish()
  }

  /// Does what is due. To be called at ``nextDeadline``; earlier is harmless.
  public mutating func tick(
    now: Duration, random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    advance(to: now, isTick: true)
    if lifecycle == .member {
      stepProbe(random: &random)
      stepJoin(random: &random)
      stepRevive(random: &random)
      stepSync(random: &random)
      stepLoad(random: &random)
    }
    stepRelays()
    stepSuspicions(random: &random)
    stepGossip(random: &random)
    table.forget(diedBefore: self.now - settings.forgetAfter)
    return finish()
  }

  /// Says something new about ourselves, under a new incarnation.
  /// - Parameter record: with the id and the boot that we have.
  public mutating func update(
    record: MemberRecord, now: Duration, random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    precondition(record.isAcceptable, "a record that others refuse: \(record)")
    precondition(record.id == self.record.id && record.boot == self.record.boot)
    advance(to: now)
    if record != self.record, lifecycle == .member {
      self.record = record
      incarnation += 1
      spreadSelf(random: &random)
    }
    return finish()
  }

  /// Says how busy we are. It rides on every ping and ack from now on, and is spread by itself when
  /// it changed enough (``SwimSettings/loadChange``, ``SwimSettings/loadInterval``).
  public mutating func update(
    load: MemberLoad, now: Duration, random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    advance(to: now)
    take(ownLoad: load, random: &random)
    return finish()
  }

  /// Sends a payload to all members. It may be lost on the way to some of them.
  /// - Parameter payload: at most ``broadcastLimitBytes``.
  public mutating func broadcast(
    _ payload: [UInt8], now: Duration, random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    precondition(payload.count <= Self.broadcastLimitBytes, "\(payload.count) bytes")
    advance(to: now)
    payloadSequence += 1
    let rumor = EncodedRumor.payload(
      origin: record.id, bootTag: bootTag, sequence: payloadSequence, payload)
    spread(rumor, on: .payload(record.id, payloadSequence), in: .payloads, random: &random)
    return finish()
  }

  /// Says good-bye. Tick on until ``hasLeft``.
  public mutating func leave(
    now: Duration, random: inout some RandomNumberGenerator
  ) -> [SwimDirective] {
    advance(to: now)
    if lifecycle == .member {
      lifecycle = .leaving
      probe = nil
      joinAt = nil
      loadAt = nil
      let rumor = EncodedRumor.left(record.id, incarnation: incarnation)
      spread(rumor, on: .member(record.id), in: .claims, random: &random)
      gossipAt = table.liveCount == 0 ? nil : self.now
      stepGossip(random: &random)
    }
    return finish()
  }

  // MARK: Time

  private mutating func advance(to now: Duration, isTick: Bool = false) {
    let isLate = clock.advance(
      to: now, due: nextDeadline, allowed: settings.latenessAllowed, isTick: isTick)
    guard isLate else { return }
    statistics.lateCalls += 1
    health.change(by: 1)
  }

  private mutating func finish() -> [SwimDirective] {
    statistics.queueDropped = claims.dropped + payloads.dropped + loads.dropped
    scheduleNextDeadline()
    defer { directives = [] }
    return directives
  }

  private mutating func scheduleNextDeadline() {
    var next = now + .seconds(3600)
    func consider(_ time: Duration?) { if let time { next = min(next, time) } }
    if lifecycle == .member {
      if table.liveCount > 0 {
        consider(probe?.nextStepAt ?? nextProbeAt)
        consider(syncAt)
      }
      if table.oldestDeath != nil || !seeds.isEmpty { consider(reviveAt) }
      consider(joinAt)
      consider(loadAt)
    }
    consider(relayOrder.first.flatMap { relays[$0]?.nextStepAt })
    consider(suspicionsAt)
    consider(gossipAt)
    consider(table.oldestDeath.map { $0 + settings.forgetAfter + .milliseconds(1) })
    nextDeadline = clock.outer(max(next, now))
  }
}

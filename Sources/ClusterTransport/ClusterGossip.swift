import BlockCache
public import Contents
public import Logging
public import Membership
public import NIOCore
import NFSv4
public import Placement
import Synchronization
public import Transport
import XDR

/// What a role makes of the cluster's gossip.
public protocol ClusterView: Sendable {
  /// A member is there, or has changed.
  func insert(_ member: Neighbor)
  /// A member failed or left.
  func remove(_ id: MemberID)
  /// The metadata server is this member.
  func setOrigin(_ id: MemberID, locality: Locality)
  /// A member says how busy it is.
  func setLoad(_ id: MemberID, capacity: Double, queueSeconds: Double)
  /// Looks at or changes what is known of the others' contents.
  func withContents<Value: Sendable>(_ body: (inout ContentsView) -> Value) -> Value
  /// What to tell the others of the own contents next, at most so many bytes; nil: nothing new.
  func takeDelta(limitBytes: Int) -> [UInt8]?
  /// What to repeat of the own contents, so that whoever missed the last news notices; nil: there
  /// is news, or nothing is held.
  func announcement() -> [UInt8]?
  /// Whether what a new member holds is worth a question at once: else it waits for its news.
  func wantsContents(of member: MemberID) -> Bool
  /// How busy this member is.
  func load() -> MemberLoad
  /// The clock that the contents are kept by.
  var now: Duration { get }
}

/// This member in the cluster's gossip: tells the others what it holds and how busy it is, and a
/// `ClusterView` what they say; asks those whose contents are not known exactly for the rest.
///
///     Holdings ─ delta, when there is news, within a budget ─▶ broadcast
///     delivered ─▶ ContentsView ─ differs from what its owner announced ─▶ SYNC with the owner
///     joined ─▶ SYNC with the newcomer, which has held things before
///     each n seconds, n members ─▶ what is held in 25 bytes, broadcast again
public final class ClusterGossip: Sendable {
  /// Bytes of one delta: one datagram with room for other news.
  static let deltaBytes = 900
  /// How often news is looked for.
  static let deltaInterval = TimeAmount.milliseconds(50)
  /// Deltas that may follow each other at once after some quiet.
  static let burst = 3.0
  /// Deltas a second of the whole cluster while there is news all the time: n members share
  /// `deltasPerSecond / n` each, but at least one every ten seconds. It is what membership gossip
  /// can spread, with each delta sent on eight times by everybody; more would only be dropped.
  /// During a storm the homes know better anyway who has what.
  static let deltasPerSecond = 12.0
  static let syncTimeout = TimeAmount.seconds(3)
  /// Pulls under way at one time.
  static let pullLimit = 4
  /// Newcomers that are to be asked; those beyond wait for their news.
  static let newcomerLimit = 4096
  /// Seconds between two announcements, at least; in a cluster of n members, n.
  static let announcementSeconds = 10.0

  private struct State: Sendable {
    var node: GossipNode?
    /// What was announced last.
    var record: MemberRecord?
    var isDraining = false
    var tokens = ClusterGossip.burst
    var pulls = 0
    var ticks: RepeatedTask?
    var tickCount: UInt64 = 0
    var newcomers: [MemberID] = []
    var announcedAt = Duration.zero
    var gone: (failed: UInt64, left: UInt64) = (0, 0)
  }

  private let view: any ClusterView
  private let links: BlockLinks
  private let host: String
  private let port: Int
  private let keys: Mutex<[[UInt8]]>
  private let settings: SwimSettings
  private let group: any EventLoopGroup
  private let logger: Logger
  private let onNews: @Sendable (GossipEvent) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - host: and `port`: where to gossip; port 0 is any.
  ///   - keys: the cluster's.
  ///   - onNews: called for each event, after `view` was told.
  public init(
    view: any ClusterView, links: BlockLinks, host: String, port: Int, keys: [[UInt8]],
    settings: SwimSettings, group: any EventLoopGroup, logger: Logger,
    onNews: @escaping @Sendable (GossipEvent) -> Void = { _ in }
  ) {
    self.view = view
    self.links = links
    self.host = host
    self.port = port
    self.keys = Mutex(keys)
    self.settings = settings
    self.group = group
    self.logger = logger
    self.onNews = onNews
  }

  /// The members known besides this one.
  public var members: [Member] { state.withLock { $0.node }?.members ?? [] }

  /// How many members failed and left since the start.
  var gone: (failed: UInt64, left: UInt64) { state.withLock { $0.gone } }

  /// What was counted; nil before the start.
  public var statistics: GossipStatistics? { state.withLock { $0.node }?.statistics }

  /// Uses other keys: the first is used from now on, all are accepted.
  public func replaceKeys(with keys: [[UInt8]]) {
    self.keys.withLock { $0 = keys }
    guard let node = state.withLock({ $0.node }) else { return }
    Task { [logger] in
      do {
        try await node.rotate(keys: keys)
      } catch {
        logger.error("gossip goes on with the former keys", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Starts to gossip, or says something new of this member.
  /// - Parameter record: with port 0 in the gossip endpoint for the one that is bound.
  /// - Returns: where it gossips.
  /// - Throws: when the address cannot be bound, or the record is none that others accept.
  public func announce(_ record: MemberRecord) async throws -> GossipEndpoint {
    var record = record
    state.withLock { state in
      if state.isDraining { record.flags.insert(.draining) }
      state.record = record
    }
    if let node = state.withLock({ $0.node }) {
      if let endpoint = GossipEndpoint(
        address: record.gossip.address, port: node.localEndpoint.port)
      {
        record.gossip = endpoint
      }
      state.withLock { $0.record = record }
      try node.update(record: record)
      return record.gossip
    }
    if let endpoint = GossipEndpoint(
      address: record.gossip.address, port: UInt16(clamping: port))
    {
      record.gossip = endpoint
    }
    let node = try await GossipNode.start(
      host: host, port: port, record: record, keys: keys.withLock { $0 }, settings: settings,
      group: group, logger: logger
    ) { [weak self] event in self?.happened(event) }
    let ticks = group.next().scheduleRepeatedTask(
      initialDelay: Self.deltaInterval, delay: Self.deltaInterval
    ) { [weak self] _ in self?.tick() }
    state.withLock { state in
      state.node = node
      state.ticks = ticks
    }
    return node.localEndpoint
  }

  /// Tells the others whether this member wants to be left alone.
  public func setDraining(_ isDraining: Bool) {
    let (node, record) = state.withLock { state in
      state.isDraining = isDraining
      if isDraining {
        state.record?.flags.insert(.draining)
      } else {
        state.record?.flags.remove(.draining)
      }
      return (state.node, state.record)
    }
    guard let node, var record else { return }
    if let endpoint = GossipEndpoint(
      address: record.gossip.address, port: node.localEndpoint.port)
    {
      record.gossip = endpoint
    }
    do {
      try node.update(record: record)
    } catch {
      logger.error("the others are not told", metadata: ["error": "\(error)"])
    }
  }

  /// Asks seeds for the members.
  public func join(_ seeds: [GossipEndpoint]) { state.withLock { $0.node }?.join(seeds) }

  /// Says good-bye and stops.
  public func leave() async {
    let (node, ticks) = state.withLock { ($0.node, $0.ticks) }
    ticks?.cancel()
    await node?.leave()
  }

  // MARK: Events

  private func happened(_ event: GossipEvent) {
    switch event {
    case .joined(let record), .updated(let record): met(record)
    case .failed(let id), .left(let id):
      state.withLock { state in
        if case .failed = event { state.gone.failed += 1 } else { state.gone.left += 1 }
      }
      view.remove(id)
      links.setAddress(id.rawValue, nil)
      links.drop(id.rawValue)
    case .load(let id, let load):
      view.setLoad(
        id, capacity: Double(load.capacityBytesPerSecond),
        queueSeconds: Double(load.queueMilliseconds) / 1000)
    case .delivered(let payload, let id):
      let now = view.now
      // What does not decode changed nothing; its sender is found out by its digest.
      _ = view.withContents { contents in try? contents.apply(payload, from: id, now: now) }
    case .suspected: break
    case .conflict(let one, let other):
      logger.warning(
        "two members have one number: remove the file 'identity' from the cache of one of them",
        metadata: [
          "member": "\(one.id.rawValue)", "one": "\(one.gossip)", "other": "\(other.gossip)",
        ])
    }
    onNews(event)
  }

  private func met(_ record: MemberRecord) {
    let address = try? SocketAddress(
      packedIPAddress: ByteBuffer(bytes: record.service.address), port: Int(record.service.port))
    if let host = address?.ipAddress {
      links.setAddress(record.id.rawValue, (host, Int(record.service.port)))
    }
    let locality = Locality(zone: record.zone, rack: record.rack, node: record.node)
    if record.role == .mds {
      view.setOrigin(record.id, locality: locality)
    }
    let isServing =
      record.role == .peer && record.flags.contains(.serving)
      && !record.flags.contains(.draining)
    view.insert(Neighbor(id: record.id, locality: locality, isServing: isServing))
    guard record.role == .peer, view.wantsContents(of: record.id) else { return }
    state.withLock { state in
      guard state.newcomers.count < Self.newcomerLimit, !state.newcomers.contains(record.id) else {
        return
      }
      state.newcomers.append(record.id)
    }
  }

  // MARK: Contents

  private func tick() {
    guard let node = state.withLock({ $0.node }) else { return }
    let memberCount = Double(node.members.count + 1)
    let rate = max(0.1, Self.deltasPerSecond / memberCount)
    let (mayTell, isTurn) = state.withLock { state in
      state.tickCount += 1
      state.tokens = min(Self.burst, state.tokens + rate * 0.05)
      let mayTell = state.tokens >= 1
      return (mayTell, state.tickCount.isMultiple(of: 4))
    }
    if mayTell, let delta = view.takeDelta(limitBytes: Self.deltaBytes) {
      state.withLock { $0.tokens -= 1 }
      node.broadcast(delta)
    }
    guard isTurn else { return }
    node.update(load: view.load())
    announce(node, memberCount)
    pull()
  }

  private func announce(_ node: GossipNode, _ memberCount: Double) {
    let now = view.now
    let pause = Duration.seconds(max(Self.announcementSeconds, memberCount))
    guard state.withLock({ now - $0.announcedAt >= pause }), let announcement = view.announcement()
    else { return }
    state.withLock { $0.announcedAt = now }
    node.broadcast(announcement)
  }

  /// Asks members whose contents are not known exactly, and newcomers.
  private func pull() {
    let room = state.withLock { Self.pullLimit - $0.pulls }
    guard room > 0 else { return }
    let now = view.now
    let newcomers = state.withLock { state in
      defer { state.newcomers.removeFirst(min(room, state.newcomers.count)) }
      return state.newcomers.prefix(room)
    }
    let pulls = view.withContents { contents in
      contents.advance(to: now)
      let due = contents.needsSync(now: now, limit: room).filter { !newcomers.contains($0) }
      return (newcomers + due.prefix(room - newcomers.count)).compactMap {
        contents.beginPull(from: $0, now: now)
      }
    }
    state.withLock { $0.pulls += pulls.count }
    for pull in pulls { go(on: pull) }
  }

  private func go(on pull: AntiEntropyPull) {
    guard let request = pull.request else {
      return state.withLock { $0.pulls -= 1 }
    }
    let message = SYNC1(message: ByteBuffer(bytes: request.encoded))
    links.call(pull.member.rawValue, .SYNC, message, timeout: Self.syncTimeout) { result in
      var pull = pull
      let now = self.view.now
      let response = (try? result.get())?.opened()
        .flatMap { try? SYNC1(xdr: $0) }
        .flatMap {
          try? AntiEntropyResponse(decoding: Array($0.message.readableBytesView))
        }
      pull = self.view.withContents { contents in
        var pull = pull
        if let response {
          // A wrong answer ends the pull; it is tried again later.
          try? contents.receive(response, in: &pull, now: now)
        } else {
          contents.abandon(&pull, now: now)
        }
        return pull
      }
      self.go(on: pull)
    }
  }
}

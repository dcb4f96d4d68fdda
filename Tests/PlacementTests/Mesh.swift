import BlockCache
import Contents
import Membership

@testable import Placement

/// Some peers and a metadata server with a virtual clock: what one directs is delivered to the
/// other a moment later. A block takes its sender's slot for a while.
struct Mesh {
  enum Message {
    case locate(ExchangeCall, LocateRequest)
    case located(ExchangeCall, LocateAnswer)
    case take(ExchangeCall, TakeRequest)
    case readOrigin(ExchangeCall, OriginRequest)
    case block(ExchangeCall, BlockKey)
    case refused(ExchangeCall, TakeRefusal)
    case answered(ExchangeCall, OriginOutcome)
    case cancel(BlockKey)
    case urge(BlockKey)
    case chase(BlockKey, MemberID)
    case status(ExchangeCall)
    case progress(ExchangeCall, UInt64)
  }

  enum Event {
    case message(Message, from: MemberID, to: MemberID)
    case sent(ExchangeToken, by: MemberID)
    case tick
  }

  /// How a peer misbehaves.
  enum Fault {
    /// Hears nothing and says nothing.
    case silent
    /// Answers STATUS, always by the same number, and nothing else.
    case frozen
    /// Answers TAKE by wrong bytes.
    case wrong
    /// Refuses every TAKE.
    case refusing(TakeRefusal)
  }

  private struct Asked {
    var member: MemberID
    var call: ExchangeCall
  }

  static let latency = Duration.milliseconds(1)
  static let blockTime = Duration.milliseconds(2)

  var peers: [MemberID: Exchange] = [:]
  var origin: OriginExchange
  var faults: [MemberID: Fault] = [:]
  private(set) var now = Duration.zero
  /// The next one first, from `head` on; those before are over.
  private var events: [(at: Duration, event: Event)] = []
  private var head = 0
  private var tokens: [ExchangeToken: Asked] = [:]
  private var nextToken: ExchangeToken = 1
  private var random: SeededGenerator
  private let settings: Exchange.Settings
  private let server: Neighbor

  /// What each peer holds.
  var held: [MemberID: Set<BlockKey>] = [:]
  /// When each peer had its last block.
  private(set) var lastArrival: [MemberID: Duration] = [:]
  private var arrivals = 0
  /// How often the metadata server sent each block.
  private(set) var originSends: [BlockKey: Int] = [:]
  /// How often each peer sent a block.
  private(set) var uploads: [MemberID: Int] = [:]
  /// Blocks that came where they were held already.
  private(set) var duplicates = 0
  private(set) var accused: Set<MemberID> = []
  private(set) var failures: [BlockKey: ExchangeFailure] = [:]

  init(
    _ members: [Neighbor], seed: UInt64 = 1, originLocality: Locality = Locality(),
    settings: Exchange.Settings = Exchange.Settings(),
    originSettings: OriginExchange.Settings = OriginExchange.Settings()
  ) {
    random = SeededGenerator(seed: seed)
    let server = Neighbor(id: mds, locality: originLocality, isServing: false)
    origin = OriginExchange(
      own: server, contents: ContentsView(own: mds), settings: originSettings)
    self.settings = settings
    self.server = server
    for one in members { insert(one) }
    schedule(.tick, after: .milliseconds(50))
  }

  // MARK: What tests do

  /// A member is there, with nothing, and everybody knows.
  mutating func insert(_ one: Neighbor) {
    var exchange = Exchange(own: one, contents: ContentsView(own: one.id), settings: settings)
    exchange.insert(server)
    exchange.setOrigin(mds, locality: server.locality)
    for other in peers.keys.sorted() {
      if let known = peers[other]?.neighborhood.members[other] { exchange.insert(known) }
      peers[other]?.insert(one)
    }
    peers[one.id] = exchange
    held[one.id] = []
    origin.insert(one)
  }

  /// What everybody believes that a member holds.
  mutating func claim(_ one: MemberID, holds keys: [BlockKey]) throws {
    for other in peers.keys.sorted() where other != one {
      try peers[other]?.contents.learn(one, holds: keys)
    }
    try origin.contents.learn(one, holds: keys)
  }

  /// A peer's file has another version.
  mutating func forget(_ version: FileVersion, by one: MemberID) {
    carryOut(peers[one]?.forget(version), of: one)
  }

  /// A peer's reader wants blocks of a file.
  mutating func want(
    _ one: MemberID, _ file: ExchangedFile, _ indices: Range<UInt32>, isDemand: Bool = true
  ) {
    let wanted = indices.filter { held[one]?.contains(file.key($0)) != true }
    carryOut(
      peers[one]?.want(wanted, of: file, isDemand: isDemand, now: now, random: &random), of: one)
  }

  /// A member died, and everybody knows.
  mutating func remove(_ gone: MemberID) {
    peers[gone] = nil
    held[gone] = nil
    carryOut(origin.remove(gone))
    for one in peers.keys.sorted() {
      carryOut(peers[one]?.remove(gone, now: now, random: &random), of: one)
    }
  }

  /// Whether a peer holds all of a file.
  func isComplete(_ one: MemberID, _ file: ExchangedFile) -> Bool {
    (0..<file.blockCount).allSatisfy { held[one]?.contains(file.key($0)) == true }
  }

  /// Lets time pass until `isOver`, for so long at most; only blocks that come can end it.
  mutating func run(atMost time: Duration, until isOver: (Mesh) -> Bool = { _ in false }) {
    let end = now + time
    var seen: Int?
    while head < events.count, events[head].at <= end {
      if seen != arrivals, isOver(self) { return }
      seen = arrivals
      let (at, event) = events[head]
      head += 1
      if head > 1000 {
        events.removeFirst(head)
        head = 0
      }
      now = at
      handle(event)
    }
    now = max(now, end)
  }

  // MARK: Delivery

  private mutating func schedule(_ event: Event, after delay: Duration) {
    let at = now + delay
    var place = events.count
    while place > head, events[place - 1].at > at { place -= 1 }
    events.insert((at, event), at: place)
  }

  private mutating func send(
    _ message: Message, from sender: MemberID, to receiver: MemberID,
    after delay: Duration = Mesh.latency
  ) {
    if case .silent = faults[sender] { return }
    schedule(.message(message, from: sender, to: receiver), after: delay)
  }

  private mutating func token(_ member: MemberID, _ call: ExchangeCall) -> ExchangeToken {
    defer { nextToken += 1 }
    tokens[nextToken] = Asked(member: member, call: call)
    return nextToken
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .message(let message, let sender, let receiver):
      if receiver == mds {
        originReceived(message, from: sender)
      } else {
        received(message, from: sender, by: receiver)
      }
    case .sent(let token, mds): carryOut(origin.sent(token))
    case .sent(let token, let one): carryOut(peers[one]?.sent(token, now: now), of: one)
    case .tick:
      for one in peers.keys.sorted() {
        carryOut(peers[one]?.tick(now: now, random: &random), of: one)
      }
      schedule(.tick, after: .milliseconds(50))
    }
  }

  private mutating func originReceived(_ message: Message, from sender: MemberID) {
    switch message {
    case .readOrigin(let call, let request):
      carryOut(origin.asked(token(sender, call), by: sender, request, now: now))
    case .urge(let key): origin.urged(by: sender, key)
    default: return
    }
  }

  private mutating func carryOut(_ directives: [OriginExchange.Directive]) {
    for directive in directives {
      switch directive {
      case .send(let token, let request, let member):
        guard let asked = tokens.removeValue(forKey: token) else { continue }
        let key = request.file.key(request.index)
        originSends[key, default: 0] += 1
        schedule(.sent(token, by: mds), after: Self.blockTime)
        send(
          .block(asked.call, key), from: mds, to: member, after: Self.blockTime + Self.latency)
      case .redirect(let token, let other):
        guard let asked = tokens.removeValue(forKey: token) else { continue }
        send(.answered(asked.call, .elsewhere(other)), from: mds, to: asked.member)
      case .busy(let token):
        guard let asked = tokens.removeValue(forKey: token) else { continue }
        send(.answered(asked.call, .busy), from: mds, to: asked.member)
      }
    }
  }

  private mutating func received(
    _ message: Message, from sender: MemberID, by one: MemberID
  ) {
    switch (faults[one], message) {
    case (.silent, _): return
    case (.frozen, .status(let call)): return send(.progress(call, 1), from: one, to: sender)
    case (.frozen, _): return
    case (.wrong, .take(let call, let request)):
      return send(.block(call, request.key), from: one, to: sender)
    case (.refusing(let refusal), .take(let call, _)):
      return send(.refused(call, refusal), from: one, to: sender)
    default: break
    }
    peers[one]?.heard(from: sender, at: now)
    let directives =
      switch message {
      case .locate, .take, .cancel, .urge, .chase, .status, .readOrigin:
        question(message, from: sender, by: one)
      case .located, .block, .refused, .answered, .progress:
        answer(message, from: sender, by: one)
      }
    carryOut(directives, of: one)
  }

  private mutating func question(
    _ message: Message, from sender: MemberID, by one: MemberID
  ) -> [ExchangeDirective]? {
    switch message {
    case .locate(let call, let request):
      var bits: UInt32 = 0
      for (place, index) in request.chunk.indices.enumerated()
      where held[one]?.contains(request.file.key(index)) == true {
        bits |= 1 << UInt32(place)
      }
      let token = token(sender, call)
      return peers[one]?.locateAsked(
        token, by: sender, request, held: bits, now: now, random: &random)
    case .take(let call, let request):
      let isHeld = held[one]?.contains(request.key) == true
      let token = token(sender, call)
      return peers[one]?.takeAsked(
        token, by: sender, request, bytes: isHeld ? blockBytes : nil, now: now, random: &random)
    case .cancel(let key): return peers[one]?.cancelAsked(by: sender, key)
    case .urge(let key): return peers[one]?.urgeAsked(by: sender, key, now: now)
    case .chase(let key, let initiator): return peers[one]?.chased(key, initiator, now: now)
    case .status(let call):
      send(.progress(call, peers[one]?.progress ?? 0), from: one, to: sender)
      return []
    default: return []
    }
  }

  private mutating func answer(
    _ message: Message, from sender: MemberID, by one: MemberID
  ) -> [ExchangeDirective]? {
    switch message {
    case .located(let call, let answer):
      return peers[one]?.located(call, answer, now: now, random: &random)
    case .block(let call, let key):
      if case .wrong = faults[sender] {
        return peers[one]?.taken(call, .wrong, now: now, random: &random)
      }
      if held[one]?.insert(key).inserted == false { duplicates += 1 }
      arrivals += 1
      lastArrival[one] = now
      if sender == mds {
        return peers[one]?.originAnswered(call, .arrived, now: now, random: &random)
      }
      return peers[one]?.taken(call, .arrived, now: now, random: &random)
    case .refused(let call, let refusal):
      return peers[one]?.taken(call, .refused(refusal), now: now, random: &random)
    case .answered(let call, let outcome):
      return peers[one]?.originAnswered(call, outcome, now: now, random: &random)
    case .progress(let call, let progress):
      return peers[one]?.statusAnswered(call, progress: progress, now: now, random: &random)
    default: return []
    }
  }

  private mutating func carryOut(_ directives: [ExchangeDirective]?, of one: MemberID) {
    for directive in directives ?? [] {
      switch directive {
      case .locate(let call, let home, let request):
        send(.locate(call, request), from: one, to: home)
      case .take(let call, let member, let request):
        send(.take(call, request), from: one, to: member)
      case .readOrigin(let call, let request):
        send(.readOrigin(call, request), from: one, to: mds)
      case .cancel(let key, let member): send(.cancel(key), from: one, to: member)
      case .urge(let key, let member): send(.urge(key), from: one, to: member)
      case .urgeOrigin(let key): send(.urge(key), from: one, to: mds)
      case .chase(let key, let from, let member): send(.chase(key, from), from: one, to: member)
      case .askStatus(let call, let member): send(.status(call), from: one, to: member)
      case .answerLocate(let token, let answer):
        guard let asked = tokens.removeValue(forKey: token) else { continue }
        send(.located(asked.call, answer), from: one, to: asked.member)
      case .send(let token, let key, let member):
        guard let asked = tokens.removeValue(forKey: token) else { continue }
        uploads[one, default: 0] += 1
        schedule(.sent(token, by: one), after: Self.blockTime)
        send(
          .block(asked.call, key), from: one, to: member, after: Self.blockTime + Self.latency)
      case .refuse(let token, let refusal):
        guard let asked = tokens.removeValue(forKey: token) else { continue }
        send(.refused(asked.call, refusal), from: one, to: asked.member)
      case .fail(let key, let failure): failures[key] = failure
      case .accuse(let member): accused.insert(member)
      }
    }
  }
}

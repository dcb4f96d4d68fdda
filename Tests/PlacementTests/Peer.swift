import BlockCache
import Contents
import Membership

@testable import Placement

/// One `Exchange` with its random numbers and its clock: what a test feeds by hand.
struct Peer {
  var exchange: Exchange
  var random = SeededGenerator(seed: 5)
  var now = Duration.zero

  init(
    _ own: UInt64, among others: [UInt64],
    _ change: (inout Exchange.Settings) -> Void = { _ in }
  ) {
    var settings = Exchange.Settings()
    change(&settings)
    exchange = Exchange(
      own: neighbor(own), contents: ContentsView(own: member(own)), settings: settings)
    for other in others { exchange.insert(neighbor(other)) }
    exchange.insert(Neighbor(id: mds, locality: Locality(), isServing: false))
    exchange.setOrigin(mds, locality: Locality())
  }

  mutating func want(
    _ indices: [UInt32], of file: ExchangedFile, isDemand: Bool = true
  ) -> [ExchangeDirective] {
    exchange.want(indices, of: file, isDemand: isDemand, now: now, random: &random)
  }

  mutating func located(_ call: ExchangeCall, _ answer: LocateAnswer?) -> [ExchangeDirective] {
    exchange.located(call, answer, now: now, random: &random)
  }

  /// A home named this member.
  mutating func located(_ call: ExchangeCall, at parent: UInt64) -> [ExchangeDirective] {
    located(call, .parent(member(parent), expectedIn: .zero))
  }

  mutating func taken(_ call: ExchangeCall, _ outcome: TakeOutcome) -> [ExchangeDirective] {
    exchange.taken(call, outcome, now: now, random: &random)
  }

  mutating func originAnswered(
    _ call: ExchangeCall, _ outcome: OriginOutcome
  ) -> [ExchangeDirective] {
    exchange.originAnswered(call, outcome, now: now, random: &random)
  }

  mutating func locateAsked(
    _ token: ExchangeToken, by asker: UInt64, _ file: ExchangedFile, chunk number: UInt32 = 0,
    wanted: UInt32 = 0b1111, excluded: [UInt64] = [], held: UInt32 = 0
  ) -> [ExchangeDirective] {
    let request = LocateRequest(
      file: file, chunk: Chunk(version: file.version, number: number), wanted: wanted,
      isDemand: true, excluded: excluded.map(member))
    return exchange.locateAsked(
      token, by: member(asker), request, held: held, now: now, random: &random)
  }

  mutating func takeAsked(
    _ token: ExchangeToken, by asker: UInt64, _ file: ExchangedFile, _ index: UInt32,
    isDemand: Bool = true, isAssigned: Bool = true, held: Bool = false
  ) -> [ExchangeDirective] {
    let request = TakeRequest(
      file: file, index: index, isDemand: isDemand, isAssigned: isAssigned)
    return exchange.takeAsked(
      token, by: member(asker), request, bytes: held ? file.plainBytes(of: index) : nil, now: now,
      random: &random)
  }

  mutating func statusAnswered(_ call: ExchangeCall, _ progress: UInt64?) -> [ExchangeDirective] {
    exchange.statusAnswered(call, progress: progress, now: now, random: &random)
  }

  mutating func remove(_ one: UInt64) -> [ExchangeDirective] {
    exchange.remove(member(one), now: now, random: &random)
  }

  /// Ticks every 50 ms for so long; what was directed, with the moment of each.
  mutating func wait(_ time: Duration) -> [(at: Duration, directive: ExchangeDirective)] {
    var all: [(at: Duration, directive: ExchangeDirective)] = []
    let end = now + time
    while now < end {
      now += .milliseconds(50)
      all += exchange.tick(now: now, random: &random).map { (now, $0) }
    }
    return all
  }

  /// Ticks for so long while every question after a sign of life is answered by what `progress`
  /// says; nil: not at all.
  mutating func wait(
    _ time: Duration, answering progress: (MemberID, Duration) -> UInt64?
  ) -> [(at: Duration, directive: ExchangeDirective)] {
    var all: [(at: Duration, directive: ExchangeDirective)] = []
    let end = now + time
    while now < end {
      for (at, directive) in wait(.milliseconds(50)) {
        all.append((at, directive))
        if case .askStatus(let call, let one) = directive, let answer = progress(one, now) {
          all += statusAnswered(call, answer).map { (at, $0) }
        }
      }
    }
    return all
  }
}

extension ExchangeDirective {
  var isLocate: Bool { if case .locate = self { true } else { false } }
  var isCancel: Bool { if case .cancel = self { true } else { false } }
  var isChase: Bool { if case .chase = self { true } else { false } }
  var isRead: Bool { if case .readOrigin = self { true } else { false } }
  var isStatus: Bool { if case .askStatus = self { true } else { false } }
}

/// What is to be done, by kind.
extension [ExchangeDirective] {
  var takes: [(call: ExchangeCall, from: MemberID, request: TakeRequest)] {
    compactMap { if case .take(let call, let one, let ask) = $0 { (call, one, ask) } else { nil } }
  }
  var locates: [(call: ExchangeCall, at: MemberID, request: LocateRequest)] {
    compactMap {
      if case .locate(let call, let one, let ask) = $0 { (call, one, ask) } else { nil }
    }
  }
  var reads: [(call: ExchangeCall, request: OriginRequest)] {
    compactMap { if case .readOrigin(let call, let ask) = $0 { (call, ask) } else { nil } }
  }
  var cancels: [(key: BlockKey, at: MemberID)] {
    compactMap { if case .cancel(let key, let one) = $0 { (key, one) } else { nil } }
  }
  var failures: [BlockKey: ExchangeFailure] {
    var all: [BlockKey: ExchangeFailure] = [:]
    for case .fail(let key, let failure) in self { all[key] = failure }
    return all
  }
  var accused: [MemberID] {
    compactMap { if case .accuse(let one) = $0 { one } else { nil } }
  }
  var statuses: [(call: ExchangeCall, of: MemberID)] {
    compactMap { if case .askStatus(let call, let one) = $0 { (call, one) } else { nil } }
  }
  var sends: [ExchangeToken] {
    compactMap { if case .send(let token, _, _) = $0 { token } else { nil } }
  }
  var refusals: [ExchangeToken: TakeRefusal] {
    var all: [ExchangeToken: TakeRefusal] = [:]
    for case .refuse(let token, let refusal) in self { all[token] = refusal }
    return all
  }
  var answers: [LocateAnswer] {
    compactMap { if case .answerLocate(_, let answer) = $0 { answer } else { nil } }
  }
  var chases: [(key: BlockKey, initiator: MemberID, at: MemberID)] {
    compactMap {
      if case .chase(let key, let from, let one) = $0 { (key, from, one) } else { nil }
    }
  }
}

import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct UploadQueueTests {
  private func queue(_ change: (inout UploadQueue.Settings) -> Void = { _ in }) -> UploadQueue {
    var settings = UploadQueue.Settings()
    change(&settings)
    return UploadQueue(settings: settings)
  }

  private func upload(
    _ token: ExchangeToken, to one: UInt64 = 1, block: UInt32 = 0, isDemand: Bool = false,
    bytes: Int = 100, isFar: Bool = false
  ) -> UploadQueue.Upload {
    UploadQueue.Upload(
      token: token, key: BlockKey(version: version(1), index: block), member: member(one),
      isDemand: isDemand, bytes: bytes, isFar: isFar, turn: token)
  }

  /// Everything that is to be sent, each block finished before the next.
  private func drain(_ queue: inout UploadQueue) -> [ExchangeToken] {
    var tokens: [ExchangeToken] = []
    while let upload = queue.next(now: .zero) {
      tokens.append(upload.token)
      queue.finished(upload.token)
    }
    return tokens
  }

  @Test("what somebody waits for is sent first, then what was asked for first")
  func order() {
    var queue = queue()
    for (token, isDemand) in [(1, false), (2, false), (3, true), (4, false), (5, true)] {
      let isThere = queue.append(
        upload(ExchangeToken(token), to: UInt64(token), isDemand: isDemand))
      #expect(isThere)
    }
    #expect(drain(&queue) == [3, 5, 1, 2, 4])
    #expect(queue.count == 0 && queue.bytes == 0)
  }

  @Test("what comes late into the queue keeps its turn")
  func turns() {
    var queue = queue()
    for token: ExchangeToken in [5, 2, 9, 1, 7] {
      let isThere = queue.append(upload(token, to: token % 2))
      #expect(isThere)
    }
    #expect(drain(&queue) == [1, 2, 5, 7, 9])
  }

  @Test("no more is sent at one time than there are slots, in all and to each member")
  func slots() {
    var queue = queue {
      $0.slots = 5
      $0.slotsPerMember = 2
    }
    for token: ExchangeToken in 1...30 { _ = queue.append(upload(token, to: token % 3)) }
    var active: [UploadQueue.Upload] = []
    while let upload = queue.next(now: .zero) { active.append(upload) }
    #expect(active.count == 5)
    for one: UInt64 in 0..<3 { #expect(active.count { $0.member == member(one) } <= 2) }
    queue.finished(active[0].token)
    let next = queue.next(now: .zero)
    let none = queue.next(now: .zero)
    #expect(next != nil && none == nil)
  }

  @Test("members in other racks hold one slot, whoever asked first")
  func farMembers() {
    var queue = queue()
    for token: ExchangeToken in 1...4 { _ = queue.append(upload(token, to: token, isFar: true)) }
    for token: ExchangeToken in 5...6 { _ = queue.append(upload(token, to: token)) }
    var sent: [ExchangeToken] = []
    while let upload = queue.next(now: .zero) { sent.append(upload.token) }
    #expect(sent == [1, 5, 6])
    queue.finished(5)
    let none = queue.next(now: .zero)
    #expect(none == nil, "the others are far")
    queue.finished(1)
    let next = queue.next(now: .zero)
    #expect(next?.token == 2)
  }

  @Test("one that takes its blocks slowly holds up nobody else")
  func slowMember() {
    var queue = queue()
    for token: ExchangeToken in 1...10 { _ = queue.append(upload(token, to: 1, isDemand: true)) }
    for token: ExchangeToken in 11...20 { _ = queue.append(upload(token, to: 2)) }
    let stuck = [queue.next(now: .zero), queue.next(now: .zero)]
    #expect(stuck.allSatisfy { $0?.member == member(1) })
    #expect(drain(&queue) == Array(11...20))
  }

  @Test("beyond its limit nothing is taken in, and there is room again when something was sent")
  func limit() {
    var queue = queue { $0.limit = 3 }
    let taken = (1...4).map { queue.append(upload($0)) }
    #expect(taken == [true, true, true, false])
    #expect(queue.count == 3 && queue.bytes == 300)
    // What is being sent counts until it is sent.
    let active = queue.next(now: .zero)
    let full = queue.append(upload(5))
    queue.finished(active?.token ?? 0)
    let again = queue.append(upload(6))
    #expect(!full && again)
  }

  @Test("what becomes urgent overtakes, in the order in which it was asked for")
  func urge() {
    var queue = queue()
    for token: ExchangeToken in 1...4 {
      _ = queue.append(upload(token, to: 1, block: UInt32(token)))
    }
    _ = queue.append(upload(5, to: 2, block: 3, isDemand: true))
    queue.urge(BlockKey(version: version(1), index: 3), of: member(1))
    queue.urge(BlockKey(version: version(1), index: 2), of: member(1))
    queue.urge(BlockKey(version: version(1), index: 4), of: member(7))
    #expect(drain(&queue) == [2, 3, 5, 1, 4])
  }

  @Test("what a member wants no more is not sent, and its number is told")
  func removal() {
    var queue = queue()
    for token: ExchangeToken in 1...4 {
      _ = queue.append(upload(token, to: token % 2, block: UInt32(token), isDemand: token > 2))
    }
    let one = queue.remove(member: member(1), key: BlockKey(version: version(1), index: 3))
    let other = queue.remove(member: member(0), key: BlockKey(version: version(1), index: 3))
    let rest = queue.remove(member: member(0))
    #expect(one == [3] && other.isEmpty && Set(rest) == [2, 4])
    #expect(queue.count == 1 && queue.bytes == 100)
    queue.remove(tokens: [1, 77])
    #expect(queue.count == 0 && queue.bytes == 0)
    #expect(drain(&queue).isEmpty)
  }

  @Test("a number that is not being sent finishes nothing")
  func finishedTwice() {
    var queue = queue()
    _ = queue.append(upload(1))
    _ = queue.append(upload(2))
    queue.finished(1)
    #expect(queue.count == 2)
    let first = queue.next(now: .zero)
    queue.finished(first?.token ?? 0)
    queue.finished(first?.token ?? 0)
    #expect(queue.count == 1 && queue.bytes == 100)
  }

  @Test("under a limit of the rate no more goes than the limit and half a second's worth")
  func rate() {
    var queue = queue { $0.bytesPerSecond = 1000 }
    for token: ExchangeToken in 1...1000 { _ = queue.append(upload(token)) }
    var sent = 0
    for step in 0...1000 {
      while let upload = queue.next(now: .milliseconds(10 * step)) {
        sent += upload.bytes
        queue.finished(upload.token)
      }
    }
    #expect(sent >= 10_000 && sent <= 10_000 + 500 + 100)
  }

  @Test("when more may go is known, and more goes then and not before")
  func nextAllowed() throws {
    var queue = queue { $0.bytesPerSecond = 1000 }
    for token: ExchangeToken in 1...3 { _ = queue.append(upload(token, bytes: 2000)) }
    let first = queue.next(now: .zero)
    #expect(first != nil)
    queue.finished(first?.token ?? 0)
    let moment = try #require(queue.nextAllowed(now: .zero))
    #expect(moment == .milliseconds(1500))
    let early = queue.next(now: moment - .milliseconds(1))
    let then = queue.next(now: moment + .milliseconds(1))
    #expect(early == nil && then != nil)
    let idle = self.queue { $0.bytesPerSecond = 1000 }
    #expect(idle.nextAllowed(now: .zero) == nil)
  }

  @Test("an idle time saves up no more than half a second's worth, nor does a clock that jumps")
  func savings() {
    var queue = queue { $0.bytesPerSecond = 1000 }
    for token: ExchangeToken in 1...100 { _ = queue.append(upload(token)) }
    _ = queue.next(now: .zero).map { queue.finished($0.token) }
    var sent = 0
    while let upload = queue.next(now: .seconds(3600)) {
      sent += upload.bytes
      queue.finished(upload.token)
    }
    #expect(sent <= 600)
    let back = queue.next(now: .zero)
    #expect(back == nil)
  }
}

/// Random histories against a model that keeps everything in one list.
@Suite struct UploadQueueModelTests {
  private struct Model {
    var queue: UploadQueue
    var settings: UploadQueue.Settings
    var waiting: [UploadQueue.Upload] = []
    var active: [UploadQueue.Upload] = []

    var count: Int { waiting.count + active.count }
    var bytes: Int { (waiting + active).reduce(0) { $0 + $1.bytes } }

    init() {
      settings = UploadQueue.Settings()
      settings.limit = 40
      queue = UploadQueue(settings: settings)
    }

    /// What has to come next.
    var expected: UploadQueue.Upload? {
      guard active.count < settings.slots else { return nil }
      return waiting.filter { one in
        active.count { $0.member == one.member } < settings.slotsPerMember
      }
      .min { ($0.isDemand ? 0 : 1, $0.turn) < ($1.isDemand ? 0 : 1, $1.turn) }
    }

    mutating func append(_ upload: UploadQueue.Upload) {
      let isTaken = queue.append(upload)
      #expect(isTaken == (count < settings.limit))
      if isTaken { waiting.append(upload) }
    }

    mutating func next() {
      let expected = expected
      let next = queue.next(now: .zero)
      #expect(next == expected)
      guard let next else { return }
      waiting.removeAll { $0.token == next.token }
      active.append(next)
    }

    mutating func finish(_ place: Int) {
      guard active.indices.contains(place) else { return }
      queue.finished(active.remove(at: place).token)
    }

    mutating func remove(_ member: MemberID, _ key: BlockKey?) {
      let isMeant = { (upload: UploadQueue.Upload) in
        upload.member == member && (key == nil || upload.key == key)
      }
      let tokens = queue.remove(member: member, key: key)
      #expect(Set(tokens) == Set(waiting.filter(isMeant).map(\.token)))
      waiting.removeAll(where: isMeant)
    }

    mutating func remove(tokens: Set<ExchangeToken>) {
      queue.remove(tokens: tokens)
      waiting.removeAll { tokens.contains($0.token) }
    }

    mutating func urge(_ key: BlockKey, _ member: MemberID) {
      queue.urge(key, of: member)
      for place in waiting.indices
      where waiting[place].key == key && waiting[place].member == member {
        waiting[place].isDemand = true
      }
    }
  }

  @Test(
    "whatever happens in whatever order, count and bytes are those of what waits or is being sent",
    arguments: UInt64(1)...30)
  func histories(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var model = Model()
    var turns = Array(UInt64(1)...600).shuffled(using: &random)
    for step in 0..<600 {
      let one = member(UInt64.random(in: 1...4, using: &random))
      let key = BlockKey(version: version(1), index: UInt32.random(in: 0..<6, using: &random))
      switch Int.random(in: 0..<12, using: &random) {
      case 0..<5:
        model.append(
          UploadQueue.Upload(
            token: ExchangeToken(step), key: key, member: one,
            isDemand: Bool.random(using: &random), bytes: Int.random(in: 0...999, using: &random),
            turn: turns.removeLast()))
      case 5..<7: model.next()
      case 7..<9: model.finish(Int.random(in: 0..<4, using: &random))
      case 9: model.remove(one, Bool.random(using: &random) ? nil : key)
      case 10: model.urge(key, one)
      default:
        model.remove(
          tokens: Set((0..<20).map { _ in ExchangeToken(Int.random(in: 0...step, using: &random)) })
        )
      }
      #expect(model.queue.count == model.count && model.queue.bytes == model.bytes)
    }
    while model.count > 0 {
      model.next()
      model.finish(0)
    }
    #expect(model.queue.count == 0 && model.queue.bytes == 0, "seed \(seed)")
  }
}

import BlockCache
import Membership
import Testing

@testable import Placement

/// What a member that lies, floods or talks nonsense can do: nothing that lasts.
@Suite struct ExchangeLiarsTests {
  private let file = exchanged(at: 4, among: [1, 2, 3, 4])
  private let own = exchanged(at: 1, among: [1, 2, 3, 4])

  private func peer(_ change: (inout Exchange.Settings) -> Void = { _ in }) -> Peer {
    Peer(1, among: [2, 3, 4], change)
  }

  @Test("answers to questions that nobody asked change nothing")
  func uninvited() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    for call: ExchangeCall in [0, 2, 77, .max] {
      var directives = peer.located(call, at: 3) + peer.located(call, nil)
      for outcome in [TakeOutcome.arrived, .refused(.missing), .refused(.busy), .failed, .wrong] {
        directives += peer.taken(call, outcome)
      }
      for outcome in [OriginOutcome.arrived, .gone, .busy, .failed, .refused] {
        directives += peer.originAnswered(call, outcome)
      }
      directives += peer.originAnswered(call, .elsewhere(member(3)))
      #expect(directives.isEmpty)
    }
    #expect(peer.exchange.wantedCount == 1 && peer.exchange.progress == 0)
    let answer = peer.located(locate.call, at: 3)
    #expect(answer.takes.count == 1)
  }

  @Test("an answer of another kind than the question's changes nothing but that question")
  func otherKind() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let take = try #require(peer.located(locate.call, at: 3).takes.first)
    let answered = peer.statusAnswered(take.call, 9)
    #expect(answered.isEmpty && peer.exchange.wantedCount == 1)
    // The wish is met all the same.
    let directives = peer.wait(.seconds(4)).map(\.directive)
    #expect(!directives.reads.isEmpty || !directives.locates.isEmpty)
  }

  @Test("a home that names this member itself is passed over")
  func namesAsker() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let directives = peer.located(locate.call, at: 1)
    #expect(directives.takes.isEmpty)
    #expect(directives.locates.count == 1 && directives.locates.first?.at != member(4))
  }

  @Test("a home that names ever other members whom nobody knows is passed over")
  func namesStrangers() throws {
    var peer = peer()
    var directives = peer.want([0], of: file, isDemand: false)
    var rounds: UInt64 = 0
    while let locate = directives.locates.first, rounds < 200 {
      rounds += 1
      #expect(locate.request.excluded.count <= LocateRequest.excludedLimit)
      directives = peer.located(locate.call, at: 1000 + rounds)
    }
    #expect(rounds <= UInt64(LocateRequest.excludedLimit) + 4)
    #expect(directives.reads.count == 1, "and the metadata server is asked")
  }

  @Test("a member that answers signs of life and never sends holds up a reader no longer than 3 s")
  func neverSends() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    _ = peer.located(locate.call, at: 3)
    let directives = peer.wait(.seconds(4)) { _, now in UInt64(now / .milliseconds(50)) }
    let read = directives.first { $0.directive.isRead }
    #expect(read?.at == .seconds(3))
  }

  @Test("a block behind the end of the file is missing, and not wanted for anybody")
  func behindTheEnd() {
    var peer = peer()
    for index: UInt32 in [4, 5, 1000, .max - 1, .max] {
      let directives = peer.takeAsked(ExchangeToken(index), by: 2, own, index)
      #expect(directives == [.refuse(ExchangeToken(index), .missing)])
    }
    #expect(peer.exchange.wantedCount == 0 && peer.exchange.waitingCount == 0)
  }

  @Test("a chunk behind the end of the file, or one with no number, is got for nobody")
  func absurdChunk() {
    var peer = peer()
    for number: UInt32 in [1, 2, 0x3fff_ffff, 0x4000_0000, .max] {
      let directives = peer.locateAsked(9, by: 2, own, chunk: number)
      #expect(directives == [.answerLocate(9, .nobody)])
    }
    #expect(peer.exchange.wantedCount == 0)
  }

  @Test("bits beyond the chunk's blocks ask for nothing")
  func absurdBits() {
    var peer = peer()
    _ = peer.locateAsked(9, by: 2, own, wanted: 0xffff_fff0)
    #expect(peer.exchange.wantedCount == 0)
    _ = peer.locateAsked(9, by: 2, own, wanted: .max)
    #expect(peer.exchange.wantedCount <= 4)
  }

  @Test("a long list of excluded members removes none that is not on it")
  func longExclusion() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(3), holds: (0..<4).map(own.key))
    for token: ExchangeToken in 1...20 {
      _ = peer.locateAsked(token, by: 2, own, excluded: Array(1000...3000))
    }
    let directives = peer.locateAsked(99, by: 4, own)
    guard case .parent(let parent, _) = directives.answers.first else {
      Issue.record("\(directives)")
      return
    }
    // The holder, or who waits for it already.
    #expect([member(2), member(3)].contains(parent) && peer.exchange.wantedCount == 0)
  }

  @Test("a flood of TAKEs keeps no more than its limits, and all that is refused is answered")
  func takeFlood() {
    var peer = peer {
      $0.wantedLimit = 50
      $0.parkedLimit = 60
      $0.uploads.limit = 70
    }
    let large = exchanged(3, blocks: 10_000)
    var answered: Set<ExchangeToken> = []
    for token: ExchangeToken in 0..<5000 {
      let directives = peer.takeAsked(
        token, by: 2 + token % 3, large, UInt32(token % 2500), held: token % 5 == 0)
      answered.formUnion(directives.refusals.keys)
      answered.formUnion(directives.sends)
      #expect(peer.exchange.wantedCount <= 50 && peer.exchange.waitingCount <= 130)
    }
    #expect(answered.count == 5000 - peer.exchange.waitingCount + peer.exchange.uploadsActive)
  }

  @Test("a flood of LOCATEs wants no more than wantedLimit, and each is answered")
  func locateFlood() {
    var peer = peer {
      $0.wantedLimit = 50
      $0.tracker.chunkLimit = 64
    }
    var answers = 0
    for token: ExchangeToken in 0..<3000 {
      let directives = peer.locateAsked(
        token, by: 2 + token % 3, exchanged(token, blocks: 4), excluded: [2, 3])
      answers += directives.answers.count
      #expect(peer.exchange.wantedCount <= 50 && peer.exchange.tracker.count <= 64)
    }
    #expect(answers == 3000)
  }

  @Test("made-up cancels, urges and connections that end change nothing")
  func strayMessages() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    _ = peer.takeAsked(1, by: 2, file, 0)
    let count = peer.exchange.waitingCount
    let cancel = peer.exchange.cancelAsked(by: member(3), file.key(0))
    let urge = peer.exchange.urgeAsked(by: member(3), file.key(9), now: .zero)
    let abandoned = peer.exchange.abandoned([55, 66], now: .zero)
    #expect(cancel.isEmpty && urge.isEmpty && abandoned.isEmpty)
    #expect(peer.exchange.waitingCount == count && peer.exchange.wantedCount == 1)
    let answer = peer.located(locate.call, at: 3)
    #expect(answer.takes.count == 1)
  }

  @Test(
    "random nonsense from everybody leaves tables within their limits and wishes that end",
    arguments: UInt64(1)...12)
  func nonsense(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var peer = peer {
      $0.wantedLimit = 64
      $0.parkedLimit = 64
      $0.uploads.limit = 64
    }
    var calls: [ExchangeCall] = []
    for step in 0..<3000 {
      let one = UInt64.random(in: 1...6, using: &random)
      let file = exchanged(UInt64.random(in: 1...5, using: &random), blocks: 16)
      let index = UInt32.random(in: 0..<20, using: &random)
      let call =
        calls.randomElement(using: &random) ?? ExchangeCall.random(in: 0...9, using: &random)
      var directives: [ExchangeDirective] = []
      switch Int.random(in: 0..<14, using: &random) {
      case 0: directives = peer.want([index % 16], of: file, isDemand: step % 2 == 0)
      case 1: directives = peer.located(call, at: one)
      case 2: directives = peer.located(call, .nobody)
      case 3:
        let outcomes = [TakeOutcome.arrived, .refused(.busy), .refused(.missing), .failed, .wrong]
        directives = peer.taken(call, outcomes[step % 5])
      case 4:
        let outcomes = [OriginOutcome.arrived, .elsewhere(member(one)), .busy, .failed, .gone]
        directives = peer.originAnswered(call, outcomes[step % 5])
      case 5:
        directives = peer.locateAsked(
          ExchangeToken(step), by: one, file, chunk: index / 4, wanted: UInt32(step),
          excluded: [one], held: UInt32(step / 3))
      case 6:
        directives = peer.takeAsked(
          ExchangeToken(step), by: one, file, index, isAssigned: step % 3 == 0,
          held: step % 4 == 0)
      case 7: directives = peer.exchange.cancelAsked(by: member(one), file.key(index))
      case 8: directives = peer.exchange.urgeAsked(by: member(one), file.key(index), now: peer.now)
      case 9: directives = peer.exchange.chased(file.key(index), member(one), now: peer.now)
      case 10: directives = peer.exchange.sent(ExchangeToken(step / 2), now: peer.now)
      case 11: directives = peer.statusAnswered(call, step % 2 == 0 ? one : nil)
      case 12:
        directives = peer.exchange.disconnected(
          from: member(one), now: peer.now, random: &peer.random)
      default: directives = peer.wait(.milliseconds(50)).map(\.directive)
      }
      calls += directives.takes.map(\.call) + directives.reads.map(\.call)
      calls += directives.locates.map(\.call) + directives.statuses.map(\.call)
      if calls.count > 40 { calls.removeFirst(calls.count - 40) }
      #expect(peer.exchange.wantedCount <= 64 && peer.exchange.waitingCount <= 128)
      #expect(peer.exchange.parkedCount == peer.exchange.parked.values.reduce(0) { $0 + $1.count })
      for (key, block) in peer.exchange.pending { #expect(block.asked.count <= 3, "\(key)") }
    }
    for file: UInt64 in 1...5 { _ = peer.exchange.forget(version(file)) }
    #expect(peer.exchange.wantedCount == 0 && peer.exchange.parkedCount == 0)
    #expect(peer.exchange.chunks.isEmpty && peer.exchange.sourcesAsked.isEmpty)
  }
}

extension Exchange {
  /// Blocks being sent now: `waitingCount` counts them too.
  fileprivate var uploadsActive: Int {
    var queue = uploads
    var active = 0
    for token in ExchangeToken(0)..<5000 {
      let before = queue.count
      queue.finished(token)
      active += before - queue.count
    }
    return active
  }
}

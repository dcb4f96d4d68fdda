import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct ExchangeWatchingTests {
  private let file = exchanged(at: 4, among: [1, 2, 3, 4])
  private let settings = Exchange.Settings()

  /// Member 1 waits for two blocks of member 3.
  private func waiting(isDemand: Bool = true) throws -> Peer {
    var peer = Peer(1, among: [2, 3, 4])
    let locate = try #require(peer.want([0, 1], of: file, isDemand: isDemand).locates.first)
    let takes = peer.located(locate.call, at: 3).takes
    #expect(takes.count == 2)
    return peer
  }

  @Test("a silent source is asked for a sign of life, and left when it gives none")
  func silent() throws {
    var peer = try waiting()
    let directives = peer.wait(.seconds(1))
    let asked = try #require(directives.first { $0.directive.isStatus })
    #expect(asked.at == settings.statusAfter)
    let left = try #require(directives.first { $0.directive.isCancel })
    #expect(left.at <= settings.statusAfter + settings.stallAfter + .milliseconds(50))
    let after = directives.filter { $0.at == left.at }.map(\.directive)
    #expect(Set(after.cancels.map(\.key.index)) == [0, 1])
    #expect(after.locates.first?.request.excluded.contains(member(3)) == true)
    #expect(peer.exchange.leftCount == 1)
  }

  @Test("one that says it cannot answer is left at once")
  func noStatus() throws {
    var peer = try waiting()
    let status = try #require(peer.wait(.milliseconds(100)).map(\.directive).statuses.first)
    let directives = peer.statusAnswered(status.call, nil)
    #expect(directives.cancels.count == 2 && peer.exchange.leftCount == 1)
  }

  @Test("one that is there and gets nothing done is left in about frozenAfter")
  func frozen() throws {
    var peer = try waiting()
    let directives = peer.wait(.seconds(2)) { one, _ in one == member(3) ? 7 : nil }
    let left = try #require(directives.first { $0.directive.isCancel })
    #expect(left.at >= settings.frozenAfter - .milliseconds(100))
    #expect(left.at <= settings.frozenAfter + .milliseconds(400))
  }

  @Test("one that waits itself and gets on is waited for")
  func progress() throws {
    var peer = try waiting(isDemand: false)
    let directives = peer.wait(.seconds(20)) { one, now in
      one == member(3) ? UInt64(now / .milliseconds(400)) : nil
    }
    #expect(directives.map(\.directive).cancels.isEmpty && peer.exchange.leftCount == 0)
  }

  @Test("who waits for a member sees that it waits for one that gets on")
  func passedOn() throws {
    var peer = try waiting(isDemand: false)
    let before = peer.exchange.progress
    _ = peer.wait(.seconds(5)) { one, now in
      one == member(3) ? UInt64(now / .milliseconds(400)) : nil
    }
    #expect(peer.exchange.progress > before)
  }

  @Test("bytes of whatever kind are a sign of life")
  func heard() throws {
    var peer = try waiting()
    var statuses = 0
    for _ in 0..<3 {
      peer.exchange.heard(from: member(3), at: peer.now + .milliseconds(40))
      statuses += peer.wait(.milliseconds(50)).map(\.directive).statuses.count
    }
    #expect(statuses == 0 && peer.exchange.leftCount == 0)
    // An older sign than the last one, and one of somebody else, change nothing.
    peer.exchange.heard(from: member(3), at: .zero)
    peer.exchange.heard(from: member(99), at: .seconds(9))
    let quiet = peer.wait(.milliseconds(50)).map(\.directive)
    #expect(quiet.statuses.isEmpty)
  }

  @Test("a block that somebody waited for too long is asked of the metadata server")
  func lastResort() throws {
    var peer = try waiting()
    let directives = peer.wait(.seconds(4)) { one, now in
      one == member(3) ? UInt64(now / .milliseconds(50)) : nil
    }
    let reads = directives.filter { $0.directive.isRead }
    #expect(reads.map(\.at) == [settings.lastResortAfter, settings.lastResortAfter])
    #expect(reads.map(\.directive).reads.allSatisfy { $0.request.insists })
    let read = try #require(reads.map(\.directive).reads.first)
    let arrived = peer.originAnswered(read.call, .arrived)
    #expect(arrived.cancels.map(\.at) == [member(3)])
  }

  @Test("while other blocks come from its source, a block is only late: the last resort waits")
  func lateButComing() throws {
    var peer = try waiting()
    var byteCount: UInt64 = 0
    var reads: [Duration] = []
    while peer.now < settings.lastResortLimit + .seconds(1) {
      byteCount += 100_000
      peer.exchange.heard(from: member(3), at: peer.now + .milliseconds(40), byteCount: byteCount)
      reads += peer.wait(.milliseconds(50)).filter { $0.directive.isRead }.map(\.at)
    }
    #expect(reads == [settings.lastResortLimit, settings.lastResortLimit])
  }

  @Test("a source whose answers take long is given as long again, to a limit")
  func slowAnswers() throws {
    var peer = try waiting()
    let first = try #require(peer.wait(.milliseconds(100)).map(\.directive).statuses.first)
    _ = peer.wait(.milliseconds(200))
    #expect(peer.statusAnswered(first.call, 1).isEmpty)
    // Asked again at 100 ms of silence, it is left after 2 · 200 ms more.
    let directives = peer.wait(.seconds(1))
    let asked = try #require(directives.first { $0.directive.isStatus })
    let left = try #require(directives.first { $0.directive.isCancel })
    #expect(left.at - asked.at == .milliseconds(400))
  }

  @Test("one that was left for its silence and is heard of after all is used again, with patience")
  func leftTooSoon() throws {
    var peer = try waiting()
    _ = peer.wait(.milliseconds(500))
    #expect(peer.exchange.leftCount == 1)
    #expect(peer.exchange.isAvoided(member(3), now: peer.now))
    #expect(peer.exchange.membersListenedTo.contains(member(3)))
    peer.exchange.heard(from: member(3), at: peer.now)
    #expect(!peer.exchange.isAvoided(member(3), now: peer.now))
    #expect(
      peer.exchange.patience(with: member(3), atLeast: settings.stallAfter)
        == settings.patienceLimit)
  }

  @Test("one that was left for its silence and then sent wrong bytes is not used again")
  func wrongAfterSilence() throws {
    var peer = Peer(1, among: [2, 3, 4])
    let locate = try #require(peer.want([0, 1], of: file, isDemand: true).locates.first)
    let take = try #require(peer.located(locate.call, at: 3).takes.first)
    _ = peer.wait(.milliseconds(500))
    #expect(peer.exchange.leftCount == 1)
    #expect(peer.taken(take.call, .wrong).contains { $0 == .accuse(member(3)) })
    peer.exchange.heard(from: member(3), at: peer.now)
    let end = peer.now + settings.quarantineFor
    #expect(peer.exchange.isAvoided(member(3), now: end - .milliseconds(50)))
  }

  @Test("a home that sent wrong bytes and then does not answer stays passed over as long")
  func silenceAfterWrong() throws {
    var peer = Peer(1, among: [2, 3, 4])
    let wanted = peer.want([0, 1], of: file, isDemand: true)
    let locate = try #require(wanted.locates.first)
    peer.exchange.avoid(locate.at, for: settings.quarantineFor, now: peer.now)
    let end = peer.now + settings.quarantineFor
    _ = peer.located(locate.call, nil as LocateAnswer?)
    #expect(peer.exchange.isAvoided(locate.at, now: end - .milliseconds(50)))
  }

  @Test("a silence that a killed source leaves is not patience with it")
  func goneIsGone() throws {
    var peer = try waiting()
    _ = peer.exchange.disconnected(from: member(3), now: peer.now, random: &peer.random)
    peer.exchange.heard(from: member(3), at: peer.now)
    #expect(peer.exchange.isAvoided(member(3), now: peer.now))
  }

  @Test("a part of a block is progress, an answer's few bytes are not")
  func partOfBlock() throws {
    for (bytes, isLeft) in [(UInt64(100), true), (4096, false)] {
      var peer = try waiting()
      var count: UInt64 = 10_000
      var cancels = 0
      for _ in 0..<40 {
        count += bytes
        peer.exchange.heard(from: member(3), at: peer.now + .milliseconds(40), byteCount: count)
        let directives = peer.wait(.milliseconds(50)) { one, _ in one == member(3) ? 7 : nil }
        cancels += directives.map(\.directive).cancels.count
      }
      #expect((cancels > 0) == isLeft)
    }
  }

  @Test("a home that is heard of has its answer behind something else, for a while")
  func homeBehindBlocks() throws {
    var peer = Peer(1, among: [2, 3, 4])
    let locate = try #require(peer.want([0], of: file, isDemand: true).locates.first)
    var first: Duration?
    for _ in 0..<60 where first == nil {
      peer.exchange.heard(from: locate.at, at: peer.now + .milliseconds(40))
      let directives = peer.wait(.milliseconds(50))
      first = directives.first { $0.directive.isLocate || $0.directive.isRead }?.at
    }
    let passedOver = try #require(first)
    #expect(passedOver >= settings.locateLimit)
    #expect(passedOver <= settings.locateLimit + .milliseconds(100))
  }

  @Test("a metadata server that is busy at the last resort is asked again")
  func lastResortAgain() throws {
    var peer = try waiting()
    var reads = 0
    for _ in 0..<200 where reads < 4 {
      let directives = peer.wait(.milliseconds(50)) { one, now in
        one == member(3) ? UInt64(now / .milliseconds(50)) : nil
      }
      for read in directives.map(\.directive).reads {
        reads += 1
        _ = peer.originAnswered(read.call, .busy)
      }
    }
    #expect(reads >= 4, "two blocks, each asked for again")
  }

  @Test("what nobody waits for is not asked of the metadata server as a last resort")
  func aheadIsPatient() throws {
    var peer = try waiting(isDemand: false)
    let directives = peer.wait(.seconds(10)) { one, now in
      one == member(3) ? UInt64(now / .milliseconds(50)) : nil
    }
    #expect(directives.map(\.directive).reads.isEmpty)
  }

  @Test("a member that was left is not asked for five seconds, and then again")
  func avoided() throws {
    var peer = try waiting()
    _ = peer.exchange.disconnected(from: member(3), now: peer.now, random: &peer.random)
    let other = exchanged(at: 4, among: [1, 2, 3, 4].reversed(), blocks: 8)
    try peer.exchange.contents.learn(member(3), holds: (4..<8).map(other.key))
    let now = peer.want([4], of: other)
    #expect(now.takes.isEmpty)
    peer.now = .milliseconds(5001)
    let later = peer.want([5], of: exchanged(77))
    let homed = exchanged(at: 1, among: [1, 2, 3, 4])
    try peer.exchange.contents.learn(member(3), holds: [homed.key(0)])
    let again = peer.want([0], of: homed)
    #expect(later.takes.isEmpty && again.takes.map(\.from) == [member(3)])
  }

  @Test("answers about signs of life that nobody asked for change nothing")
  func uninvited() throws {
    var peer = try waiting()
    let before = peer.exchange.progress
    for call: ExchangeCall in [0, 1, 2, 3, 99, .max] {
      let answered = peer.statusAnswered(call, 5)
      let failed = peer.statusAnswered(call, nil)
      #expect(answered.isEmpty && failed.isEmpty)
    }
    #expect(peer.exchange.progress == before && peer.exchange.leftCount == 0)
  }

  @Test("a clock that jumps forward by an hour leaves who is silent, and loses no wish")
  func jump() throws {
    var peer = try waiting()
    peer.now = .seconds(3600)
    let directives = peer.wait(.seconds(1)).map(\.directive)
    #expect(directives.failures.isEmpty && peer.exchange.wantedCount == 2)
    #expect(!directives.reads.isEmpty)
  }

  @Test("nothing is to be ticked where nothing is under way")
  func deadline() throws {
    let idle = Peer(1, among: [2])
    #expect(idle.exchange.nextDeadline(now: .zero) == nil)
    let busy = try waiting()
    #expect(busy.exchange.nextDeadline(now: .zero) == .milliseconds(50))
  }
}

import BlockCache
import Contents
import Membership
import Testing

@testable import Placement

@Suite struct ExchangeFetchingTests {
  /// Member 1 among 2, 3, 4, and a file whose home is 4.
  private let file = exchanged(at: 4, among: [1, 2, 3, 4], blocks: 4)

  /// A file whose home is member 1 itself.
  private let homed = exchanged(at: 1, among: [1, 2, 3, 4], blocks: 4)

  private func peer(_ change: (inout Exchange.Settings) -> Void = { _ in }) -> Peer {
    Peer(1, among: [2, 3, 4], change)
  }

  @Test("who is alone asks the metadata server, once for each block")
  func alone() {
    var peer = Peer(1, among: [])
    let first = peer.want([0, 1], of: file)
    let again = peer.want([0, 1], of: file)
    #expect(first.reads.map(\.request.index) == [0, 1] && first.count == 2)
    #expect(first.reads.allSatisfy { !$0.request.insists && $0.request.excluded.isEmpty })
    #expect(again.isEmpty && peer.exchange.wantedCount == 2)
    for read in first.reads { _ = peer.originAnswered(read.call, .arrived) }
    #expect(peer.exchange.wantedCount == 0 && peer.exchange.nextDeadline(now: .zero) == nil)
  }

  @Test("a chunk's blocks are asked about at its home in one question")
  func locate() {
    var peer = peer()
    let directives = peer.want([0, 1, 3], of: file)
    #expect(directives.count == 1)
    #expect(directives.locates.map(\.at) == [member(4)])
    #expect(directives.locates.first?.request.wanted == 0b1011)
    #expect(directives.locates.first?.request.isDemand == true)
  }

  @Test("what comes to be wanted while the home is asked goes with the answer")
  func joined() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let more = peer.want([1, 2], of: file)
    let takes = peer.located(locate.call, at: 3).takes
    #expect(more.isEmpty)
    #expect(takes.map(\.request.index) == [0, 1, 2])
    #expect(takes.allSatisfy { $0.from == member(3) && $0.request.isAssigned })
  }

  @Test("a chunk's other blocks are asked of the same member without another question")
  func formerParent() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let take = try #require(peer.located(locate.call, at: 3).takes.first)
    _ = peer.taken(take.call, .arrived)
    let later = peer.want([1], of: file)
    #expect(later.takes.map(\.from) == [member(3)] && later.count == 1)
  }

  @Test("a home itself asks a holder that gossip names, and does not tell it that it has to get it")
  func holder() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(2), holds: [homed.key(0)])
    let directives = peer.want([0, 1], of: homed)
    #expect(directives.takes.map(\.from) == [member(2)])
    #expect(directives.takes.first?.request.isAssigned == false)
    #expect(directives.reads.map(\.request.index) == [1])
  }

  @Test("who is not the home asks it even where a holder is known: it spreads the askers")
  func holderBehindHome() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(2), holds: [file.key(0)])
    let directives = peer.want([0], of: file)
    #expect(directives.takes.isEmpty && directives.locates.map(\.at) == [member(4)])
  }

  @Test("of holders the nearest are asked, and one that has less to do")
  func nearest() throws {
    let file = exchanged(at: 1, among: [1, 2, 3])
    for seed: UInt64 in 1...20 {
      var peer = Peer(1, among: [])
      peer.random = SeededGenerator(seed: seed)
      for one: UInt64 in 1...5 {
        peer.exchange.insert(neighbor(one, zone: one < 4 ? "near" : "far"))
      }
      for one: UInt64 in 2...5 {
        try peer.exchange.contents.learn(member(one), holds: [file.key(0)])
      }
      peer.exchange.setLoad(member(2), capacity: 1_000_000, queueSeconds: 30)
      let takes = peer.want([0], of: file).takes
      #expect(takes.allSatisfy { [member(2), member(3)].contains($0.from) } && takes.count == 1)
    }
  }

  @Test("where no member knows anybody, each asked once, the metadata server is asked")
  func nobody() throws {
    var peer = peer()
    var directives = peer.want([0, 1], of: file)
    var homes: [MemberID] = []
    while let locate = directives.locates.first, homes.count < 10 {
      homes.append(locate.at)
      directives = peer.located(locate.call, .nobody)
    }
    #expect(homes.first == member(4) && Set(homes).count == homes.count)
    #expect(directives.reads.map(\.request.index) == [0, 1] && directives.count == 2)
  }

  @Test("a home that does not answer is passed over, and its late answer changes nothing")
  func silentHome() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let directives = peer.wait(.milliseconds(500))
    let next = try #require(directives.map(\.directive).locates.first)
    #expect(next.at != member(4) && next.request.excluded.contains(member(4)))
    #expect(directives.first?.at == .milliseconds(400))
    let late = peer.located(locate.call, at: 3)
    #expect(late.isEmpty)
  }

  @Test("a member that does not have it, or is busy, is left out and the home asked for another")
  func refusals() throws {
    for refusal in [TakeRefusal.missing, .busy] {
      var peer = peer()
      let locate = try #require(peer.want([0], of: file).locates.first)
      let take = try #require(peer.located(locate.call, at: 3).takes.first)
      let again = try #require(peer.taken(take.call, .refused(refusal)).locates.first)
      #expect(again.at == member(4) && again.request.excluded == [member(3)])
      let other = peer.located(again.call, at: 2)
      #expect(other.takes.map(\.from) == [member(2)])
    }
  }

  @Test("a member named again that did not send it is not asked again: the home is passed over")
  func namedAgain() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let take = try #require(peer.located(locate.call, at: 3).takes.first)
    let again = try #require(peer.taken(take.call, .refused(.missing)).locates.first)
    let directives = peer.located(again.call, at: 3)
    #expect(directives.takes.isEmpty && directives.locates.allSatisfy { $0.at != member(4) })
    #expect(directives.count == 1)
  }

  @Test("a wrong block is asked for elsewhere, its sender accused and not asked for ten minutes")
  func wrong() throws {
    var peer = peer()
    for one: UInt64 in [2, 3] {
      try peer.exchange.contents.learn(member(one), holds: (0..<4).map(homed.key))
    }
    let take = try #require(peer.want([0], of: homed).takes.first)
    let liar = take.from
    let directives = peer.taken(take.call, .wrong)
    #expect(directives.accused == [liar])
    #expect(directives.takes.count == 1 && directives.takes.first?.from != liar)
    #expect(directives.failures.isEmpty)
    for minutes in [1, 5, 9] {
      peer.now = .seconds(60 * minutes)
      _ = peer.exchange.tick(now: peer.now, random: &peer.random)
      let other = exchanged(homed.version.file.low + UInt64(1000 * minutes))
      for one: UInt64 in [2, 3] {
        try peer.exchange.contents.learn(member(one), holds: [other.key(0)])
      }
      #expect(peer.want([0], of: other).takes.allSatisfy { $0.from != liar })
    }
  }

  @Test("all that a member which sent a wrong block was asked for is asked elsewhere")
  func wrongLeaves() throws {
    var peer = peer()
    let locate = try #require(peer.want([0, 1, 2], of: file).locates.first)
    let takes = peer.located(locate.call, at: 3).takes
    let directives = peer.taken(takes[1].call, .wrong)
    #expect(Set(directives.cancels.map(\.key.index)).isSuperset(of: [0, 2]))
    #expect(directives.cancels.allSatisfy { $0.at == member(3) })
    #expect(directives.locates.first?.request.wanted == 0b101 || !directives.locates.isEmpty)
    #expect(peer.exchange.wantedCount == 3)
  }

  @Test("the metadata server's word for another member is followed, once it is usable")
  func elsewhere() throws {
    var peer = Peer(1, among: [2])
    let own = exchanged(at: 1, among: [1, 2])
    let read = try #require(peer.want([0], of: own).reads.first)
    let directives = peer.originAnswered(read.call, .elsewhere(member(2)))
    #expect(directives.takes.map(\.from) == [member(2)])
    let again = peer.taken(try #require(directives.takes.first).call, .refused(.missing))
    let second = try #require(again.reads.first)
    #expect(second.request.excluded == [member(2)])
    let third = peer.originAnswered(second.call, .elsewhere(member(2)))
    #expect(third.reads.count == 1 && third.takes.isEmpty)
  }

  @Test("a metadata server that names ever other members is told at last that bytes are wanted")
  func endlessElsewhere() throws {
    var peer = Peer(1, among: [])
    var read = try #require(peer.want([0], of: file).reads.first)
    var rounds = 0
    while !read.request.insists {
      rounds += 1
      let directives = peer.originAnswered(read.call, .elsewhere(member(UInt64(100 + rounds))))
      read = try #require(directives.reads.first)
      #expect(read.request.excluded.count <= LocateRequest.excludedLimit)
      if rounds > 20 { break }
    }
    #expect(rounds <= 6)
  }

  @Test("a busy metadata server is asked again after a while, and not for ever")
  func busyOrigin() throws {
    var peer = Peer(1, among: [])
    var asked = 0
    var failures: [BlockKey: ExchangeFailure] = [:]
    var directives = peer.want([0], of: file)
    while failures.isEmpty, asked < 100 {
      for read in directives.reads {
        asked += 1
        let now = peer.originAnswered(read.call, .busy)
        #expect(now.reads.isEmpty, "not at once")
        failures.merge(now.failures) { one, _ in one }
      }
      directives = peer.wait(.milliseconds(50)).map(\.directive)
    }
    #expect(asked == 12 && failures == [file.key(0): .unavailable])
    #expect(peer.exchange.wantedCount == 0)
  }

  @Test("where everybody refuses, the metadata server is asked, and in the end the wish fails")
  func allRefuse() throws {
    var peer = peer()
    var directives = peer.want([0], of: file)
    var steps = 0
    var failures: [BlockKey: ExchangeFailure] = [:]
    var asked: Set<MemberID> = []
    while failures.isEmpty, steps < 100 {
      steps += 1
      var next: [ExchangeDirective] = []
      for locate in directives.locates {
        next += peer.located(locate.call, at: 2 + UInt64(steps % 3))
      }
      for take in directives.takes {
        asked.insert(take.from)
        next += peer.taken(take.call, .refused(.busy))
      }
      for read in directives.reads { next += peer.originAnswered(read.call, .failed) }
      next += peer.wait(.milliseconds(50)).map(\.directive)
      failures = next.failures
      directives = next
    }
    #expect(failures == [file.key(0): .unavailable] && !asked.isEmpty)
    #expect(peer.exchange.wantedCount == 0 && peer.exchange.nextDeadline(now: .zero) == nil)
  }

  @Test("a file that the metadata server gives to nobody fails")
  func refused() throws {
    var peer = Peer(1, among: [])
    let read = try #require(peer.want([0], of: file).reads.first)
    #expect(peer.originAnswered(read.call, .refused).failures == [file.key(0): .unavailable])
  }

  @Test("when a version is gone all its blocks fail, here and for those who wait, in their order")
  func versionGone() throws {
    var peer = Peer(1, among: [2])
    let large = exchanged(3, blocks: 400)
    let other = exchanged(at: 1, among: [1, 2])
    let directives = peer.want(Array(0..<400), of: large)
    _ = peer.want([0], of: other)
    let waiting = peer.takeAsked(70, by: 2, large, 399)
    #expect(waiting.isEmpty)
    let gone = peer.exchange.forget(large.version)
    let failed = gone.compactMap { if case .fail(let key, _) = $0 { key.index } else { nil } }
    #expect(Set(failed) == Set(0..<400) && gone.failures.values.allSatisfy { $0 == .versionGone })
    #expect(failed == failed.sorted(), "the order depends on nothing but the blocks")
    #expect(gone.refusals == [70: .missing])
    #expect(peer.exchange.wantedCount == 1 && peer.exchange.waitingCount == 0)
    // Answers that come after all change nothing.
    for locate in directives.locates {
      let late = peer.located(locate.call, at: 2)
      #expect(late.isEmpty)
    }
  }

  @Test("the metadata server's word that the version is gone fails every block of it")
  func originGone() throws {
    var peer = Peer(1, among: [])
    let reads = peer.want([0, 1, 2], of: file).reads
    let gone = peer.originAnswered(reads[1].call, .gone)
    #expect(gone.failures.count == 3)
    let late = peer.originAnswered(reads[0].call, .arrived)
    #expect(late.failures.isEmpty && peer.exchange.wantedCount == 0)
  }

  @Test("beyond wantedLimit a wish fails at once, and nothing is kept of it")
  func wantedLimit() {
    var peer = Peer(1, among: []) { $0.wantedLimit = 10 }
    let large = exchanged(3, blocks: 400)
    let directives = peer.want(Array(0..<400), of: large)
    #expect(directives.reads.count == 10 && directives.failures.count == 390)
    #expect(peer.exchange.wantedCount == 10)
    _ = peer.originAnswered(directives.reads[0].call, .arrived)
    let more = peer.want([50], of: large)
    #expect(more.reads.count == 1)
  }

  @Test("what becomes urgent is told to whoever was asked for it, once")
  func urgent() throws {
    var peer = peer()
    let locate = try #require(peer.want([0, 1], of: file, isDemand: false).locates.first)
    let takes = peer.located(locate.call, at: 3).takes
    #expect(takes.allSatisfy { !$0.request.isDemand })
    let urged = peer.want([1], of: file)
    let again = peer.want([1], of: file)
    #expect(urged == [.urge(file.key(1), at: member(3))] && again.isEmpty)
    var alone = Peer(1, among: [])
    _ = alone.want([0], of: file, isDemand: false)
    let origin = alone.want([0], of: file)
    #expect(origin == [.urgeOrigin(file.key(0))])
  }

  @Test("an answer that is here after all ends the wish, and the second source is told")
  func lateAnswer() throws {
    var peer = peer()
    let locate = try #require(peer.want([0], of: file).locates.first)
    let take = try #require(peer.located(locate.call, at: 3).takes.first)
    let left = peer.exchange.disconnected(from: member(3), now: .zero, random: &peer.random)
    let second = try #require(left.locates.first)
    let other = try #require(peer.located(second.call, at: 2).takes.first)
    let late = peer.taken(take.call, .arrived)
    #expect(late.cancels.map(\.at) == [member(2)] && peer.exchange.wantedCount == 0)
    let nothing = peer.taken(other.call, .arrived)
    #expect(nothing.isEmpty)
  }

  @Test("a member that refuses what was cancelled is not said to lack it")
  func cancelledIsNoLie() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(2), holds: [homed.key(0)])
    let take = try #require(peer.want([0], of: homed).takes.first)
    let left = peer.exchange.disconnected(from: member(2), now: .zero, random: &peer.random)
    #expect(left.cancels.map(\.at) == [member(2)])
    _ = peer.taken(take.call, .refused(.missing))
    #expect(peer.exchange.contents.holders(of: homed.key(0)) == [member(2)])
  }

  @Test("a member that lacks what it says it holds is not asked for it again for a while")
  func disproved() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(2), holds: [homed.key(0)])
    let take = try #require(peer.want([0], of: homed).takes.first)
    _ = peer.taken(take.call, .refused(.missing))
    #expect(peer.exchange.contents.holders(of: homed.key(0)).isEmpty)
  }

  @Test("what a member which is gone was asked for is asked elsewhere, and nothing told to it")
  func memberGone() throws {
    var peer = peer()
    let locate = try #require(peer.want([0, 1], of: file).locates.first)
    _ = peer.located(locate.call, at: 3)
    let directives = peer.remove(3)
    #expect(directives.cancels.isEmpty)
    #expect(directives.locates.map(\.at) == [member(4)])
    #expect(directives.locates.first?.request.wanted == 0b11)
    #expect(peer.exchange.leftCount == 1)
  }
}

import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct ExchangeServingTests {
  /// Member 1 is the home of the file among 1, 2, 3, 4.
  private let file = exchanged(at: 1, among: [1, 2, 3, 4])

  private func peer(_ change: (inout Exchange.Settings) -> Void = { _ in }) -> Peer {
    Peer(1, among: [2, 3, 4], change)
  }

  @Test("a block that is held is sent, and the next one when it was")
  func sends() {
    var peer = peer { $0.uploads.slots = 1 }
    let first = peer.takeAsked(1, by: 2, file, 0, held: true)
    let second = peer.takeAsked(2, by: 3, file, 1, held: true)
    #expect(first == [.send(1, file.key(0), to: member(2))] && second.isEmpty)
    #expect(peer.exchange.waitingCount == 2)
    let next = peer.exchange.sent(1, now: .zero)
    #expect(next == [.send(2, file.key(1), to: member(3))])
    _ = peer.exchange.sent(2, now: .zero)
    #expect(peer.exchange.waitingCount == 0)
  }

  @Test("a block that is neither held nor wanted is missing, unless a home named this member")
  func missing() {
    var peer = peer()
    let found = peer.takeAsked(1, by: 2, file, 0, isAssigned: false)
    #expect(found == [.refuse(1, .missing)] && peer.exchange.wantedCount == 0)
    let assigned = peer.takeAsked(2, by: 2, file, 0)
    #expect(assigned.reads.map(\.request.index) == [0])
    #expect(peer.exchange.wantedCount == 1 && peer.exchange.waitingCount == 1)
  }

  @Test("whoever waits for a block gets it when it is here")
  func parked() throws {
    var peer = peer { $0.uploads.slots = 8 }
    let read = try #require(peer.want([0], of: file).reads.first)
    for one: UInt64 in 2...4 {
      let parked = peer.takeAsked(one, by: one, file, 0, isAssigned: false)
      #expect(parked.isEmpty)
    }
    let arrived = peer.originAnswered(read.call, .arrived)
    #expect(arrived.sends.sorted() == [2, 3, 4])
  }

  @Test("the metadata server is told how many wait behind the asker")
  func waitingCount() throws {
    var peer = peer()
    let read = try #require(peer.want([0], of: file).reads.first)
    for one: UInt64 in 2...4 { _ = peer.takeAsked(one, by: one, file, 0) }
    _ = peer.originAnswered(read.call, .busy)
    let again = try #require(peer.wait(.milliseconds(150)).map(\.directive).reads.first)
    #expect(again.request.waiting == 3)
  }

  @Test("what one waits for is urgent all the way up")
  func urgeTravelsUp() throws {
    let far = exchanged(at: 4, among: [1, 2, 3, 4])
    var peer = peer()
    let locate = try #require(peer.want([0, 1], of: far, isDemand: false).locates.first)
    _ = peer.located(locate.call, at: 3)
    _ = peer.takeAsked(1, by: 2, far, 0, isDemand: false)
    let take = peer.takeAsked(2, by: 2, far, 1, isDemand: true)
    #expect(take == [.urge(far.key(1), at: member(3))])
    let urge = peer.exchange.urgeAsked(by: member(2), far.key(0), now: .zero)
    #expect(urge == [.urge(far.key(0), at: member(3))])
    let again = peer.exchange.urgeAsked(by: member(2), far.key(0), now: .zero)
    #expect(again.isEmpty)
  }

  @Test("URGE puts what waits to be sent in front, for the asker only")
  func urgeInQueue() {
    var peer = peer {
      $0.uploads.slots = 1
      $0.uploads.slotsPerMember = 1
    }
    for token: ExchangeToken in 1...4 {
      _ = peer.takeAsked(
        token, by: token % 2 + 2, file, UInt32(token % 2), isDemand: false, held: true)
    }
    let urge = peer.exchange.urgeAsked(by: member(2), file.key(0), now: .zero)
    let next = peer.exchange.sent(1, now: .zero)
    #expect(urge.isEmpty && next.sends == [2])
  }

  @Test("CANCEL takes back what waits, and is answered; what is being sent is sent")
  func cancel() throws {
    var peer = peer { $0.uploads.slots = 1 }
    let read = try #require(peer.want([3], of: file).reads.first)
    for (token, index) in [(1, 0), (2, 1), (3, 3)] as [(ExchangeToken, UInt32)] {
      _ = peer.takeAsked(token, by: 2, file, index, held: index < 3)
    }
    _ = peer.takeAsked(4, by: 3, file, 3)
    let waiting = peer.exchange.cancelAsked(by: member(2), file.key(1))
    let parked = peer.exchange.cancelAsked(by: member(2), file.key(3))
    let active = peer.exchange.cancelAsked(by: member(2), file.key(0))
    #expect(waiting == [.refuse(2, .missing)] && parked == [.refuse(3, .missing)])
    #expect(active.isEmpty && peer.exchange.waitingCount == 2)
    let arrived = peer.originAnswered(read.call, .arrived)
    let next = peer.exchange.sent(1, now: .zero)
    #expect(arrived.isEmpty && next.sends == [4])
  }

  @Test("beyond parkedLimit and the queue's limit one is told that this member is busy")
  func limits() {
    var peer = peer {
      $0.parkedLimit = 3
      $0.uploads.limit = 3
    }
    _ = peer.want([0], of: file)
    for token: ExchangeToken in 1...500 {
      let parked = peer.takeAsked(token, by: 2, file, 0)
      #expect(parked == (token > 3 ? [.refuse(token, .busy)] : []))
    }
    for token: ExchangeToken in 501...1000 {
      let queued = peer.takeAsked(token, by: 3, file, 1, held: true)
      if token > 503 { #expect(queued == [.refuse(token, .busy)]) }
    }
    #expect(peer.exchange.waitingCount == 6)
  }

  @Test("what was parked beyond the queue's room is told so when the block is here")
  func queueFull() throws {
    var peer = peer {
      $0.uploads.limit = 2
      $0.uploads.slots = 1
    }
    let read = try #require(peer.want([0], of: file).reads.first)
    for one: UInt64 in 2...4 { _ = peer.takeAsked(one, by: one, file, 0) }
    let arrived = peer.originAnswered(read.call, .arrived)
    #expect(arrived.refusals == [4: .busy] && arrived.sends == [2])
    #expect(peer.exchange.waitingCount == 2)
  }

  @Test("nothing is sent to a member that is gone, nor on a connection that is")
  func gone() throws {
    var peer = peer { $0.uploads.slots = 1 }
    let read = try #require(peer.want([3], of: file).reads.first)
    for token: ExchangeToken in 1...3 {
      _ = peer.takeAsked(token, by: token + 1, file, 0, held: true)
    }
    for token: ExchangeToken in 11...13 { _ = peer.takeAsked(token, by: token - 9, file, 3) }
    let removed = peer.remove(3)
    #expect(removed == [.refuse(2, .busy), .refuse(12, .busy)])
    let abandoned = peer.exchange.abandoned([3, 13], now: .zero)
    #expect(abandoned.isEmpty && peer.exchange.waitingCount == 2)
    _ = peer.originAnswered(read.call, .arrived)
    let next = peer.exchange.sent(1, now: .zero)
    #expect(next.sends == [11])
    _ = peer.exchange.sent(11, now: .zero)
    #expect(peer.exchange.waitingCount == 0)
  }

  @Test("a home that holds the chunk names itself")
  func namesItself() {
    var peer = peer()
    let directives = peer.locateAsked(1, by: 2, file, held: 0b1111)
    #expect(directives.count == 1)
    guard case .parent(member(1), _) = directives.answers.first else {
      Issue.record("\(directives)")
      return
    }
  }

  @Test("a home that nobody asked before gets the chunk for all, each block once")
  func getsItForAll() {
    var peer = peer()
    var reads: [UInt32] = []
    var parents: [MemberID] = []
    for one: UInt64 in 2...4 {
      let directives = peer.locateAsked(one, by: one, file)
      reads += directives.reads.map(\.request.index)
      for case .parent(let parent, _) in directives.answers { parents.append(parent) }
    }
    #expect(reads == [0, 1, 2, 3])
    #expect(parents == [1, 2, 3].map(member), "each is put behind the one before")
  }

  @Test("a home names a member that gossip says holds the chunk")
  func namesHolder() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(3), holds: (0..<4).map(file.key))
    let directives = peer.locateAsked(1, by: 2, file)
    guard case .parent(member(3), _) = directives.answers.first else {
      Issue.record("\(directives)")
      return
    }
    #expect(directives.count == 1 && peer.exchange.wantedCount == 0)
  }

  @Test("who is excluded is not named, twice excluded not even to others")
  func excluded() throws {
    var peer = peer()
    try peer.exchange.contents.learn(member(3), holds: (0..<4).map(file.key))
    _ = peer.locateAsked(1, by: 2, file)
    for token: ExchangeToken in 2...3 {
      let directives = peer.locateAsked(token, by: token == 2 ? 2 : 4, file, excluded: [3])
      for case .parent(let parent, _) in directives.answers { #expect(parent != member(3)) }
    }
  }

  @Test("who drains, does not serve, or does not know the asker names nobody")
  func nobody() {
    var draining = peer()
    draining.exchange.isDraining = true
    let one = draining.locateAsked(1, by: 2, file, held: 0b1111)
    let take = draining.takeAsked(2, by: 2, file, 0)
    #expect(one == [.answerLocate(1, .nobody)] && take == [.refuse(2, .missing)])
    var silent = peer()
    silent.exchange.insert(neighbor(1, isServing: false))
    let two = silent.locateAsked(1, by: 2, file, held: 0b1111)
    #expect(two == [.answerLocate(1, .nobody)])
    var peer = peer()
    let three = peer.locateAsked(1, by: 77, file)
    #expect(three == [.answerLocate(1, .nobody)] && peer.exchange.wantedCount == 0)
  }

  @Test("who drains sends what it holds")
  func drainSends() {
    var peer = peer()
    peer.exchange.isDraining = true
    let directives = peer.takeAsked(1, by: 2, file, 0, held: true)
    #expect(directives.sends == [1])
  }

  @Test("of two that wait for each other the one with the lower number looks elsewhere")
  func twoCircle() throws {
    let far = exchanged(at: 4, among: [1, 2, 3, 4])
    var low = Peer(1, among: [2, 3, 4])
    var high = Peer(2, among: [1, 3, 4])
    let one = try #require(low.want([0], of: far).locates.first)
    _ = low.located(one.call, at: 2)
    let other = try #require(high.want([0], of: far).locates.first)
    _ = high.located(other.call, at: 1)
    let turned = low.takeAsked(9, by: 2, far, 0)
    let stays = high.takeAsked(9, by: 1, far, 0)
    #expect(turned.cancels.map(\.at) == [member(2)])
    #expect(turned.locates.first?.request.excluded == [member(2)])
    #expect(stays.isEmpty && low.exchange.waitingCount == 1)
  }

  @Test("two that take each other for the home do not wait for each other")
  func twoHomes() throws {
    let far = exchanged(at: 4, among: [1, 2, 3, 4])
    var peer = Peer(1, among: [2, 3, 4])
    let locate = try #require(peer.want([0], of: far).locates.first)
    #expect(locate.at == member(4))
    let asked = peer.locateAsked(1, by: 4, far, wanted: 0b1)
    #expect(asked.reads.map(\.request.index) == [0] || !asked.locates.isEmpty)
    #expect(!asked.locates.contains { $0.at == member(4) })
    let late = peer.located(locate.call, at: 4)
    #expect(late.isEmpty)
  }

  @Test("how long what is to be sent takes is its bytes at the rate, and nothing at no rate")
  func queueSeconds() {
    var peer = peer()
    for token: ExchangeToken in 1...4 { _ = peer.takeAsked(token, by: 2, file, 0, held: true) }
    #expect(peer.exchange.queueSeconds(at: Double(blockBytes)) == 4)
    #expect(peer.exchange.queueSeconds(at: 0) == 0)
  }
}

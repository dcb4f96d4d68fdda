import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct ExchangeChasingTests {
  private let settings = Exchange.Settings()

  /// Member `own` of a cluster waits for block 0 of a file for member `parent`.
  private func waiting(
    _ own: UInt64, for parent: UInt64, among members: [UInt64], _ file: ExchangedFile
  ) throws -> Peer {
    var peer = Peer(own, among: members.filter { $0 != own })
    let locate = try #require(peer.want([0], of: file).locates.first)
    #expect(peer.located(locate.call, at: parent).takes.map(\.from) == [member(parent)])
    return peer
  }

  @Test("who waited a while sends its number after the block, and again after a while")
  func chase() throws {
    let file = exchanged(at: 4, among: [1, 2, 3, 4])
    var peer = try waiting(2, for: 3, among: [1, 2, 3, 4], file)
    let directives = peer.wait(.milliseconds(600)) { one, now in UInt64(now / .milliseconds(50)) }
    let chases = directives.filter { $0.directive.isChase }
    #expect(
      chases.map(\.directive)
        == Array(repeating: .chase(file.key(0), member(2), at: member(3)), count: chases.count))
    #expect(chases.map(\.at) == [150, 300, 450, 600].map { .milliseconds($0) })
  }

  @Test("only lower numbers than the own are passed on, each once in a while")
  func passedOn() throws {
    let file = exchanged(at: 4, among: [1, 2, 3, 4])
    var peer = try waiting(2, for: 3, among: [1, 2, 3, 4], file)
    let lower = peer.exchange.chased(file.key(0), member(1), now: .zero)
    let again = peer.exchange.chased(file.key(0), member(1), now: .milliseconds(10))
    let later = peer.exchange.chased(file.key(0), member(1), now: .milliseconds(100))
    let higher = peer.exchange.chased(file.key(0), member(4), now: .zero)
    let passed = [ExchangeDirective.chase(file.key(0), member(1), at: member(3))]
    #expect(lower == passed && again.isEmpty && later == passed && higher.isEmpty)
  }

  @Test("a number that comes after a block which is not wanted is dropped")
  func notWanted() {
    var peer = Peer(2, among: [1, 3])
    for initiator: UInt64 in 1...3 {
      let directives = peer.exchange.chased(exchanged(1).key(0), member(initiator), now: .zero)
      #expect(directives.isEmpty)
    }
    #expect(peer.exchange.circleCount == 0)
  }

  @Test("a number that comes back where nobody waits for the block is made up, and dropped")
  func madeUp() throws {
    let file = exchanged(at: 4, among: [1, 2, 3, 4])
    var peer = try waiting(2, for: 3, among: [1, 2, 3, 4], file)
    let directives = peer.exchange.chased(file.key(0), member(2), now: .zero)
    #expect(directives.isEmpty && peer.exchange.circleCount == 0)
  }

  @Test("who hears of itself takes the block from the metadata server, once")
  func circle() throws {
    let file = exchanged(at: 4, among: [1, 2, 3, 4])
    var peer = try waiting(2, for: 3, among: [1, 2, 3, 4], file)
    _ = peer.takeAsked(5, by: 1, file, 0)
    let directives = peer.exchange.chased(file.key(0), member(2), now: .zero)
    let again = peer.exchange.chased(file.key(0), member(2), now: .seconds(1))
    #expect(directives.cancels.map(\.at) == [member(3)])
    #expect(directives.reads.map(\.request.insists) == [true])
    #expect(again.isEmpty && peer.exchange.circleCount == 1)
    let read = try #require(directives.reads.first)
    #expect(peer.originAnswered(read.call, .arrived).sends == [5])
  }

  /// Members 1 to n, each of whom waits for the next for block 0; n for the first.
  private func circle(of count: UInt64, _ file: ExchangedFile) throws -> [MemberID: Peer] {
    let members = Array(1...count + 1)
    var peers: [MemberID: Peer] = [:]
    for own in 1...count {
      peers[member(own)] = try waiting(own, for: own % count + 1, among: members, file)
    }
    for own in 1...count {
      let next = member(own % count + 1)
      // Larger circles than two are not noticed by who asks whom.
      let directives = peers[next]?.takeAsked(ExchangeToken(own), by: own, file, 0)
      #expect(directives?.isEmpty == true)
    }
    return peers
  }

  @Test("a circle of any size is broken by exactly one of its members", arguments: 3...9)
  func circles(count: Int) throws {
    let all = Array(1...UInt64(count) + 1)
    let file = exchanged(at: UInt64(count) + 1, among: all)
    var peers = try circle(of: UInt64(count), file)
    var reads: [MemberID] = []
    for _ in 0..<40 where reads.isEmpty {
      var chases: [(initiator: MemberID, at: MemberID)] = []
      for one in peers.keys.sorted() {
        let directives = peers[one]?.wait(.milliseconds(50)) { _, now in
          UInt64(now / .milliseconds(50))
        }
        chases += directives?.map(\.directive).chases.map { ($0.initiator, $0.at) } ?? []
      }
      while !chases.isEmpty {
        let (initiator, one) = chases.removeFirst()
        let now = peers[one]?.now ?? .zero
        let directives = peers[one]?.exchange.chased(file.key(0), initiator, now: now) ?? []
        chases += directives.chases.map { ($0.initiator, $0.at) }
        if !directives.reads.isEmpty { reads.append(one) }
        #expect(chases.count < 100, "numbers run round for ever")
      }
    }
    #expect(reads == [member(1)], "the lowest number's, and it alone")
    #expect(peers.values.reduce(0) { $0 + $1.exchange.circleCount } == 1)
  }

  @Test("a chain that leads into a circle does not run round in it", arguments: [1, 5] as [UInt64])
  func tail(outside: UInt64) throws {
    // 2 → 3 → 4 → 2, and the one outside waits for 2.
    let members: [UInt64] = [1, 2, 3, 4, 5, 6]
    let file = exchanged(at: 6, among: members)
    var peers: [MemberID: Peer] = [:]
    for (own, next) in [(2, 3), (3, 4), (4, 2), (outside, 2)] as [(UInt64, UInt64)] {
      peers[member(own)] = try waiting(own, for: next, among: members, file)
    }
    var messages = 0
    var place = member(2)
    while let next = peers[place]?.exchange.chased(file.key(0), member(outside), now: .zero)
      .chases.first, messages < 50
    {
      messages += 1
      place = next.at
    }
    #expect(messages <= 3)
  }
}

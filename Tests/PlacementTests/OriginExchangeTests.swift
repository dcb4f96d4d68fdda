import BlockCache
import Contents
import Membership
import Testing

@testable import Placement

@Suite struct OriginExchangeTests {
  private let file = exchanged(1, blocks: 4000)

  private func origin(
    _ members: ClosedRange<UInt64> = 1...8,
    _ change: (inout OriginExchange.Settings) -> Void = { _ in }
  ) -> OriginExchange {
    var settings = OriginExchange.Settings()
    change(&settings)
    var origin = OriginExchange(
      own: Neighbor(id: mds, locality: Locality()), contents: ContentsView(own: mds),
      settings: settings)
    for number in members { origin.insert(neighbor(number)) }
    return origin
  }

  private func request(
    _ index: UInt32, isDemand: Bool = true, excluded: [UInt64] = [], insists: Bool = false
  ) -> OriginRequest {
    OriginRequest(
      file: file, index: index, isDemand: isDemand, waiting: 0, excluded: excluded.map(member),
      insists: insists)
  }

  private func sent(_ directives: [OriginExchange.Directive]) -> [ExchangeToken] {
    directives.compactMap { if case .send(let token, _, _) = $0 { token } else { nil } }
  }

  /// Asks for blocks that nobody has, each token its own block.
  private func ask(
    _ origin: inout OriginExchange, _ tokens: ClosedRange<ExchangeToken>, by asker: UInt64,
    isDemand: Bool = true
  ) -> [ExchangeToken] {
    tokens.flatMap {
      sent(
        origin.asked(
          $0, by: member(asker), request(UInt32($0), isDemand: isDemand), now: .zero))
    }
  }

  @Test("no more is sent at one time than there are slots")
  func slots() {
    var origin = origin { $0.slots = 4 }
    let first = (1...8).flatMap { ask(&origin, $0 * 10...$0 * 10, by: $0) }
    #expect(first == [10, 20, 30, 40] && origin.waitingCount == 4)
    let next = sent(origin.sent(10))
    let again = origin.sent(10)
    #expect(next == [50] && again.isEmpty)
  }

  @Test("one member takes no more than its part of the slots")
  func slotsPerMember() {
    var origin = origin {
      $0.slots = 6
      $0.slotsPerMember = 2
    }
    let one = ask(&origin, 1...10, by: 1)
    let other = ask(&origin, 11...12, by: 2)
    #expect(one == [1, 2] && other == [11, 12])
    let next = sent(origin.sent(2))
    #expect(next == [3])
  }

  @Test("what a reader waits for is sent before what is fetched ahead, each in its order")
  func demandFirst() {
    var origin = origin {
      $0.slots = 1
      $0.slotsPerMember = 1
    }
    _ = ask(&origin, 1...1, by: 1)
    _ = ask(&origin, 2...3, by: 2, isDemand: false)
    _ = ask(&origin, 4...5, by: 3)
    _ = ask(&origin, 6...6, by: 4, isDemand: false)
    origin.urged(by: member(4), file.key(6))
    origin.urged(by: member(3), file.key(3))
    var order: [ExchangeToken] = []
    var last: ExchangeToken = 1
    while let next = sent(origin.sent(last)).first {
      order.append(next)
      last = next
    }
    #expect(order == [4, 5, 6, 2, 3])
  }

  @Test("a block is sent to one, all others are told who is about to have it")
  func onceEach() {
    var origin = origin(1...40)
    for one: UInt64 in 1...40 {
      let directives = origin.asked(
        one, by: member(one), request(0), now: .milliseconds(Int(one)))
      if one == 1 {
        #expect(sent(directives) == [1])
      } else if case .redirect(one, let other) = directives.first {
        #expect(other.rawValue < one && directives.count == 1)
      } else {
        Issue.record("\(one) was answered \(directives)")
      }
    }
    #expect(origin.redirectCount == 39)
  }

  @Test("who asks is told of members that hold the block, as gossip says")
  func holders() throws {
    var origin = origin()
    try origin.contents.learn(member(5), holds: [file.key(0)])
    let directives = origin.asked(1, by: member(1), request(0), now: .zero)
    #expect(directives == [.redirect(1, member(5))])
  }

  @Test("a holder that does not serve, or asks itself, is named to nobody")
  func uselessHolders() throws {
    var origin = origin()
    origin.insert(neighbor(5, isServing: false))
    for one: UInt64 in [1, 5] {
      try origin.contents.learn(member(one), holds: [file.key(0)])
    }
    let directives = origin.asked(1, by: member(1), request(0), now: .zero)
    #expect(sent(directives) == [1])
  }

  @Test("who does not want those that are named gets it itself, and who insists gets it at once")
  func insists() throws {
    var origin = origin()
    try origin.contents.learn(member(5), holds: [file.key(0), file.key(1)])
    let excluding = origin.asked(1, by: member(1), request(0, excluded: [5]), now: .zero)
    let insisting = origin.asked(2, by: member(2), request(1, insists: true), now: .zero)
    #expect(sent(excluding) == [1] && sent(insisting) == [2])
  }

  @Test("a member that two did not get a block from is not named for it any more")
  func strikes() {
    var origin = origin()
    _ = origin.asked(1, by: member(1), request(0), now: .zero)
    for token: ExchangeToken in 2...3 {
      _ = origin.asked(
        token, by: member(token), request(0, excluded: [1], insists: true), now: .zero)
    }
    for token: ExchangeToken in 4...8 {
      let directives = origin.asked(token, by: member(token), request(0), now: .zero)
      #expect(directives.first != .redirect(token, member(1)))
    }
  }

  @Test("who does not serve gets the block and is named to nobody")
  func readerOnly() {
    var origin = origin()
    origin.insert(neighbor(20, isServing: false))
    let own = origin.asked(1, by: member(20), request(0), now: .zero)
    let other = origin.asked(2, by: member(2), request(0), now: .zero)
    #expect(sent(own) == [1] && sent(other) == [2])
  }

  @Test("who asks again for what it was given gets it again: its cache may have lost it")
  func again() {
    var origin = origin()
    let first = origin.asked(1, by: member(1), request(0), now: .zero)
    let second = origin.asked(2, by: member(1), request(0), now: .seconds(9))
    #expect(sent(first) == [1] && sent(second) == [2])
  }

  @Test("beyond waitingLimit one is told to come again, and nothing is kept of it")
  func busy() {
    var origin = origin {
      $0.slots = 1
      $0.waitingLimit = 3
    }
    _ = ask(&origin, 1...4, by: 1)
    #expect(origin.waitingCount == 3)
    for token: ExchangeToken in 5...2000 {
      let directives = origin.asked(
        token, by: member(2), request(UInt32(token)), now: .zero)
      #expect(directives == [.busy(token)])
    }
    #expect(origin.waitingCount == 3)
    let other = origin.asked(9000, by: member(3), request(5), now: .zero)
    #expect(other == [.busy(9000)], "who was told to come again is not named as a source")
  }

  @Test("a member that is gone is told to come again, if it is there, and is named to nobody")
  func removal() throws {
    var origin = origin { $0.slots = 1 }
    try origin.contents.learn(member(5), holds: [file.key(500)])
    _ = ask(&origin, 1...1, by: 1)
    _ = ask(&origin, 2...4, by: 2)
    _ = ask(&origin, 5...5, by: 3)
    let dropped = origin.remove(member(2))
    let nothing = origin.remove(member(5))
    #expect(dropped == [.busy(2), .busy(3), .busy(4)] && nothing.isEmpty)
    #expect(origin.waitingCount == 1)
    let next = sent(origin.sent(1))
    #expect(next == [5])
    let was = origin.asked(6, by: member(4), request(2), now: .zero)
    let held = origin.asked(7, by: member(4), request(500), now: .zero)
    #expect(!was.contains(.redirect(6, member(2))) && held.isEmpty)
    #expect(origin.waitingCount == 2)
  }

  @Test("a slot that a member which is gone had is free when its block was sent")
  func slotOfGone() {
    var origin = origin { $0.slots = 1 }
    _ = ask(&origin, 1...1, by: 1)
    _ = ask(&origin, 2...2, by: 2)
    let dropped = origin.remove(member(1))
    #expect(dropped.isEmpty)
    let next = sent(origin.sent(1))
    #expect(next == [2])
  }

  @Test("who is not known as a member is served like one that does not serve")
  func stranger() {
    var origin = origin()
    let own = origin.asked(1, by: member(777), request(0), now: .zero)
    let other = origin.asked(2, by: member(2), request(0), now: .zero)
    #expect(sent(own) == [1] && sent(other) == [2])
  }
}

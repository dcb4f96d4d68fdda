import Testing

@testable import Membership

/// A queue whose items are 20 bytes long.
private final class TestQueue {
  var queue: RumorQueue

  init(limit: Int) { queue = RumorQueue(limit: limit) }

  var count: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }
  var dropped: UInt64 { queue.dropped }

  func add(_ bytes: [UInt8], on topic: RumorQueue.Topic) { queue.add(bytes, on: topic) }

  /// The first bytes of the items taken.
  func take(budget: Int, copies: Int = 1, most: Int = 4) -> [UInt8] {
    var writer = ByteWriter()
    queue.take(into: &writer, budget: budget, copies: copies, most: most)
    return stride(from: 0, to: writer.count, by: 20).map { writer.bytes[$0] }
  }
}

@Suite struct RumorQueueTests {
  private func item(_ number: UInt8, count: Int = 20) -> [UInt8] {
    [UInt8](repeating: number, count: count)
  }

  private func topic(_ number: UInt8) -> RumorQueue.Topic { .member(MemberID(UInt64(number))) }

  @Test("an item is taken as often as allowed, and no more")
  func limit() {
    let queue = TestQueue(limit: 10)
    queue.add(item(1), on: topic(1))
    let taken = (0..<6).map { _ in queue.take(budget: 100) }
    #expect(taken == [[1], [1], [1], [1], [], []])
    #expect(queue.isEmpty)
  }

  @Test("copies to several members count for as many")
  func copies() {
    let queue = TestQueue(limit: 10)
    queue.add(item(1), on: topic(1))
    let taken = (0..<3).map { _ in queue.take(budget: 100, copies: 3) }
    #expect(taken == [[1], [1], []])
  }

  @Test("those sent least often come first, and of those the oldest")
  func order() {
    let queue = TestQueue(limit: 10)
    for number: UInt8 in 1...3 { queue.add(item(number), on: topic(number)) }
    #expect(queue.take(budget: 40) == [1, 2])
    queue.add(item(4), on: topic(4))
    #expect(queue.take(budget: 60) == [3, 4, 1])
    #expect(queue.take(budget: 45) == [2, 3])
  }

  @Test("an item that does not fit waits for a larger datagram and lets smaller ones pass")
  func misfit() {
    let queue = TestQueue(limit: 10)
    queue.add(item(1, count: 60), on: topic(1))
    queue.add(item(2), on: topic(2))
    #expect(queue.take(budget: 50) == [2])
    #expect(queue.take(budget: 80) == [1, 1, 1, 2])
  }

  @Test("a newer item on a topic replaces the older one and starts anew")
  func replace() {
    let queue = TestQueue(limit: 10)
    queue.add(item(1), on: topic(1))
    _ = queue.take(budget: 20)
    queue.add(item(9), on: topic(1))
    #expect(queue.count == 1)
    let taken = (0..<5).map { _ in queue.take(budget: 100) }
    #expect(taken == [[9], [9], [9], [9], []])
  }

  @Test("a full queue drops the oldest of those sent most often, and counts it")
  func full() {
    let queue = TestQueue(limit: 3)
    for number: UInt8 in 1...3 { queue.add(item(number), on: topic(number)) }
    _ = queue.take(budget: 40)
    queue.add(item(4), on: topic(4))
    #expect(queue.dropped == 1 && queue.count == 3)
    #expect(queue.take(budget: 100) == [3, 4, 2])
  }

  @Test("items removed and replaced all the time leave nothing behind")
  func churn() {
    let queue = TestQueue(limit: 8)
    var random = SeededGenerator(1)
    for _ in 0..<5000 {
      let number = UInt8.random(in: 0..<20, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: queue.queue.remove(topic(number))
      case 1: _ = queue.take(budget: 60)
      default: queue.add(item(number), on: topic(number))
      }
      #expect(queue.count <= 8)
    }
    while !queue.isEmpty { _ = queue.take(budget: 1000) }
    #expect(queue.take(budget: 1000).isEmpty)
  }
}

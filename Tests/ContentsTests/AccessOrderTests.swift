import BlockCache
import Testing

@testable import Contents

@Suite struct AccessOrderTests {
  private func file(_ number: UInt64) -> FileID { FileID(high: ~number, low: number) }

  /// What one reader that reads `files` in this order teaches.
  private func read(_ files: [UInt64], _ order: inout AccessOrder) {
    var previous: FileID?
    for number in files {
      order.observe(file(number), after: previous)
      previous = file(number)
    }
  }

  private func next(_ order: AccessOrder, _ number: UInt64, limit: Int = 16) -> [UInt64] {
    order.likelyNext(after: file(number), limit: limit).map(\.low)
  }

  @Test("of what was never read nothing is known")
  func nothing() {
    var order = AccessOrder()
    #expect(next(order, 1).isEmpty)
    order.observe(file(1), after: nil)
    order.observe(file(1), after: file(1))
    #expect(next(order, 1).isEmpty && order.count == 1)
  }

  @Test("after one boot the next one's files are named in their order")
  func boot() {
    var order = AccessOrder()
    read(Array(0..<100), &order)
    #expect(next(order, 10, limit: 5) == [11, 12, 13, 14, 15])
    #expect(next(order, 97) == [98, 99])
    #expect(next(order, 5, limit: 0).isEmpty && next(order, 5, limit: -1).isEmpty)
  }

  @Test("the likelier one comes first, the unlikely one not at all, and nothing twice")
  func likelier() {
    var order = AccessOrder()
    for _ in 0..<3 { read([1, 2, 4], &order) }
    for _ in 0..<2 { read([1, 3, 2, 1], &order) }
    #expect(next(order, 1) == [2, 3, 4])
    for _ in 0..<40 { read([1, 2, 4], &order) }
    #expect(next(order, 1) == [2, 4])
    #expect(next(order, 3) == [2, 4])
  }

  @Test("what no longer follows fades")
  func fades() {
    var order = AccessOrder()
    for _ in 0..<300 { read([1, 2], &order) }
    for follower in UInt64(10)..<14 {
      for _ in 0..<300 { read([1, follower], &order) }
    }
    #expect(!next(order, 1).contains(2) && next(order, 1).first == 13)
  }

  @Test("at the limit a new file takes the place of one not observed lately, and of its successors")
  func limit() {
    var order = AccessOrder(limit: 100)
    read(Array(0..<100), &order)
    #expect(order.count == 100)
    // The first fifty are read again, fifty others for the first time.
    read(Array(0..<50), &order)
    read(Array(200..<250), &order)
    #expect(order.count == 100)
    #expect(next(order, 10, limit: 3) == [11, 12, 13])
    #expect(next(order, 210, limit: 3) == [211, 212, 213])
    #expect(next(order, 49).isEmpty && next(order, 60).isEmpty)
    var tiny = AccessOrder(limit: 0)
    read(Array(0..<1000), &tiny)
    #expect(tiny.count == 2 && next(tiny, 998) == [999])
  }

  @Test("a file that is forgotten is named no more, and its place is used again")
  func forget() {
    var order = AccessOrder(limit: 4)
    read([1, 2, 3], &order)
    order.forget(file(2))
    order.forget(file(2))
    #expect(next(order, 1).isEmpty && next(order, 2).isEmpty && order.count == 2)
    read([2, 3], &order)
    #expect(next(order, 2) == [3] && next(order, 1).isEmpty)
    read([7, 8, 9], &order)
    #expect(order.count <= 4 && next(order, 8) == [9])
  }

  @Test("50,000 files take less than 10 MB")
  func memory() {
    var order = AccessOrder()
    read(Array(0..<60_000), &order)
    #expect(order.count == 50_000 && order.approximateBytes < 10_000_000)
  }

  @Test("the same observations give the same predictions")
  func deterministic() {
    var results: [[UInt64]] = []
    for _ in 0..<2 {
      var generator = SeededGenerator(seed: 8)
      var order = AccessOrder(limit: 50)
      var predictions: [UInt64] = []
      for _ in 0..<500 {
        let (one, other) = (
          UInt64.random(in: 0..<80, using: &generator), UInt64.random(in: 0..<80, using: &generator)
        )
        order.observe(file(one), after: file(other))
        predictions += next(order, other, limit: 4)
      }
      results.append(predictions)
    }
    #expect(results[0] == results[1] && !results[0].isEmpty)
  }
}

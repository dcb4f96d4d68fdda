import NIOEmbedded
import Synchronization
import Testing

@testable import Transport

@Suite struct ByteBudgetTests {
  @Test(
    "nobody holds more than a sixteenth of what is free; who holds nothing may if there is enough"
  )
  func thresholds() {
    let budget = ByteBudget(limitBytes: 1600)
    #expect(budget.admits(holding: 1, more: 99))
    #expect(!budget.admits(holding: 1, more: 100))
    #expect(budget.admits(holding: 0, more: 1600))
    #expect(!budget.admits(holding: 0, more: 1601))
    budget.change(from: 0, to: 800)
    #expect(budget.admits(holding: 10, more: 40))
    #expect(!budget.admits(holding: 10, more: 41))
    budget.change(from: 800, to: 1600)
    #expect(budget.isExhausted && budget.isPressed)
    #expect(!budget.admits(holding: 0, more: 1))
    budget.change(from: 1600, to: 800)
    #expect(!budget.isExhausted && !budget.isPressed)
  }

  @Test("however many take all they can, the next one finds room")
  func greed() {
    let budget = ByteBudget(limitBytes: 512 << 20)
    for _ in 0..<64 {
      var held = 0
      while budget.admits(holding: held, more: 1 << 20) {
        budget.change(from: held, to: held + 1 << 20)
        held += 1 << 20
      }
      #expect(held > 0)
    }
    #expect(budget.admits(holding: 0, more: 8 << 20))
  }

  @Test("each return resumes one who waits, and a large one all; who gave up is not resumed")
  func waiting() {
    let loop = EmbeddedEventLoop()
    let budget = ByteBudget(limitBytes: 800)
    let resumed = Mutex<[UInt64]>([])
    for _ in 0..<8 { budget.change(from: 0, to: 100) }
    for id: UInt64 in 1...6 {
      budget.wait(id, .init(loop: loop) { resumed.withLock { $0.append(id) } })
    }
    budget.cancelWait(6)
    loop.run()
    #expect(resumed.withLock { $0.isEmpty })
    budget.change(from: 100, to: 99)
    budget.change(from: 99, to: 98)
    loop.run()
    #expect(resumed.withLock { $0.count } == 2)
    // Below seven eighths.
    budget.change(from: 98, to: 0)
    loop.run()
    #expect(Set(resumed.withLock { $0 }) == [1, 2, 3, 4, 5])
    budget.change(from: 100, to: 0)
    loop.run()
    #expect(resumed.withLock { $0.count } == 5)
  }

  @Test("a return that leaves no room resumes nobody")
  func noRoom() {
    let loop = EmbeddedEventLoop()
    let budget = ByteBudget(limitBytes: 100)
    budget.change(from: 0, to: 300)
    budget.wait(1, .init(loop: loop) { Issue.record("resumed") })
    budget.change(from: 300, to: 100)
    loop.run()
  }
}

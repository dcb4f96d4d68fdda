import NFSv4
import Testing

@testable import NFSServer

@Suite struct FileLocksTests {
  private let one = StateidOther(high: 1, low: 0)
  private let two = StateidOther(high: 2, low: 0)

  private func span(_ first: UInt64, _ last: UInt64) -> FileLocks.Span {
    FileLocks.Span(first: first, last: last)
  }

  /// What an owner holds, in order: "0-4w".
  private func text(_ locks: FileLocks, _ owner: StateidOther) -> [String] {
    locks.held.filter { $0.owner == owner }.sorted { $0.span.first < $1.span.first }
      .map { "\($0.span.first)-\($0.span.last)\($0.isExclusive ? "w" : "r")" }
  }

  @Test("ranges: nothing, everything, and beyond the last byte")
  func spans() throws {
    #expect(throws: Nfsstat4.NFS4ERR_INVAL) { try FileLocks.Span(offset: 0, length: 0) }
    #expect(throws: Nfsstat4.NFS4ERR_INVAL) { try FileLocks.Span(offset: 2, length: .max - 1) }
    #expect(try FileLocks.Span(offset: 1, length: .max - 1) == span(1, .max - 1))
    #expect(try FileLocks.Span(offset: 2, length: .max - 2) == span(2, .max - 1))
    #expect(try FileLocks.Span(offset: 5, length: .max) == span(5, .max))
    #expect(span(5, .max).length == .max && span(5, 5).length == 1)
  }

  @Test("a lock over an earlier one of the same owner replaces it and splits what is left")
  func splitting() {
    var locks = FileLocks()
    locks.lock(span(0, 99), isExclusive: true, owner: one)
    locks.lock(span(40, 59), isExclusive: false, owner: one)
    #expect(text(locks, one) == ["0-39w", "40-59r", "60-99w"])
    locks.unlock(span(50, 69), owner: one)
    #expect(text(locks, one) == ["0-39w", "40-49r", "70-99w"])
    locks.lock(span(0, .max), isExclusive: true, owner: one)
    #expect(text(locks, one) == ["0-\(UInt64.max)w"])
    locks.unlock(span(0, 0), owner: one)
    #expect(text(locks, one) == ["1-\(UInt64.max)w"])
    locks.unlock(span(0, .max), owner: one)
    #expect(locks.isEmpty)
  }

  @Test("neighbours of one kind and owner become one")
  func merging() {
    var locks = FileLocks()
    locks.lock(span(0, 9), isExclusive: true, owner: one)
    locks.lock(span(20, 29), isExclusive: true, owner: one)
    locks.lock(span(30, 39), isExclusive: false, owner: one)
    locks.lock(span(10, 19), isExclusive: true, owner: two)
    #expect(text(locks, one) == ["0-9w", "20-29w", "30-39r"])
    locks.lock(span(10, 19), isExclusive: true, owner: one)
    #expect(text(locks, one) == ["0-29w", "30-39r"])
    #expect(text(locks, two) == ["10-19w"])
    locks.lock(span(.max, .max), isExclusive: true, owner: one)
    locks.lock(span(.max - 1, .max - 1), isExclusive: true, owner: one)
    #expect(text(locks, one).last == "\(UInt64.max - 1)-\(UInt64.max)w")
  }

  @Test("readers share, writers exclude, and one's own locks are not in the way")
  func conflicts() {
    var locks = FileLocks()
    locks.lock(span(10, 19), isExclusive: false, owner: one)
    #expect(locks.conflict(span(0, .max), isExclusive: false, owner: two) == nil)
    #expect(locks.conflict(span(19, 30), isExclusive: true, owner: two)?.owner == one)
    #expect(locks.conflict(span(20, 30), isExclusive: true, owner: two) == nil)
    #expect(locks.conflict(span(0, 9), isExclusive: true, owner: two) == nil)
    #expect(locks.conflict(span(0, .max), isExclusive: true, owner: one) == nil)
    locks.lock(span(10, 10), isExclusive: true, owner: one)
    #expect(locks.conflict(span(10, 10), isExclusive: false, owner: nil)?.isExclusive == true)
  }

  @Test("who waits is ready when all that was in the way is gone, and asked once")
  func waiting() {
    var locks = FileLocks()
    locks.lock(span(0, 9), isExclusive: true, owner: one)
    locks.lock(span(10, 19), isExclusive: true, owner: two)
    let waiter = FileLocks.Waiter(
      clientid: 7, owner: [1], span: span(5, 15), isExclusive: false, since: .zero)
    locks.wait(waiter)
    locks.wait(waiter)
    #expect(locks.waiters.count == 1 && locks.takeReady().isEmpty)
    locks.removeAll(of: one)
    #expect(locks.takeReady().isEmpty)
    locks.unlock(span(10, 14), owner: two)
    #expect(locks.takeReady().isEmpty)
    locks.unlock(span(15, 15), owner: two)
    #expect(locks.takeReady().map(\.clientid) == [7])
    #expect(locks.takeReady().isEmpty && locks.waiters.isEmpty)
  }

  @Test("so many wait, and the one who waited longest is forgotten; in time everybody is")
  func waiterLimit() {
    var locks = FileLocks()
    for number in 0...FileLocks.waiterLimit {
      locks.wait(
        FileLocks.Waiter(
          clientid: UInt64(number), owner: [], span: span(0, 0), isExclusive: true,
          since: .seconds(number)))
    }
    #expect(locks.waiters.count == FileLocks.waiterLimit && locks.waiters.first?.clientid == 1)
    locks.forgetWaiters(since: .seconds(1000))
    #expect(locks.waiters.first?.clientid == 1000)
    locks.forgetWaiters(of: 1001)
    #expect(!locks.waiters.contains { $0.clientid == 1001 })
  }
}

/// What one reader of one file is likely to want next.
///
///     start → sequential, the window grows up to its limit → (a jump) random, no window
///               ▲                                                │
///               └──────── two accesses in a row ◀────────────────┘
///
/// The window grows fast: with many peers reading alike, what is asked for comes through a chain of
/// them, and only a window that is longer than the chain keeps all links busy.
///
/// A stock client sends the READs of its own read-ahead at once and they may arrive in any order:
/// an access within the window that was asked for already counts as sequential.
struct ReadAhead: Sendable {
  /// Blocks the window begins with.
  static let firstWindow: UInt32 = 4
  /// How much it grows with each access in a row.
  static let growth: UInt32 = 4

  private let limit: UInt32
  /// The block behind the last one that was wanted.
  private var expected: UInt32 = 0
  /// The block behind the last one that was asked for ahead.
  private var ahead: UInt32 = 0
  private var window: UInt32 = 0

  /// - Parameter limit: the most blocks the window grows to; 0 for no read-ahead.
  init(limit: UInt32) { self.limit = limit }

  /// Notes an access.
  /// - Parameters:
  ///   - blocks: what is read now; not empty.
  ///   - blockCount: of the file.
  /// - Returns: what to fetch ahead, maybe nothing.
  mutating func access(_ blocks: ClosedRange<UInt32>, blockCount: UInt32) -> Range<UInt32> {
    guard limit > 0, blocks.upperBound < blockCount else { return 0..<0 }
    let next = blocks.upperBound + 1
    // A read of less than a block comes back to the block it ended in.
    let isNear = blocks.lowerBound <= max(expected, ahead) && next &+ limit >= expected
    guard isNear else {
      window = 0
      expected = next
      ahead = next
      return 0..<0
    }
    if next > expected || window == 0 {
      window = min(limit, max(Self.firstWindow, window * Self.growth))
      expected = max(expected, next)
    }
    let end = min(blockCount, expected.addingReportingOverflow(window).partialValue)
    let start = max(ahead, expected)
    guard start < end, end - start >= max(1, window / 8) || end == blockCount else { return 0..<0 }
    ahead = end
    return start..<end
  }
}

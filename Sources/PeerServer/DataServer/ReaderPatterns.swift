/// The access patterns of readers, each named by its grant. At the limit all are forgotten: each
/// is found again within two READs.
struct ReaderPatterns: Sendable {
  private let limit: Int
  private let windowLimit: UInt32
  private var patterns: [UInt64: ReadAhead] = [:]

  init(limit: Int, windowLimit: UInt32) {
    self.limit = limit
    self.windowLimit = windowLimit
  }

  /// See `ReadAhead.access`.
  mutating func access(
    _ reader: UInt64, _ blocks: ClosedRange<UInt32>, blockCount: UInt32
  ) -> Range<UInt32> {
    // A file of one block has nothing ahead.
    guard blockCount > 1 else { return 0..<0 }
    if patterns.count >= limit, patterns[reader] == nil { patterns = [:] }
    return patterns[reader, default: ReadAhead(limit: windowLimit)]
      .access(blocks, blockCount: blockCount)
  }
}

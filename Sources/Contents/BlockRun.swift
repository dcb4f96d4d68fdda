/// Neighbouring blocks of one file version, from `first` to `last`, both included.
public struct BlockRun: Hashable, Sendable {
  /// The lowest block index.
  public var first: UInt32
  /// The highest block index, at least `first`.
  public var last: UInt32

  /// The blocks from `first` to `last`; `last` must not be below `first`.
  public init(first: UInt32, last: UInt32) {
    precondition(first <= last, "blocks \(first) to \(last)")
    self.first = first
    self.last = last
  }

  /// Every block that can be named.
  public static let everything = BlockRun(first: 0, last: .max)

  /// How many blocks these are: 1 to 2^32.
  public var count: Int { Int(last) - Int(first) + 1 }

  /// Both ends in one word, which sorts as the runs do.
  var packed: UInt64 { UInt64(first) << 32 | UInt64(last) }

  init(packed: UInt64) {
    first = UInt32(truncatingIfNeeded: packed >> 32)
    last = UInt32(truncatingIfNeeded: packed)
  }
}

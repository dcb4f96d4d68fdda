/// What a block store holds, and what it did since it was opened.
public struct BlockStoreStatistics: Hashable, Sendable {
  /// How many blocks can be read, those that wait to be written included.
  public var blocks = 0
  /// What the quota counts, in bytes: all files, rounded up to pages, with their reserves.
  public var bytes = 0
  /// The length of the records of the blocks on disk, in bytes.
  public var liveBytes = 0
  /// How many segment files there are.
  public var segments = 0
  /// The bytes of blocks that wait to be written.
  public var waitingBytes = 0
  /// Reads that gave a block.
  public var hits: UInt64 = 0
  /// Reads that did not.
  public var misses: UInt64 = 0
  /// Blocks that were written.
  public var writes: UInt64 = 0
  /// Blocks that were not written: the queue was full, the disk was, or the block did not fit.
  public var drops: UInt64 = 0
  /// Records that turned out to hold other bytes than were written there.
  public var damaged: UInt64 = 0
  /// Blocks that went to make room.
  public var evicted: UInt64 = 0
  /// Records that were rewritten to keep their blocks.
  public var moved: UInt64 = 0
  /// The disk is full or fails: nothing is written until a retry succeeds.
  public var passThrough = false
}

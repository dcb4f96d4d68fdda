/// What the writer of a disk cache has to do next, as ``BlockIndex/step(for:diskFreeBytes:)`` says.
/// Each is carried out, reported, and the next one asked for.
public enum BlockIndexStep: Hashable, Sendable {
  /// Create this segment, with a salt, and report ``BlockIndex/created(_:)``.
  case create(number: UInt64, queue: SegmentQueue)
  /// Write the block's record here and report ``BlockIndex/appended(_:at:)``, or
  /// ``BlockIndex/appendedDead(at:)`` where nobody wants the block any more.
  case append(BlockLocation)
  /// Copy a record, with a header for its new segment, and report ``BlockIndex/moved(_:)`` or
  /// ``BlockIndex/notMoved(_:)``.
  case move(BlockMove)
  /// Nothing is appended to this segment any more: write its checkpoint
  /// (``BlockIndex/checkpoint(of:)``). Nothing is reported.
  case seal(segment: UInt64)
  /// Delete the segment and its checkpoint and report ``BlockIndex/discarded(_:)`` or
  /// ``BlockIndex/notDiscarded(_:)``. Its blocks are forgotten already.
  case discard(segment: UInt64)
  /// The block is held already.
  case present
  /// The block cannot be stored now.
  case refuse(Refusal)
  /// Nothing.
  case idle

  /// Why a block is not stored.
  public enum Refusal: Hashable, Sendable {
    /// Its record does not fit the quota.
    case tooLarge
    /// The file system has less free space than the floor, and giving some back did not help.
    case belowFreeSpaceFloor
    /// There is no segment left to make room with, or the tables are full.
    case noRoom
  }
}

/// A record on its way from a segment that is given up to one that stays.
public struct BlockMove: Hashable, Sendable {
  /// Which block.
  public var key: BlockKey
  /// Where its record is.
  public var source: BlockLocation
  /// Where it goes.
  public var target: BlockLocation

  /// The move of `key` from `source` to `target`.
  public init(key: BlockKey, source: BlockLocation, target: BlockLocation) {
    self.key = key
    self.source = source
    self.target = target
  }
}

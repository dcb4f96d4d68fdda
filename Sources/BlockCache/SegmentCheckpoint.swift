public import NIOCore

/// What the index knows of one segment, written beside it so that the segment need not be scanned
/// after a restart. Nothing of it is needed: without it, or behind ``coveredBytes``, the segment's
/// own records say the same.
///
///     0   magic "P2SC" (4)  4  version (1)  5  queue (1)  6  zero (2)
///     8   segment number (8)   16  covered bytes (4)   20  record count (4)
///     24  block count (4)      28  zero (4)
///     32  block count × { file high (8), file low (8), change (8), index (4), offset (4),
///         record bytes (4), visits (1), zero (3) }
///     …   XXH3-64 of all before, seeded with the segment's salt (8)
///
/// Integers are big-endian.
public struct SegmentCheckpoint: Hashable, Sendable {
  /// One block of the segment.
  public struct Block: Hashable, Sendable {
    /// Which block.
    public var key: BlockKey
    /// Where its record begins, in bytes from the start of the segment.
    public var offset: UInt32
    /// The record's length in bytes, header included.
    public var recordBytes: UInt32
    /// How often the block was read, up to ``BlockIndex/mostVisits``.
    public var visits: UInt8

    /// A block whose record of `recordBytes` bytes begins at `offset`.
    public init(key: BlockKey, offset: UInt32, recordBytes: UInt32, visits: UInt8 = 0) {
      self.key = key
      self.offset = offset
      self.recordBytes = recordBytes
      self.visits = visits
    }
  }

  static let magic: UInt32 = 0x5032_5343
  static let formatVersion: UInt8 = 1
  static let fixedBytes = 40
  static let blockBytes = 40
  /// The most bytes a checkpoint may have; a longer file is not read. 4 GiB of the shortest
  /// records would need more: such a segment is scanned.
  public static let longestBytes = 1 << 30

  /// The segment's number.
  public var number: UInt64
  /// The log the segment belongs to now.
  public var queue: SegmentQueue
  /// Up to where the segment is described here, in bytes; records behind it are found by a scan.
  public var coveredBytes: UInt32
  /// How many records the covered bytes hold, with those whose block is gone.
  public var recordCount: UInt32
  /// The blocks that can be read from the segment.
  public var blocks: [Block]

  /// A checkpoint of the first `coveredBytes` of a segment.
  public init(
    number: UInt64, queue: SegmentQueue, coveredBytes: UInt32, recordCount: UInt32,
    blocks: [Block]
  ) {
    self.number = number
    self.queue = queue
    self.coveredBytes = coveredBytes
    self.recordCount = recordCount
    self.blocks = blocks
  }

  /// The length of a checkpoint of `blockCount` blocks in bytes.
  public static func encodedBytes(blockCount: Int) -> Int {
    fixedBytes + blockCount * blockBytes
  }

  /// The checkpoint's bytes, for the segment whose salt is `salt`.
  public func encoded(salt: UInt64) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(
      capacity: Self.encodedBytes(blockCount: blocks.count))
    buffer.writeInteger(Self.magic)
    buffer.writeInteger(Self.formatVersion)
    buffer.writeInteger(queue.rawValue)
    buffer.writeInteger(0 as UInt16)
    buffer.writeInteger(number)
    buffer.writeInteger(coveredBytes)
    buffer.writeInteger(recordCount)
    buffer.writeInteger(UInt32(clamping: blocks.count))
    buffer.writeInteger(0 as UInt32)
    for block in blocks {
      buffer.writeMultipleIntegers(
        block.key.version.file.high, block.key.version.file.low, block.key.version.change,
        block.key.index, block.offset, block.recordBytes, UInt32(block.visits) << 24)
    }
    buffer.writeInteger(xxh3Hash64(buffer, seed: salt))
    return buffer
  }

  /// Reads a checkpoint of `segment`, and throws unless it is whole, says `segment`'s number, and
  /// every block lies inside the covered bytes.
  public init(decoding buffer: ByteBuffer, of segment: SegmentHeader) throws(RecordError) {
    var buffer = buffer
    guard buffer.readableBytes >= Self.fixedBytes,
      let covered = buffer.getSlice(at: buffer.readerIndex, length: buffer.readableBytes - 8),
      let checksum = buffer.getInteger(
        at: buffer.readerIndex + buffer.readableBytes - 8, as: UInt64.self),
      let magic = buffer.readInteger(as: UInt32.self),
      let version = buffer.readInteger(as: UInt8.self),
      let queueValue = buffer.readInteger(as: UInt8.self),
      let zero = buffer.readInteger(as: UInt16.self),
      let number = buffer.readInteger(as: UInt64.self),
      let coveredBytes = buffer.readInteger(as: UInt32.self),
      let recordCount = buffer.readInteger(as: UInt32.self),
      let blockCount = buffer.readInteger(as: UInt32.self),
      let moreZero = buffer.readInteger(as: UInt32.self)
    else { throw .truncated }
    guard magic == Self.magic, version == Self.formatVersion else { throw .unrecognised }
    guard checksum == xxh3Hash64(covered, seed: segment.salt) else { throw .checksumMismatch }
    guard number == segment.number else { throw .otherBlock }
    guard zero == 0, moreZero == 0, let queue = SegmentQueue(rawValue: queueValue),
      coveredBytes >= SegmentHeader.encodedBytes, recordCount >= blockCount,
      buffer.readableBytes - 8 == Int(blockCount) * Self.blockBytes
    else { throw .fieldOutOfRange }
    var blocks: [Block] = []
    blocks.reserveCapacity(Int(blockCount))
    for _ in 0..<blockCount {
      guard
        let (high, low, change, index, offset, recordBytes, visits) =
          buffer.readMultipleIntegers(
            as: (UInt64, UInt64, UInt64, UInt32, UInt32, UInt32, UInt32).self)
      else { throw .truncated }
      guard visits & 0xFF_FFFF == 0, visits >> 24 <= UInt32(BlockIndex.mostVisits),
        recordBytes >= RecordHeader.encodedBytes,
        recordBytes <= RecordHeader.longestRecordBytes,
        offset >= SegmentHeader.encodedBytes, offset <= coveredBytes,
        recordBytes <= coveredBytes - offset
      else { throw .fieldOutOfRange }
      let version = FileVersion(file: FileID(high: high, low: low), change: change)
      blocks.append(
        Block(
          key: BlockKey(version: version, index: index), offset: offset,
          recordBytes: recordBytes, visits: UInt8(visits >> 24)))
    }
    self.init(
      number: number, queue: queue, coveredBytes: coveredBytes, recordCount: recordCount,
      blocks: blocks)
  }
}

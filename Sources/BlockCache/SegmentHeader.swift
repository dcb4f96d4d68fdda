public import NIOCore

/// Which of the two logs of the cache a segment belongs to (S3-FIFO's queues).
public enum SegmentQueue: UInt8, Sendable, CaseIterable {
  /// Where blocks begin: one pass over a large tree goes through here and leaves the rest alone.
  case probation = 0
  /// Blocks that were read again, or came back soon after they had been evicted.
  case main = 1
}

/// The first bytes of a segment file.
///
///     0   magic "P2SG" (4)   4   version (2)   5   queue (1)   6   zero (2)
///     8   number (8)         16  salt (8)      24  XXH3-64 of bytes 0..<24 (8)
///
/// Integers are big-endian.
public struct SegmentHeader: Hashable, Sendable {
  /// The length of the header in bytes; the first record follows at once.
  public static let encodedBytes = 32
  /// The format's version; segments of another are dropped.
  public static let formatVersion: UInt8 = 2
  static let magic: UInt32 = 0x5032_5347

  /// The segment's number, never used twice in one directory; later segments have higher ones.
  public var number: UInt64
  /// The log the segment was created for.
  public var queue: SegmentQueue
  /// A random number the shell draws for each segment. It seeds the checksums of the segment's
  /// records, so that no file's contents can pass for a record: whoever wrote the file could not
  /// know it.
  public var salt: UInt64

  /// The header of a segment to be created.
  public init(number: UInt64, queue: SegmentQueue, salt: UInt64) {
    self.number = number
    self.queue = queue
    self.salt = salt
  }

  /// The header's ``encodedBytes`` bytes.
  public func encoded() -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: Self.encodedBytes)
    buffer.writeInteger(Self.magic)
    buffer.writeInteger(Self.formatVersion)
    buffer.writeInteger(queue.rawValue)
    buffer.writeInteger(0 as UInt16)
    buffer.writeInteger(number)
    buffer.writeInteger(salt)
    buffer.writeInteger(xxh3Hash64(buffer, seed: 0))
    return buffer
  }

  /// Reads a header from the first ``encodedBytes`` readable bytes.
  public init(decoding buffer: inout ByteBuffer) throws(RecordError) {
    guard let covered = buffer.getSlice(at: buffer.readerIndex, length: 24),
      let magic = buffer.readInteger(as: UInt32.self),
      let version = buffer.readInteger(as: UInt8.self),
      let queueValue = buffer.readInteger(as: UInt8.self),
      let zero = buffer.readInteger(as: UInt16.self),
      let number = buffer.readInteger(as: UInt64.self),
      let salt = buffer.readInteger(as: UInt64.self),
      let checksum = buffer.readInteger(as: UInt64.self)
    else { throw .truncated }
    guard magic == Self.magic, version == Self.formatVersion else { throw .unrecognised }
    guard checksum == xxh3Hash64(covered, seed: 0) else { throw .checksumMismatch }
    guard zero == 0, let queue = SegmentQueue(rawValue: queueValue) else {
      throw .fieldOutOfRange
    }
    self.init(number: number, queue: queue, salt: salt)
  }
}

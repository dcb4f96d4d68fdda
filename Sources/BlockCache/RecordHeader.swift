public import NIOCore

/// What stands in front of a block's bytes in a segment: everything needed to know the block
/// again without an index.
///
///     0   magic "P2BR" (4)    4   version (1)      5   encoding (1)     6   zero (2)
///     8   segment (8)         16  file high (8)    24  file low (8)     32  change (8)
///     40  index (4)           44  plain bytes (4)  48  stored bytes (4) 52  zero (4)
///     56  digest high (8)     64  digest low (8)
///     72  XXH3-64 of the stored bytes (8)
///     80  the metadata server's seal, or zeros (64)
///     144 XXH3-64 of bytes 0..<144, seeded with the segment's salt (8)
///     152 state (1): 0, or anything else once the block was removed
///     153 the stored bytes
///
/// Integers are big-endian. The state is outside the checksum: one byte written in place removes
/// a record for good, and a flipped state byte loses a block and nothing else.
public struct RecordHeader: Hashable, Sendable {
  /// The length of the header in bytes.
  public static let encodedBytes = 153
  /// Where in the header the state byte is.
  public static let stateOffset = 152
  /// The state of a record that was removed.
  public static let removedState: UInt8 = 0xFF
  /// The longest record, header included.
  public static let longestRecordBytes = encodedBytes + BlockLimits.storedBytes
  static let formatVersion: UInt8 = 2
  static let magic: UInt32 = 0x5032_4252
  private static let coveredBytes = 144

  /// The block the record holds.
  public var key: BlockKey
  /// How the bytes are packed.
  public var encoding: BlockEncoding
  /// How many bytes the block has when it is unpacked.
  public var plainBytes: Int
  /// How many bytes follow the header.
  public var storedBytes: Int
  /// XXH3-128 of the plain bytes.
  public var digest: BlockDigest
  /// XXH3-64 of the stored bytes.
  public var checksum: UInt64
  /// The metadata server's signature, if the block has one.
  public var seal: BlockSeal?
  /// The record was marked as removed: its length still counts, its block does not.
  public var isRemoved: Bool

  /// The header of `block` under `key`, or nil if the block's lengths are none a block can have.
  public init?(of block: StoredBlock, key: BlockKey) {
    do { try block.checkLengths() } catch { return nil }
    self.key = key
    encoding = block.encoding
    plainBytes = block.plainBytes
    storedBytes = block.bytes.readableBytes
    digest = block.digest
    checksum = xxh3Hash64(block.bytes, seed: 0)
    seal = block.seal
    isRemoved = false
  }

  /// The record's length in bytes, header included.
  public var recordBytes: Int { Self.encodedBytes + storedBytes }

  /// The header's bytes as they stand in `segment`.
  public func encoded(in segment: SegmentHeader) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: Self.encodedBytes)
    buffer.writeInteger(Self.magic)
    buffer.writeInteger(Self.formatVersion)
    buffer.writeInteger(encoding.rawValue)
    buffer.writeInteger(0 as UInt16)
    buffer.writeInteger(segment.number)
    buffer.writeInteger(key.version.file.high)
    buffer.writeInteger(key.version.file.low)
    buffer.writeInteger(key.version.change)
    buffer.writeInteger(key.index)
    buffer.writeInteger(UInt32(clamping: plainBytes))
    buffer.writeInteger(UInt32(clamping: storedBytes))
    buffer.writeInteger(0 as UInt32)
    buffer.writeInteger(digest.high)
    buffer.writeInteger(digest.low)
    buffer.writeInteger(checksum)
    if let seal {
      seal.write(to: &buffer)
    } else {
      buffer.writeRepeatingByte(0, count: BlockSeal.byteCount)
    }
    buffer.writeInteger(xxh3Hash64(buffer, seed: segment.salt))
    buffer.writeInteger(isRemoved ? Self.removedState : 0)
    return buffer
  }

  /// Reads a header from the first ``encodedBytes`` readable bytes, and throws unless it was
  /// written for `segment` and every length is one a block can have.
  public init(decoding buffer: inout ByteBuffer, in segment: SegmentHeader) throws(RecordError) {
    guard buffer.readableBytes >= Self.encodedBytes,
      let covered = buffer.getSlice(at: buffer.readerIndex, length: Self.coveredBytes),
      let magic = buffer.readInteger(as: UInt32.self),
      let version = buffer.readInteger(as: UInt8.self),
      let encodingValue = buffer.readInteger(as: UInt8.self),
      let zero = buffer.readInteger(as: UInt16.self),
      let segmentNumber = buffer.readInteger(as: UInt64.self),
      let fileHigh = buffer.readInteger(as: UInt64.self),
      let fileLow = buffer.readInteger(as: UInt64.self),
      let change = buffer.readInteger(as: UInt64.self),
      let index = buffer.readInteger(as: UInt32.self),
      let plainBytes = buffer.readInteger(as: UInt32.self),
      let storedBytes = buffer.readInteger(as: UInt32.self),
      let moreZero = buffer.readInteger(as: UInt32.self),
      let digestHigh = buffer.readInteger(as: UInt64.self),
      let digestLow = buffer.readInteger(as: UInt64.self),
      let checksum = buffer.readInteger(as: UInt64.self),
      let seal = BlockSeal(reading: &buffer),
      let headerChecksum = buffer.readInteger(as: UInt64.self),
      let state = buffer.readInteger(as: UInt8.self)
    else { throw .truncated }
    guard magic == Self.magic, version == Self.formatVersion else { throw .unrecognised }
    guard headerChecksum == xxh3Hash64(covered, seed: segment.salt) else {
      throw .checksumMismatch
    }
    guard segmentNumber == segment.number else { throw .otherBlock }
    guard zero == 0, moreZero == 0, let encoding = BlockEncoding(rawValue: encodingValue),
      plainBytes <= BlockLimits.plainBytes,
      encoding == .plain ? storedBytes == plainBytes : storedBytes > 0 && storedBytes < plainBytes
    else { throw .fieldOutOfRange }
    key = BlockKey(
      version: FileVersion(file: FileID(high: fileHigh, low: fileLow), change: change),
      index: index)
    self.encoding = encoding
    self.plainBytes = Int(plainBytes)
    self.storedBytes = Int(storedBytes)
    digest = BlockDigest(high: digestHigh, low: digestLow)
    self.checksum = checksum
    self.seal = seal.isZero ? nil : seal
    isRemoved = state != 0
  }

  /// Whether `payload` is what was written behind this header.
  public func verifies(_ payload: ByteBuffer) -> Bool {
    payload.readableBytes == storedBytes && xxh3Hash64(payload, seed: 0) == checksum
  }
}

extension StoredBlock {
  /// The block in a whole record, header and stored bytes, that was read from `segment` for
  /// `key`; its bytes are a slice of `record`. Throws unless the record is that block's, is not
  /// marked as removed, and both checksums are right.
  public init(
    record: ByteBuffer, key: BlockKey, in segment: SegmentHeader
  ) throws(RecordError) {
    var payload = record
    let header = try RecordHeader(decoding: &payload, in: segment)
    guard header.key == key else { throw .otherBlock }
    guard !header.isRemoved else { throw .removed }
    guard payload.readableBytes >= header.storedBytes else { throw .truncated }
    guard header.verifies(payload) else { throw .checksumMismatch }
    self.init(
      encoding: header.encoding, plainBytes: header.plainBytes, digest: header.digest,
      bytes: payload, seal: header.seal)
  }
}

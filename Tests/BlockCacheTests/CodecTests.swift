import NIOCore
import Testing

@testable import BlockCache

@Suite struct CodecTests {
  private let segment = SegmentHeader(
    number: 0x0102_0304, queue: .main, salt: 0xA1A2_A3A4_A5A6_A7A8)
  private let block = StoredBlock.packing(prose(400))

  private func record(_ key: BlockKey) throws -> ByteBuffer {
    let header = try #require(RecordHeader(of: block, key: key))
    var record = header.encoded(in: segment)
    record.writeImmutableBuffer(block.bytes)
    return record
  }

  @Test("a segment header is these bytes")
  func segmentHeaderBytes() throws {
    let bytes = segment.encoded()
    #expect(
      Array(bytes.readableBytesView.prefix(24)) == [
        0x50, 0x32, 0x53, 0x47, 2, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5,
        0xA6, 0xA7, 0xA8,
      ])
    #expect(bytes.readableBytes == SegmentHeader.encodedBytes)
    var copy = bytes
    #expect(try SegmentHeader(decoding: &copy) == segment)
  }

  @Test("a segment header with a byte missing or changed is refused")
  func segmentHeaderDamage() {
    let bytes = segment.encoded()
    for offset in 0..<bytes.readableBytes {
      var torn = bytes.getSlice(at: 0, length: offset) ?? ByteBuffer()
      #expect(throws: RecordError.truncated) { try SegmentHeader(decoding: &torn) }
      for bit in 0..<8 {
        var flipped = bytes.replacing(offset, with: bytes.byte(offset) ^ UInt8(1 << bit))
        #expect(throws: RecordError.self) { try SegmentHeader(decoding: &flipped) }
      }
    }
  }

  @Test("a record header is these bytes")
  func recordHeaderBytes() throws {
    var plain = StoredBlock.packing(noise(5))
    plain.digest = BlockDigest(high: 0x1111_1111_1111_1111, low: 0x2222_2222_2222_2222)
    let header = try #require(RecordHeader(of: plain, key: key(7, 9, change: 3)))
    let bytes = Array(header.encoded(in: segment).readableBytesView)
    #expect(bytes.count == RecordHeader.encodedBytes)
    var expected: [UInt8] = [0x50, 0x32, 0x42, 0x52, 2, 0, 0, 0]
    expected += [0, 0, 0, 0, 1, 2, 3, 4]
    expected += [255, 255, 255, 255, 255, 255, 255, 248] + [0, 0, 0, 0, 0, 0, 0, 7]
    expected += [0, 0, 0, 0, 0, 0, 0, 3] + [0, 0, 0, 9] + [0, 0, 0, 5] + [0, 0, 0, 5]
    expected += [0, 0, 0, 0] + Array(repeating: 0x11, count: 8) + Array(repeating: 0x22, count: 8)
    #expect(Array(bytes.prefix(72)) == expected)
    #expect(bytes.last == 0)
  }

  @Test("a record gives its block under its own key and in its own segment only")
  func recordIdentity() throws {
    let record = try record(key(1, 2))
    #expect(try StoredBlock(record: record, key: key(1, 2), in: segment) == block)
    for other in [key(1, 3), key(2, 2), key(1, 2, change: 2)] {
      #expect(throws: RecordError.otherBlock) {
        try StoredBlock(record: record, key: other, in: segment)
      }
    }
    var elsewhere = segment
    elsewhere.number += 1
    #expect(throws: RecordError.otherBlock) {
      try StoredBlock(record: record, key: key(1, 2), in: elsewhere)
    }
    elsewhere = segment
    elsewhere.salt ^= 1
    #expect(throws: RecordError.checksumMismatch) {
      try StoredBlock(record: record, key: key(1, 2), in: elsewhere)
    }
  }

  @Test("no truncation of a record gives a block")
  func recordTruncations() throws {
    let record = try record(key(1))
    for length in 0..<record.readableBytes {
      let torn = record.getSlice(at: 0, length: length) ?? ByteBuffer()
      #expect(throws: RecordError.self) {
        try StoredBlock(record: torn, key: key(1), in: segment)
      }
    }
  }

  @Test("a record with any one bit changed gives no block")
  func recordFlips() throws {
    let record = try record(key(1))
    for offset in 0..<record.readableBytes {
      for bit in 0..<8 {
        let flipped = record.replacing(offset, with: record.byte(offset) ^ UInt8(1 << bit))
        #expect(throws: RecordError.self) {
          try StoredBlock(record: flipped, key: key(1), in: segment)
        }
      }
    }
  }

  @Test("a block whose lengths are none has no record")
  func impossibleBlock() {
    var long = block
    long.plainBytes = BlockLimits.plainBytes + 1
    #expect(RecordHeader(of: long, key: key(1)) == nil)
    var short = block
    short.plainBytes = 1
    #expect(RecordHeader(of: short, key: key(1)) == nil)
  }

  private var checkpoint: SegmentCheckpoint {
    SegmentCheckpoint(
      number: segment.number, queue: .probation, coveredBytes: 5000, recordCount: 3,
      blocks: [
        .init(key: key(1), offset: 32, recordBytes: 200, visits: 3),
        .init(key: key(2, 5), offset: 232, recordBytes: 4768),
      ])
  }

  @Test("a checkpoint comes back as it was, and is as long as it says")
  func checkpointRoundTrip() throws {
    let bytes = checkpoint.encoded(salt: segment.salt)
    #expect(bytes.readableBytes == SegmentCheckpoint.encodedBytes(blockCount: 2))
    #expect(try SegmentCheckpoint(decoding: bytes, of: segment) == checkpoint)
    let empty = SegmentCheckpoint(
      number: segment.number, queue: .main, coveredBytes: 32, recordCount: 0, blocks: [])
    #expect(
      try SegmentCheckpoint(decoding: empty.encoded(salt: segment.salt), of: segment) == empty)
  }

  @Test("a checkpoint with a byte missing, added or changed is refused")
  func checkpointDamage() {
    let bytes = checkpoint.encoded(salt: segment.salt)
    for offset in 0..<bytes.readableBytes {
      let torn = bytes.getSlice(at: 0, length: offset) ?? ByteBuffer()
      #expect(throws: RecordError.self) { try SegmentCheckpoint(decoding: torn, of: segment) }
      let flipped = bytes.replacing(offset, with: bytes.byte(offset) ^ 0x40)
      #expect(throws: RecordError.self) { try SegmentCheckpoint(decoding: flipped, of: segment) }
    }
    var longer = bytes
    longer.writeInteger(0 as UInt8)
    #expect(throws: RecordError.self) { try SegmentCheckpoint(decoding: longer, of: segment) }
  }

  @Test("a checkpoint of another segment, or whose blocks lie outside, is refused")
  func checkpointRange() {
    var other = checkpoint
    other.number += 1
    var outside = checkpoint
    outside.blocks[1].recordBytes += 1
    var early = checkpoint
    early.blocks[0].offset = 31
    var long = checkpoint
    long.coveredBytes = .max
    long.blocks[1].recordBytes = UInt32(RecordHeader.longestRecordBytes) + 1
    var visited = checkpoint
    visited.blocks[0].visits = 4
    var few = checkpoint
    few.recordCount = 1
    for bad in [other, outside, early, long, visited, few] {
      #expect(throws: RecordError.self) {
        try SegmentCheckpoint(decoding: bad.encoded(salt: segment.salt), of: segment)
      }
    }
  }
}

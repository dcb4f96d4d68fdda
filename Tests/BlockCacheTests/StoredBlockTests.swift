import NIOCore
import Testing

@testable import BlockCache

@Suite struct StoredBlockTests {
  @Test("the digest is XXH3-128 of the plain bytes")
  func digestVectors() {
    #expect(
      BlockDigest(of: ByteBuffer())
        == BlockDigest(high: 0x99AA_06D3_0147_98D8, low: 0x6001_C324_468D_497F))
    #expect(
      BlockDigest(of: ByteBuffer(string: "a"))
        == BlockDigest(high: 0xA96F_AF70_5AF1_6834, low: 0xE6C6_32B6_1E96_4E1F))
  }

  @Test("only the readable bytes of a buffer are hashed")
  func digestOfSlice() throws {
    var buffer = ByteBuffer(string: "xxab")
    buffer.moveReaderIndex(forwardBy: 2)
    #expect(BlockDigest(of: buffer) == BlockDigest(of: ByteBuffer(string: "ab")))
    #expect(FileID(hashing: buffer) == FileID(hashing: ByteBuffer(string: "ab")))
  }

  @Test(
    "packing and unpacking give the same bytes at every length",
    arguments: [
      0, 1, 2, 12, 13, 63, 64, 4095, 65536, 262_143, 262_144, 1 << 20,
    ])
  func roundTrip(byteCount: Int) throws {
    for plain in [noise(byteCount), prose(byteCount)] {
      let block = StoredBlock.packing(plain)
      #expect(block.plainBytes == byteCount)
      #expect(try block.unpacked() == plain)
      var pooled = ByteBuffer(string: "before")
      try block.unpack(into: &pooled)
      #expect(pooled.readableBytes == 6 + byteCount)
      #expect(pooled.getSlice(at: 6, length: byteCount) == plain)
    }
  }

  @Test("a block that LZ4 shrinks by less than a tenth is stored plain")
  func tenth() {
    #expect(StoredBlock.packing(noise(100_000)).encoding == .plain)
    #expect(StoredBlock.packing(prose(100_000)).encoding == .lz4)
    // About one part in twenty compresses away: not enough.
    var mixed = noise(95_000)
    mixed.writeRepeatingByte(0, count: 5_000)
    #expect(StoredBlock.packing(mixed).encoding == .plain)
    mixed.writeRepeatingByte(0, count: 20_000)
    #expect(StoredBlock.packing(mixed).encoding == .lz4)
  }

  @Test(
    "no truncation of a stored block unpacks",
    arguments: [
      StoredBlock.packing(prose(900)), StoredBlock.packing(noise(300)),
    ])
  func truncations(block: StoredBlock) {
    for length in 0..<block.bytes.readableBytes {
      var torn = block
      torn.bytes = block.bytes.getSlice(at: block.bytes.readerIndex, length: length) ?? ByteBuffer()
      #expect(throws: BlockError.self) { try torn.unpacked() }
    }
  }

  @Test("a stored block with any one byte changed gives its own bytes or none")
  func flips() throws {
    for block in [StoredBlock.packing(prose(900)), StoredBlock.packing(noise(300))] {
      let plain = try block.unpacked()
      for offset in 0..<block.bytes.readableBytes {
        for bit in 0..<8 {
          var flipped = block
          flipped.bytes = block.bytes.replacing(
            offset, with: block.bytes.byte(offset) ^ UInt8(1 << bit))
          if let unpacked = try? flipped.unpacked() { #expect(unpacked == plain) }
        }
      }
    }
  }

  @Test(
    "a hostile plain length is refused before anything is allocated",
    arguments: [
      -1, Int.min, (1 << 20) + 1, Int(UInt32.max), Int.max,
    ])
  func hostileLengths(plainBytes: Int) {
    for encoding in BlockEncoding.allCases {
      let block = StoredBlock(
        encoding: encoding, plainBytes: plainBytes, digest: BlockDigest(high: 0, low: 0),
        bytes: prose(100))
      #expect(throws: BlockError.plainBytesOutOfRange(plainBytes)) { try block.unpacked() }
      var target = ByteBuffer()
      #expect(throws: BlockError.self) { try block.unpack(into: &target) }
      #expect(target.capacity == 0)
    }
  }

  @Test("a plain length that is off by one is refused")
  func wrongLength() {
    for plain in [prose(1000), noise(1000)] {
      for change in [-1, 1] {
        var block = StoredBlock.packing(plain)
        block.plainBytes += change
        #expect(throws: BlockError.self) { try block.unpacked() }
      }
    }
  }

  @Test("other bytes under the digest are refused, and a pooled buffer keeps what it had")
  func wrongDigest() {
    for plain in [prose(1000), noise(1000)] {
      var block = StoredBlock.packing(plain)
      block.digest.low ^= 1
      #expect(throws: BlockError.digestMismatch) { try block.unpacked() }
      var pooled = ByteBuffer(string: "before")
      #expect(throws: BlockError.digestMismatch) { try block.unpack(into: &pooled) }
      #expect(pooled == ByteBuffer(string: "before"))
    }
  }
}

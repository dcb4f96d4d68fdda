import NIOCore

@testable import BlockCache

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

/// A key of file number `file`, version `change`, block `index`.
func key(_ file: UInt64, _ index: UInt32 = 0, change: UInt64 = 1) -> BlockKey {
  BlockKey(
    version: FileVersion(file: FileID(high: ~file, low: file), change: change), index: index)
}

/// Bytes that do not compress.
func noise(_ byteCount: Int, seed: UInt64 = 1) -> ByteBuffer {
  var generator = SeededGenerator(seed: seed)
  var buffer = ByteBuffer()
  while buffer.readableBytes < byteCount { buffer.writeInteger(generator.next()) }
  return buffer.getSlice(at: 0, length: byteCount) ?? ByteBuffer()
}

/// Bytes that compress well, another text for each seed.
func prose(_ byteCount: Int, seed: UInt64 = 1) -> ByteBuffer {
  var buffer = ByteBuffer()
  while buffer.readableBytes < byteCount {
    buffer.writeString("block \(seed) holds line \(buffer.readableBytes / 100 * 100)\n")
  }
  return buffer.getSlice(at: 0, length: byteCount) ?? ByteBuffer()
}

extension ByteBuffer {
  /// The same bytes with one of them, counted from the reader index, replaced.
  func replacing(_ offset: Int, with byte: UInt8) -> ByteBuffer {
    var copy = self
    copy.setInteger(byte, at: readerIndex + offset)
    return copy
  }

  /// The byte at this offset from the reader index.
  func byte(_ offset: Int) -> UInt8 { getInteger(at: readerIndex + offset) ?? 0 }
}

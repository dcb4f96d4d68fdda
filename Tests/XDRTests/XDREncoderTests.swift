import NIOCore
import Testing
import XDR

private struct Refused: Error, Equatable {}

/// A number of equal bytes.
private func slice(_ count: Int, _ byte: UInt8) -> ByteBuffer {
  ByteBuffer(repeating: byte, count: count)
}

@Suite struct XDREncoderTests {
  @Test("every primitive has the bytes of RFC 4506")
  func primitives() {
    var encoder = XDREncoder()
    encoder.uint32(0x0102_0304)
    encoder.int32(-2)
    encoder.uint64(5)
    encoder.int64(-1)
    encoder.bool(true)
    encoder.bool(false)
    encoder.opaque([7, 8, 9, 10, 11])
    encoder.fixedOpaque([1])
    encoder.array([3, 4] as [UInt32]) { $1.uint32($0) }
    encoder.optional(6 as UInt32?) { $1.uint32($0) }
    encoder.optional(nil as UInt32?) { $1.uint32($0) }
    let expected: [UInt8] =
      [1, 2, 3, 4, 255, 255, 255, 254, 0, 0, 0, 0, 0, 0, 0, 5]
      + Array(repeating: 255, count: 8) + [0, 0, 0, 1, 0, 0, 0, 0]
      + [0, 0, 0, 5, 7, 8, 9, 10, 11, 0, 0, 0, 1, 0, 0, 0]
      + [0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0]
    #expect(encoder.byteCount == expected.count)
    #expect(encoder.finishContiguous() == ByteBuffer(bytes: expected))
    #expect(encoder.byteCount == 0)
  }

  @Test("opaque data is padded to a multiple of four with zeros")
  func padding() {
    for length in 0...9 {
      var encoder = XDREncoder()
      encoder.opaque(slice(length, 1))
      let bytes = Array(encoder.finishContiguous().readableBytesView)
      #expect(bytes.count % 4 == 0)
      #expect(bytes.count == 4 + (length + 3) / 4 * 4)
      #expect(bytes.suffix(bytes.count - 4 - length).allSatisfy { $0 == 0 })
    }
  }

  @Test("large slices stay pieces, small ones are copied, and together they are the same bytes")
  func slices() {
    let sizes = [0, 1, 1023, 1024, 1025, 4097]
    for first in sizes {
      for second in sizes {
        var pieces = XDREncoder()
        pieces.uint32(1)
        pieces.opaqueSlices([slice(first, 1), slice(second, 2)])
        pieces.uint32(2)
        var plain = XDREncoder()
        plain.uint32(1)
        plain.opaque([UInt8](repeating: 1, count: first) + [UInt8](repeating: 2, count: second))
        plain.uint32(2)
        #expect(pieces.byteCount == plain.byteCount)
        var copy = pieces
        let all = pieces.finish()
        // The header, each large slice, what was copied between and behind them.
        let isCopied = first <= 1024 && second <= 1024
        #expect(all.count == (isCopied ? 1 : first > 1024 && second > 1024 ? 4 : 3))
        let joined = all.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        #expect(joined == plain.finishContiguous())
        #expect(copy.finishContiguous().readableBytes == all.reduce(0) { $0 + $1.readableBytes })
      }
    }
  }

  @Test("a large slice is referenced, not copied")
  func reference() throws {
    let payload = slice(4096, 1)
    var encoder = XDREncoder()
    encoder.opaqueSlices([payload])
    let pieces = encoder.finish()
    try #require(pieces.count == 2)
    let same = payload.withUnsafeReadableBytes { one in
      pieces[1].withUnsafeReadableBytes { $0.baseAddress == one.baseAddress }
    }
    #expect(same)
  }

  @Test("rolling back drops what was written since, with and without pieces between")
  func checkpoints() {
    for (before, after) in [(0, 0), (0, 2000), (2000, 0), (2000, 2000), (1, 1), (3000, 1)] {
      for hasHead in [false, true] {
        var encoder = XDREncoder()
        if before > 0 { encoder.opaqueSlices([slice(before, 1)]) }
        if hasHead { encoder.uint32(7) }
        var expected = encoder
        let checkpoint = encoder.checkpoint
        encoder.uint32(8)
        if after > 0 { encoder.opaqueSlices([slice(after, 2)]) }
        encoder.uint32(9)
        encoder.opaqueSlices([slice(5000, 3)])
        encoder.roll(back: checkpoint)
        #expect(encoder.byteCount == expected.byteCount)
        encoder.uint32(10)
        expected.uint32(10)
        #expect(encoder.finishContiguous() == expected.finishContiguous())
      }
    }
  }

  @Test("a checkpoint can be returned to twice")
  func checkpointTwice() {
    var encoder = XDREncoder()
    encoder.uint32(1)
    let checkpoint = encoder.checkpoint
    for _ in 0..<2 {
      encoder.opaqueSlices([slice(2000, 3)])
      encoder.roll(back: checkpoint)
    }
    #expect(encoder.finishContiguous() == ByteBuffer(integer: UInt32(1)))
  }

  @Test("a reserved field takes its value later, and truncating drops to the mark")
  func reserve() {
    var encoder = XDREncoder()
    encoder.uint32(1)
    let index = encoder.reserveUInt32()
    let mark = encoder.mark
    encoder.uint64(5)
    encoder.truncate(to: mark)
    encoder.setUInt32(0x0a0b_0c0d, at: index)
    #expect(
      encoder.finishContiguous() == ByteBuffer(bytes: [0, 0, 0, 1, 0x0a, 0x0b, 0x0c, 0x0d]))
  }

  @Test("data written in place is as long as the filler says, with padding")
  func inPlace() throws {
    var encoder = XDREncoder()
    let written = encoder.opaque(limit: 100) { room in
      #expect(room.count == 100)
      for index in 0..<5 { room[index] = UInt8(index) }
      return 5
    }
    #expect(written == 5)
    #expect(
      encoder.finishContiguous()
        == ByteBuffer(bytes: [0, 0, 0, 5, 0, 1, 2, 3, 4, 0, 0, 0]))
  }

  @Test("a filler that fails leaves nothing behind")
  func inPlaceFailure() {
    var encoder = XDREncoder()
    encoder.uint32(1)
    #expect(throws: Refused()) {
      try encoder.opaque(limit: 100) { _ throws(Refused) in throw Refused() }
    }
    #expect(encoder.finishContiguous() == ByteBuffer(integer: UInt32(1)))
  }

  @Test("what is appended to a buffer follows what it holds")
  func prefilled() {
    var encoder = XDREncoder(ByteBuffer(integer: UInt32(9)))
    encoder.encoded(ByteBuffer(integer: UInt32(8)))
    #expect(encoder.byteCount == 8)
    #expect(encoder.finishContiguous() == ByteBuffer(bytes: [0, 0, 0, 9, 0, 0, 0, 8]))
  }
}

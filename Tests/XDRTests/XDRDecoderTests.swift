import NIOCore
import Testing
import XDR

/// A decoder of these bytes.
private func decoder(_ bytes: UInt8...) -> XDRDecoder { XDRDecoder(ByteBuffer(bytes: bytes)) }

@Suite struct XDRDecoderTests {
  @Test("every primitive ends the input with its last byte, and is truncated before it")
  func truncation() {
    let whole: [UInt8] = [0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0]
    let primitives: [(Int, (inout XDRDecoder) throws(XDRError) -> Void)] = [
      (4, { d throws(XDRError) in _ = try d.uint32() }),
      (4, { d throws(XDRError) in _ = try d.int32() }),
      (8, { d throws(XDRError) in _ = try d.uint64() }),
      (8, { d throws(XDRError) in _ = try d.int64() }),
      (8, { d throws(XDRError) in _ = try d.opaque(limit: 4) }),
      (8, { d throws(XDRError) in _ = try d.bytes(limit: 4) }),
      (4, { d throws(XDRError) in _ = try d.fixedOpaque(4) }),
    ]
    for (index, (length, read)) in primitives.enumerated() {
      for count in 0..<length {
        var decoder = XDRDecoder(ByteBuffer(bytes: whole[..<count]))
        #expect(throws: XDRError.truncated, "\(index), \(count) bytes") { try read(&decoder) }
      }
      var decoder = XDRDecoder(ByteBuffer(bytes: whole[..<length]))
      #expect(throws: Never.self) { try read(&decoder) }
      #expect(decoder.remainingBytes == 0)
    }
  }

  @Test("integers are big-endian and two's complement")
  func integers() throws {
    var decoder = decoder(
      0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd)
    #expect(try decoder.uint32() == 0x8000_0001)
    #expect(try decoder.int32() == -2)
    #expect(try decoder.uint64() == 0x8000_0000_0000_0002)
    #expect(try decoder.int64() == -3)
    try decoder.finish()
  }

  @Test("a boolean is 0 or 1 and nothing else", arguments: [2, 0x100, 0x8000_0000, UInt32.max])
  func badBoolean(value: UInt32) {
    var decoder = XDRDecoder(ByteBuffer(integer: value))
    #expect(throws: XDRError.badBoolean(value)) { try decoder.bool() }
  }

  @Test("padding that is not zero is refused at each of its bytes")
  func padding() throws {
    for length in 1...3 {
      for position in length..<4 {
        var bytes: [UInt8] = [0, 0, 0, UInt8(length), 9, 9, 9, 9]
        for index in length..<4 { bytes[4 + index] = 0 }
        var good = XDRDecoder(ByteBuffer(bytes: bytes))
        #expect(try good.bytes(limit: 4) == Array(repeating: 9, count: length))
        bytes[4 + position] = 1
        var bad = XDRDecoder(ByteBuffer(bytes: bytes))
        #expect(throws: XDRError.nonZeroPadding) { try bad.bytes(limit: 4) }
      }
      var cut = XDRDecoder(
        ByteBuffer(bytes: [0, 0, 0, UInt8(length)] + Array(repeating: 9, count: length)))
      #expect(throws: XDRError.truncated) { try cut.bytes(limit: 4) }
    }
  }

  @Test("a length over its limit is refused whatever follows, up to 2^32-1")
  func limits() {
    for claimed: UInt32 in [5, 0x7fff_ffff, 0x8000_0000, .max] {
      var opaque = XDRDecoder(ByteBuffer(integer: claimed))
      #expect(throws: XDRError.tooLong(claimed: claimed, limit: 4)) { try opaque.opaque(limit: 4) }
    }
    var exact = decoder(0, 0, 0, 4, 1, 2, 3, 4)
    #expect(throws: Never.self) { try exact.opaque(limit: 4) }
  }

  @Test("a count is bounded by what the input could hold")
  func countIsBounded() throws {
    var claims = decoder(0, 0, 0x10, 0, 0, 0, 0, 1)
    #expect(throws: XDRError.truncated) {
      try claims.array(limit: 1 << 20) { d throws(XDRError) in try d.uint32() }
    }
    var wide = decoder(0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2)
    #expect(throws: XDRError.truncated) { try wide.count(limit: 8, elementBytes: 8) }
    var fits = decoder(0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2)
    #expect(try fits.array(limit: 2) { d throws(XDRError) in try d.uint32() } == [1, 2])
  }

  @Test("optional data is a boolean and the value")
  func optionals() throws {
    var decoder = decoder(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 2)
    #expect(try decoder.optional { d throws(XDRError) in try d.uint32() } == nil)
    #expect(try decoder.optional { d throws(XDRError) in try d.uint32() } == 7)
    #expect(throws: XDRError.badBoolean(2)) {
      try decoder.optional { d throws(XDRError) in try d.uint32() }
    }
  }

  @Test("bytes that are left over are an error that counts them")
  func trailing() throws {
    var decoder = decoder(0, 0, 0, 1, 0, 0)
    _ = try decoder.uint32()
    #expect(throws: XDRError.trailingBytes(count: 2)) { try decoder.finish() }
  }

  @Test("opaque data is a slice of the input, and the remainder begins behind it")
  func slices() throws {
    var decoder = decoder(0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 9)
    #expect(try decoder.opaque(limit: 8) == ByteBuffer(bytes: [5]))
    #expect(decoder.remainder == ByteBuffer(bytes: [0, 0, 0, 9]))
  }

  @Test("errors with texts and numbers are equal only in both")
  func equality() {
    #expect(XDRError.badValue("a") != .badValue("b"))
    #expect(XDRError.badEnumeration(type: "t", value: 1) != .badEnumeration(type: "t", value: 2))
    #expect(XDRError.badEnumeration(type: "t", value: 1) == .badEnumeration(type: "t", value: 1))
    #expect(XDRError.tooLong(claimed: 1, limit: 2) != .tooLong(claimed: 1, limit: 3))
    #expect(XDRError.truncated != .nonZeroPadding)
  }
}

import NFSv4
import NIOCore
import Testing
import XDR

/// Bytes written out, a field a line: hexadecimal digits, two blanks, and the field's name. A `!`
/// before the name marks a field of whose first word only few values are allowed.
struct WireBytes {
  var bytes: [UInt8] = []
  var strictOffsets: [Int] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let digits = line.prefix { $0.isHexDigit }
      if line.dropFirst(digits.count).contains("!") { strictOffsets.append(bytes.count) }
      var rest = digits
      while let byte = UInt8(rest.prefix(2), radix: 16) {
        bytes.append(byte)
        rest = rest.dropFirst(2)
      }
    }
  }

  /// `0x7FFFFFFF` in place of the word at `offset`.
  func corrupted(at offset: Int) -> [UInt8] {
    var copy = bytes
    copy.replaceSubrange(offset..<offset + 4, with: [0x7F, 0xFF, 0xFF, 0xFF])
    return copy
  }
}

/// Expects that a value and the bytes are the same thing, that nothing can be cut off from the
/// bytes or added to them, that every marked field is refused when it is out of its range, and that
/// no bit of them can change unnoticed.
func expectWire<Value: XDRCodable & Equatable>(
  _ value: Value, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let wire = WireBytes(text)
  let encoded = Array(value.xdr.readableBytesView)
  #expect(encoded == wire.bytes, sourceLocation: sourceLocation)
  let decoded = try Value(xdr: ByteBuffer(bytes: wire.bytes))
  #expect(decoded == value, sourceLocation: sourceLocation)

  for count in 0..<wire.bytes.count {
    #expect(throws: XDRError.self, "first \(count) bytes", sourceLocation: sourceLocation) {
      try Value(xdr: ByteBuffer(bytes: wire.bytes.prefix(count)))
    }
  }
  #expect(throws: XDRError.self, "four bytes more", sourceLocation: sourceLocation) {
    try Value(xdr: ByteBuffer(bytes: wire.bytes + [0, 0, 0, 0]))
  }
  for offset in wire.strictOffsets {
    #expect(throws: XDRError.self, "word at \(offset)", sourceLocation: sourceLocation) {
      try Value(xdr: ByteBuffer(bytes: wire.corrupted(at: offset)))
    }
  }
  for bit in 0..<wire.bytes.count * 8 {
    var other = wire.bytes
    other[bit / 8] ^= 1 << UInt8(bit % 8)
    let changed = try? Value(xdr: ByteBuffer(bytes: other))
    #expect(changed != value, "bit \(bit)", sourceLocation: sourceLocation)
  }
}

/// Expects that what follows a status other than NFS4_OK is exactly these bytes.
func expectRefusal<Op: NfsOperation>(
  _ operation: Op.Type, _ status: Nfsstat4, _ text: String,
  sourceLocation: SourceLocation = #_sourceLocation,
  encode: ((inout XDREncoder) -> Void)? = nil
) throws {
  let wire = WireBytes(text)
  var encoder = XDREncoder()
  if let encode { encode(&encoder) } else { Op.encodeRefusal(status, to: &encoder) }
  let encoded = encoder.finishContiguous()
  #expect(Array(encoded.readableBytesView) == wire.bytes, sourceLocation: sourceLocation)
  for count in 0...wire.bytes.count {
    var decoder = XDRDecoder(ByteBuffer(bytes: wire.bytes.prefix(count)))
    if count == wire.bytes.count {
      try Op.skipRefusal(status, from: &decoder)
      try decoder.finish()
    } else {
      #expect(throws: XDRError.self, sourceLocation: sourceLocation) {
        try Op.skipRefusal(status, from: &decoder)
      }
    }
  }
}

/// Values that many operations carry.
enum WireSample {
  static let stateid = Stateid4(
    seqid: 7, other: StateidOther(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C))
  static let cinfo = ChangeInfo4(atomic: true, before: 5, after: 6)
  /// The size, 4096 bytes.
  static let fattr = Fattr4(
    attrmask: Bitmap4(attributes: [FATTR4.SIZE]),
    attrVals: ByteBuffer(integer: UInt64(4096)))
  static let owner = StateOwner4(clientid: 0x1122_3344_5566_7788, owner: Array("own".utf8))
  static let ace = Nfsace4(
    type: ACE4.ACCESS_ALLOWED_ACE_TYPE, flag: 0, accessMask: ACE4.READ_DATA,
    who: Array("OWNER@".utf8))
}

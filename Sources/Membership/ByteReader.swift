/// Reads the integers and texts of gossip from bytes; integers are big-endian.
///
/// Nothing is allocated before its length was compared with a limit and with what is left.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  /// Reads within a part of the same bytes.
  private init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - position }
  var isAtEnd: Bool { position == end }
  var rest: ArraySlice<UInt8> { bytes[position..<end] }

  func finish() throws(GossipError) {
    guard position == end else { throw .trailingBytes }
  }

  mutating func uint8() throws(GossipError) -> UInt8 {
    guard position < end else { throw .truncated }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func uint16() throws(GossipError) -> UInt16 {
    try integer(UInt16.self)
  }

  mutating func uint32() throws(GossipError) -> UInt32 {
    try integer(UInt32.self)
  }

  mutating func uint64() throws(GossipError) -> UInt64 { try integer(UInt64.self) }

  /// The checked range makes the load safe.
  private mutating func integer<Value: FixedWidthInteger>(
    _: Value.Type
  ) throws(GossipError) -> Value {
    let byteCount = Value.bitWidth / 8
    guard byteCount <= end - position else { throw .truncated }
    defer { position += byteCount }
    let offset = position
    return bytes.withUnsafeBytes {
      Value(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
  }

  /// An integer of variable length: seven bits a byte, the lowest first, the top bit set on all
  /// but the last. Only the shortest form is accepted.
  mutating func varint() throws(GossipError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try uint8()
      guard shift < 63 || byte <= 1 else { throw .badValue }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 {
        guard byte != 0 || shift == 0 else { throw .badValue }
        return value
      }
      shift += 7
    }
  }

  /// As ``varint()``, for a field of 32 bits.
  mutating func varint32() throws(GossipError) -> UInt32 {
    guard let value = UInt32(exactly: try varint()) else { throw .badValue }
    return value
  }

  mutating func bytes(_ byteCount: Int) throws(GossipError) -> [UInt8] {
    guard byteCount <= end - position else { throw .truncated }
    defer { position += byteCount }
    return Array(bytes[position..<position + byteCount])
  }

  /// A reader of the next bytes, which are skipped here.
  mutating func part(_ byteCount: Int) throws(GossipError) -> ByteReader {
    guard byteCount <= end - position else { throw .truncated }
    defer { position += byteCount }
    return ByteReader(bytes, position..<position + byteCount)
  }

  /// A text of at most `limit` bytes, behind one byte that says how many.
  mutating func text(limit: Int) throws(GossipError) -> String {
    let count = Int(try uint8())
    guard count <= limit else { throw .tooLong }
    guard count <= end - position else { throw .truncated }
    defer { position += count }
    guard let text = String(validating: bytes[position..<position + count], as: UTF8.self),
      MemberRecord.isAcceptable(text)
    else { throw .badValue }
    return text
  }
}

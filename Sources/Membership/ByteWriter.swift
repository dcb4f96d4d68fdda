/// Writes what ``ByteReader`` reads.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  var count: Int { bytes.count }

  mutating func uint8(_ value: UInt8) { bytes.append(value) }
  mutating func uint16(_ value: UInt16) { integer(value) }
  mutating func uint32(_ value: UInt32) { integer(value) }
  mutating func uint64(_ value: UInt64) { integer(value) }

  private mutating func integer(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func bytes(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

  /// Writes what `body` writes behind its count of bytes, which is two bytes long.
  mutating func counted(_ body: (inout ByteWriter) -> Void) {
    let start = bytes.count
    uint16(0)
    body(&self)
    let count = bytes.count - start - 2
    precondition(count <= UInt16.max, "\(count) bytes")
    bytes[start] = UInt8(count >> 8)
    bytes[start + 1] = UInt8(count & 0xff)
  }

  /// At most 255 bytes of UTF-8, behind their count.
  mutating func text(_ value: String) {
    let utf8 = value.utf8
    precondition(utf8.count <= 255, "a text of \(utf8.count) bytes")
    bytes.append(UInt8(utf8.count))
    bytes.append(contentsOf: utf8)
  }
}

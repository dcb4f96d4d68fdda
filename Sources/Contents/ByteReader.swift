import BlockCache

/// Reads what ``ByteWriter`` wrote, from bytes that anybody may have made up.
struct ByteReader: Sendable {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var remainingBytes: Int { bytes.count - offset }

  /// - Throws: `trailingBytes` unless every byte was read.
  func finish() throws(ContentsError) {
    guard remainingBytes == 0 else { throw .trailingBytes(count: remainingBytes) }
  }

  mutating func uint8() throws(ContentsError) -> UInt8 {
    guard offset < bytes.count else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func bool() throws(ContentsError) -> Bool {
    switch try uint8() {
    case 0: return false
    case 1: return true
    case let other: throw .unknownKind(other)
    }
  }

  mutating func uint64() throws(ContentsError) -> UInt64 {
    guard remainingBytes >= 8 else { throw .truncated }
    var value: UInt64 = 0
    for _ in 0..<8 {
      value = value << 8 | UInt64(bytes[offset])
      offset += 1
    }
    return value
  }

  /// A number in the one encoding that is right for it.
  mutating func number() throws(ContentsError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try uint8()
      let bits = UInt64(byte & 0x7F)
      guard shift < 63 || (shift == 63 && bits <= 1) else { throw .overlongNumber }
      value |= bits << shift
      guard byte & 0x80 != 0 else {
        guard bits != 0 || shift == 0 else { throw .overlongNumber }
        return value
      }
      shift += 7
    }
  }

  /// A block index.
  mutating func index() throws(ContentsError) -> UInt32 {
    guard let index = UInt32(exactly: try number()) else { throw .outOfRange }
    return index
  }

  /// How many elements follow, each of which takes at least `elementBytes`: never more than
  /// `limit`, nor than the bytes that are left can hold.
  mutating func count(limit: Int, elementBytes: Int) throws(ContentsError) -> Int {
    let claimed = try number()
    guard let count = Int(exactly: claimed), count <= limit else {
      throw .tooLong(claimed: claimed, limit: limit)
    }
    guard count <= remainingBytes / elementBytes else { throw .truncated }
    return count
  }

  mutating func version() throws(ContentsError) -> FileVersion {
    let high = try uint64()
    let low = try uint64()
    return FileVersion(file: FileID(high: high, low: low), change: try uint64())
  }
}

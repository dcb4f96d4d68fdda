import BlockCache

/// Writes the numbers of this module's messages one after the other.
///
/// Gossip counts single bytes, so numbers that are mostly small are written as in LEB128: seven
/// bits a byte, the lowest first, the top bit set on all but the last.
struct ByteWriter: Sendable {
  private(set) var bytes: [UInt8] = []

  mutating func uint8(_ value: UInt8) { bytes.append(value) }

  /// Eight bytes, the highest first.
  mutating func uint64(_ value: UInt64) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func version(_ version: FileVersion) {
    uint64(version.file.high)
    uint64(version.file.low)
    uint64(version.change)
  }

  mutating func append(_ other: ByteWriter) { bytes += other.bytes }

  /// How many bytes ``number(_:)`` takes for `value`.
  static func numberBytes(_ value: UInt64) -> Int {
    max(1, (64 - value.leadingZeroBitCount + 6) / 7)
  }

  /// What ``version(_:)`` takes.
  static let versionBytes = 24
}

/// Remembers, by a 32-bit fingerprint each, which blocks were evicted before anybody asked for
/// them a second time: one that comes back soon was evicted too early.
///
/// A direct-mapped table of fixed size: a later eviction overwrites an earlier one, which is how
/// entries age. A collision costs one block a place it has not earned.
struct GhostTable: Sendable {
  private var fingerprints: ContiguousArray<UInt32>
  private let mask: UInt64

  /// A table for about `expectedCount` blocks: 1,024 to 1,048,576 places of 4 bytes.
  init(expectedCount: Int) {
    var places = 1024
    while places < expectedCount, places < 1 << 20 { places *= 2 }
    fingerprints = ContiguousArray(repeating: 0, count: places)
    mask = UInt64(places - 1)
  }

  mutating func add(_ key: BlockKey) {
    let (place, fingerprint) = locate(key)
    fingerprints[place] = fingerprint
  }

  /// Whether `key` is remembered.
  func contains(_ key: BlockKey) -> Bool {
    let (place, fingerprint) = locate(key)
    return fingerprints[place] == fingerprint
  }

  /// Whether `key` was remembered; it is not afterwards.
  mutating func take(_ key: BlockKey) -> Bool {
    let (place, fingerprint) = locate(key)
    guard fingerprints[place] == fingerprint else { return false }
    fingerprints[place] = 0
    return true
  }

  private func locate(_ key: BlockKey) -> (place: Int, fingerprint: UInt32) {
    var hash = key.version.file.low ^ key.version.file.high.multipliedFullWidth(by: odd).low
    hash ^= key.version.change &* 0xC2B2_AE3D_27D4_EB4F
    hash ^= UInt64(key.index) &* 0x1656_67B1_9E37_79F9
    hash = (hash ^ hash >> 33) &* odd
    hash ^= hash >> 29
    return (Int(hash & mask), UInt32(truncatingIfNeeded: hash >> 32) | 1)
  }

  private var odd: UInt64 { 0x9E37_79B1_85EB_CA87 }
}

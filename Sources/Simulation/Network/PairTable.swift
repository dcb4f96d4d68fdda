/// Finds the connection of (source, destination, channel): a hash table with open addressing, from
/// which nothing is ever removed.
struct PairTable {
  /// The number of channels between two nodes.
  static let channelCount = 4

  private var keys: ContiguousArray<UInt64> = ContiguousArray(repeating: .max, count: 64)
  private var values: ContiguousArray<Int32> = ContiguousArray(repeating: 0, count: 64)
  private var count = 0

  /// The value of a key, or nil.
  func find(_ source: Int32, _ destination: Int32, _ channel: UInt8) -> Int32? {
    let key = Self.key(source, destination, channel)
    let place = place(of: key)
    return keys[place] == key ? values[place] : nil
  }

  /// Adds a key that is not there.
  mutating func insert(
    _ source: Int32, _ destination: Int32, _ channel: UInt8, _ value: Int32
  ) {
    if 2 * count >= keys.count { grow() }
    put(Self.key(source, destination, channel), value)
    count += 1
  }

  private mutating func put(_ key: UInt64, _ value: Int32) {
    let place = place(of: key)
    keys[place] = key
    values[place] = value
  }

  /// Where the key is, or where it would go.
  private func place(of key: UInt64) -> Int {
    let mask = keys.count - 1
    var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
    while keys[place] != key, keys[place] != .max { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = (keys, values)
    keys = ContiguousArray(repeating: .max, count: 2 * old.0.count)
    values = ContiguousArray(repeating: 0, count: 2 * old.0.count)
    for (key, value) in zip(old.0, old.1) where key != .max { put(key, value) }
  }

  private static func key(_ source: Int32, _ destination: Int32, _ channel: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: destination)) << 2
      | UInt64(channel)
  }
}

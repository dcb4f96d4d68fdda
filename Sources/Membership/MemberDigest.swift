/// Digests of a list of members: anti-entropy compares them from the root down, so two lists that
/// agree cost one number.
///
/// A member's key is its mixed id: a bucket is a range of keys. Its hash covers id, boot and
/// incarnation, not whether it is suspected, which changes too often and settles by itself.
enum MemberDigest {
  static func key(of id: MemberID) -> UInt64 { mix64(id.rawValue) }

  static func hash(of record: MemberRecord, incarnation: UInt64) -> UInt64 {
    mix64(record.id.rawValue ^ mix64(record.boot ^ mix64(incarnation)))
  }

  /// How many bits of the key name a bucket, with so many members: about eight members a bucket,
  /// and 128 buckets at most.
  static func bucketBits(memberCount: Int) -> UInt8 {
    var bits: UInt8 = 0
    while bits < SwimDatagram.bucketBitsLimit, memberCount > 8 << Int(bits) { bits += 1 }
    return bits
  }

  static func bucket(of key: UInt64, bits: UInt8) -> Int {
    bits == 0 ? 0 : Int(key >> (64 - UInt64(bits)))
  }

  /// The ranges of keys whose buckets differ; neighbours as one.
  static func differingRanges(
    _ ours: [UInt64], _ theirs: [UInt64], bits: UInt8
  ) -> [ClosedRange<UInt64>] {
    var ranges: [ClosedRange<UInt64>] = []
    let width: UInt64 = bits == 0 ? .max : (1 << (64 - UInt64(bits))) - 1
    for bucket in 0..<min(ours.count, theirs.count) where ours[bucket] != theirs[bucket] {
      let first = bits == 0 ? 0 : UInt64(bucket) << (64 - UInt64(bits))
      let last = first + width
      if let previous = ranges.last, previous.upperBound &+ 1 == first {
        ranges[ranges.count - 1] = previous.lowerBound...last
      } else {
        ranges.append(first...last)
      }
    }
    return ranges
  }
}

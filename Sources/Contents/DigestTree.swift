import BlockCache

/// Digests over everything that one member holds, as a tree of three levels: a root, 256 buckets
/// into which versions fall by their hash, and the versions.
///
///     root     XXH3-64 of the 256 buckets
///     bucket   the sum, modulo 2^64, of its versions' terms
///     term     XXH3-64 of file, change attribute and the digest of the version's bitmap
///
/// A sum changes in constant time when one version does, and does not depend on the order in which
/// they came. It is no defence against somebody who makes up versions to reach a sum; each member
/// has a tree of its own, so such a one only misrepresents itself, which it can do in plain
/// words as well.
///
/// 2 KiB each.
struct DigestTree: Sendable, Equatable {
  static let bucketCount = 256

  private(set) var buckets = ContiguousArray<UInt64>(repeating: 0, count: bucketCount)

  /// The root over no versions.
  static let emptyRoot = DigestTree().root

  var root: UInt64 { xxh3(buckets, seed: 4) }

  /// The bucket a version falls into.
  static func bucket(of version: FileVersion) -> Int {
    Int(xxh3(version.file.high, version.file.low, version.change, 0, seed: 5) & 0xFF)
  }

  /// What a version that holds `blocks` adds to its bucket: 0 for no blocks, and only then.
  static func term(of version: FileVersion, _ blocks: BlockBitmap) -> UInt64 {
    guard !blocks.isEmpty else { return 0 }
    let term = xxh3(version.file.high, version.file.low, version.change, blocks.digest, seed: 6)
    return term == 0 ? 1 : term
  }

  /// A version's term in `bucket` was `old` and is `new`.
  mutating func replace(_ old: UInt64, by new: UInt64, in bucket: Int) {
    buckets[bucket] &+= new &- old
  }
}

import BlockCache

/// One answer to a question for versions: those of some buckets, from a place on.
struct VersionPage {
  let listed: [AntiEntropyResponse.Listed]
  let isLast: Bool
  let mask: BucketMask
  let after: FileVersion?

  /// The buckets the page speaks about, the first and the last of them in part.
  var buckets: ClosedRange<Int> {
    let first = after.map(DigestTree.bucket(of:)) ?? 0
    let last = isLast ? nil : listed.last.map { DigestTree.bucket(of: $0.version) }
    return first...max(first, last ?? DigestTree.bucketCount - 1)
  }

  /// Whether the page says that `version`, which falls into one of its buckets, is held or not.
  func speaks(of version: FileVersion, in bucket: Int) -> Bool {
    let place = (bucket, version)
    if let after, !Self.isBefore((DigestTree.bucket(of: after), after), place) { return false }
    guard !isLast, let last = listed.last?.version else { return true }
    return !Self.isBefore((DigestTree.bucket(of: last), last), place)
  }

  /// - Throws: unless the versions ascend, are of the buckets asked for, come after `after`, and
  ///   lead somewhere.
  func check() throws(ContentsError) {
    guard isLast || !listed.isEmpty else { throw .unasked }
    var previous = after.map { (DigestTree.bucket(of: $0), $0) }
    for item in listed {
      let place = (DigestTree.bucket(of: item.version), item.version)
      guard mask.contains(place.0), item.term != 0 else { throw .unasked }
      if let previous, !Self.isBefore(previous, place) { throw .outOfOrder }
      previous = place
    }
  }

  private static func isBefore(_ one: (Int, FileVersion), _ other: (Int, FileVersion)) -> Bool {
    one.0 == other.0 ? one.1.precedes(other.1) : one.0 < other.0
  }
}

extension ContentsView {
  /// Drops claims on versions that the page says are not held, and returns those of which the
  /// owner holds other blocks than are believed, and than anybody else is known to hold.
  mutating func differing(
    _ page: VersionPage, of slot: Int, as summary: ContentsSummary
  ) throws(ContentsError) -> [AntiEntropyRequest.Range] {
    try page.check()
    var believed: [FileVersion: UInt64] = [:]
    for bucket in page.buckets where page.mask.contains(bucket) {
      for claim in claims.claims(of: slot, in: bucket)
      where page.speaks(of: claim.version, in: bucket) {
        believed[claim.version] = DigestTree.term(of: claim.version, claim.blocks)
      }
    }
    var wanted: [AntiEntropyRequest.Range] = []
    for item in page.listed where believed.removeValue(forKey: item.version) != item.term {
      if let blocks = claims.claims(on: item.version)?.blocks(withTerm: item.term) {
        replace(item.version, of: slot, as: summary) { $0 = blocks }
      } else {
        wanted.append(AntiEntropyRequest.Range(version: item.version))
      }
    }
    for version in believed.keys.sorted(by: { $0.precedes($1) }) {
      replace(version, of: slot, as: summary) { $0 = BlockBitmap() }
    }
    return wanted
  }
}

import BlockCache

/// The claims of all members, by version.
///
/// Versions are kept by the bucket of the ``DigestTree`` they fall into, so that comparing one
/// bucket of one member reads a 256th of the versions.
struct ClaimTable: Sendable {
  private struct Bucket: Sendable {
    var rows: ContiguousArray<VersionClaims> = []
    /// Where the row of a version is.
    var places: [FileVersion: UInt32] = [:]
  }

  /// What a version is charged beside the memory that its claims have of their own: its row, with
  /// the quarter that the array of rows may be too large, and its place in a dictionary that is
  /// only just more than three eighths full.
  static let rowBytes = MemoryLayout<VersionClaims>.stride * 5 / 4 + placeBytes * 8 / 3
  private static let placeBytes = MemoryLayout<FileVersion>.stride + MemoryLayout<UInt32>.stride

  /// What the table takes while it is empty, and the buckets' arrays and dictionaries beside what
  /// their versions are charged.
  static let fixedBytes =
    DigestTree.bucketCount
    * (MemoryLayout<Bucket>.stride + 3 * MemoryLayout<VersionClaims>.stride + 12 * placeBytes
      + 3 * ContiguousArray<Bucket>.headerBytes)

  private var buckets = ContiguousArray<Bucket>(repeating: Bucket(), count: DigestTree.bucketCount)
  /// How many versions anybody claims something of.
  private(set) var versionCount = 0
  /// What the table is charged.
  private(set) var bytes = 0

  /// The claims on a version; nil if there are none.
  func claims(on version: FileVersion) -> VersionClaims? {
    let bucket = DigestTree.bucket(of: version)
    guard let place = buckets[bucket].places[version] else { return nil }
    return buckets[bucket].rows[Int(place)]
  }

  /// Changes what `slot` claims of `version`: `body` gets the blocks, which it may change, and
  /// must leave compact.
  mutating func update(
    _ slot: Int, _ version: FileVersion, in bucket: Int, _ body: (inout BlockBitmap) -> Void
  ) {
    if let place = buckets[bucket].places[version] {
      let place = Int(place)
      bytes -= buckets[bucket].rows[place].heapBytes
      var blocks = buckets[bucket].rows[place].take(slot)
      body(&blocks)
      if !blocks.isEmpty { buckets[bucket].rows[place].put(slot, blocks) }
      bytes += buckets[bucket].rows[place].heapBytes
      if buckets[bucket].rows[place].isEmpty { removeRow(place, of: bucket) }
    } else {
      var blocks = BlockBitmap()
      body(&blocks)
      guard !blocks.isEmpty else { return }
      var row = VersionClaims(version: version)
      row.put(slot, blocks)
      addRow(row, to: bucket)
    }
  }

  /// The versions in `bucket` of which `slot` claims something, with what it claims, in no order.
  func claims(of slot: Int, in bucket: Int) -> [(version: FileVersion, blocks: BlockBitmap)] {
    buckets[bucket].rows.compactMap { row in
      let blocks = row.blocks(of: slot)
      return blocks.isEmpty ? nil : (row.version, blocks)
    }
  }

  /// Calls `body` with the claims on every version, in an order that depends on history.
  func forEach(_ body: (VersionClaims) -> Void) {
    for bucket in buckets {
      for row in bucket.rows { body(row) }
    }
  }

  private mutating func addRow(_ row: VersionClaims, to bucket: Int) {
    buckets[bucket].places[row.version] = UInt32(buckets[bucket].rows.count)
    buckets[bucket].rows.growByQuarter()
    buckets[bucket].rows.append(row)
    versionCount += 1
    bytes += Self.rowBytes + row.heapBytes
  }

  /// Removes a row, which is empty; the last of the bucket takes its place.
  private mutating func removeRow(_ place: Int, of bucket: Int) {
    let last = buckets[bucket].rows.count - 1
    buckets[bucket].places[buckets[bucket].rows[place].version] = nil
    if place < last {
      buckets[bucket].rows.swapAt(place, last)
      buckets[bucket].places[buckets[bucket].rows[place].version] = UInt32(place)
    }
    bytes -= buckets[bucket].rows[last].heapBytes + Self.rowBytes
    buckets[bucket].rows.removeLast()
    buckets[bucket].rows.trim()
    versionCount -= 1
    if last == 0 {
      buckets[bucket] = Bucket()
    } else if buckets[bucket].places.capacity > 2 * last + 6 {
      var places = [FileVersion: UInt32](minimumCapacity: last)
      places.merge(buckets[bucket].places) { place, _ in place }
      buckets[bucket].places = places
    }
  }

  /// What the table really takes, counted from the capacities of everything in it.
  var measuredBytes: Int {
    var total = buckets.measuredBytes
    for bucket in buckets where !bucket.rows.isEmpty {
      total += bucket.rows.measuredBytes
      // The dictionary's capacity is three quarters of its places.
      total += bucket.places.capacity * 4 / 3 * Self.placeBytes
      total += 2 * ContiguousArray<Bucket>.headerBytes
      for row in bucket.rows { total += row.measuredBytes }
    }
    return total
  }
}

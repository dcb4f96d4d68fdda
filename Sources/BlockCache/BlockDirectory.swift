/// Gives every block that is held a small number, its slot, and finds it again by key, by version
/// and by file. What is kept of a block is kept by the owner in an array of the same indices.
///
/// A block costs 16 bytes here and 12 in a dictionary (16 to 32 with its free room); a version
/// costs 40 and its file 20 in another (27 to 54). The blocks of a version and the versions of a
/// file are linked through their slots, so that forgetting either needs no search. Every operation
/// takes constant time, apart from the at most ``BlockLimits/versionsPerFile`` versions of a file.
struct BlockDirectory: Sendable {
  /// No slot: the end of a list, a free row.
  static let none = UInt32.max
  /// The most rows of either table; one more is refused.
  static let rowLimit = Int(UInt32.max) - 1

  private struct Row {
    /// The row of the block's version; `none` while the row is free.
    var version: UInt32
    var index: UInt32
    /// The next block of the version, or the next free row.
    var next: UInt32
    var previous: UInt32
  }

  private struct VersionRow {
    var version: FileVersion
    /// The block of the version that was added last.
    var first: UInt32
    var blockCount: UInt32
    /// The version of the same file that came before, or the next free row.
    var older: UInt32
  }

  private var rows = ContiguousArray<Row>()
  private var versions = ContiguousArray<VersionRow>()
  /// The newest version of each file.
  private var files: [FileID: UInt32] = [:]
  /// The slot of each block, by version row and index.
  private var slots: [UInt64: UInt32] = [:]
  private var freeRow = none
  private var freeVersion = none

  /// How many blocks are held.
  var count: Int { slots.count }

  /// The first index that no slot has reached yet: the length the owner's array needs.
  var slotLimit: Int { rows.count }

  /// The slot of `key`, or nil.
  func slot(of key: BlockKey) -> UInt32? {
    guard let version = versionRow(of: key.version) else { return nil }
    return slots[Self.packed(version, key.index)]
  }

  /// The key of the block in `slot`, or nil for a free slot.
  func key(of slot: UInt32) -> BlockKey? {
    guard slot < rows.count else { return nil }
    let row = rows[Int(slot)]
    guard row.version != Self.none else { return nil }
    return BlockKey(version: versions[Int(row.version)].version, index: row.index)
  }

  /// Adds `key`, which must not be held, and returns its slot; nil if the tables are full.
  mutating func add(_ key: BlockKey) -> UInt32? {
    guard rows.count < Self.rowLimit, versions.count < Self.rowLimit else { return nil }
    let version = versionRow(of: key.version) ?? addVersion(key.version)
    let first = versions[Int(version)].first
    let row = Row(version: version, index: key.index, next: first, previous: Self.none)
    let slot: UInt32
    if freeRow != Self.none {
      slot = freeRow
      freeRow = rows[Int(slot)].next
      rows[Int(slot)] = row
    } else {
      slot = UInt32(rows.count)
      rows.append(row)
    }
    if first != Self.none { rows[Int(first)].previous = slot }
    versions[Int(version)].first = slot
    versions[Int(version)].blockCount += 1
    slots[Self.packed(version, key.index)] = slot
    return slot
  }

  /// Forgets the block in `slot`, and its version with its last block.
  mutating func remove(_ slot: UInt32) {
    let row = rows[Int(slot)]
    guard row.version != Self.none else { return }
    slots[Self.packed(row.version, row.index)] = nil
    if row.next != Self.none { rows[Int(row.next)].previous = row.previous }
    if row.previous != Self.none {
      rows[Int(row.previous)].next = row.next
    } else {
      versions[Int(row.version)].first = row.next
    }
    versions[Int(row.version)].blockCount -= 1
    if versions[Int(row.version)].blockCount == 0 { removeVersion(row.version) }
    rows[Int(slot)] = Row(version: Self.none, index: 0, next: freeRow, previous: Self.none)
    freeRow = slot
  }

  /// The slots of every block of `version`.
  func slots(of version: FileVersion) -> [UInt32] {
    guard let row = versionRow(of: version) else { return [] }
    var found: [UInt32] = []
    found.reserveCapacity(Int(versions[Int(row)].blockCount))
    var slot = versions[Int(row)].first
    while slot != Self.none {
      found.append(slot)
      slot = rows[Int(slot)].next
    }
    return found
  }

  /// The versions of `file` that are held, the one that came last first.
  func versions(of file: FileID) -> [FileVersion] {
    var found: [FileVersion] = []
    var row = files[file] ?? Self.none
    while row != Self.none {
      found.append(versions[Int(row)].version)
      row = versions[Int(row)].older
    }
    return found
  }

  /// The version that must go before a block of `version` may be added, if its file has as many
  /// versions as a file may have.
  func versionInTheWay(of version: FileVersion) -> FileVersion? {
    let held = versions(of: version.file)
    guard held.count >= BlockLimits.versionsPerFile, !held.contains(version) else { return nil }
    return held.last
  }

  private static func packed(_ version: UInt32, _ index: UInt32) -> UInt64 {
    UInt64(version) << 32 | UInt64(index)
  }

  private func versionRow(of version: FileVersion) -> UInt32? {
    var row = files[version.file] ?? Self.none
    while row != Self.none {
      if versions[Int(row)].version.change == version.change { return row }
      row = versions[Int(row)].older
    }
    return nil
  }

  private mutating func addVersion(_ version: FileVersion) -> UInt32 {
    let row = VersionRow(
      version: version, first: Self.none, blockCount: 0,
      older: files[version.file] ?? Self.none)
    let slot: UInt32
    if freeVersion != Self.none {
      slot = freeVersion
      freeVersion = versions[Int(slot)].older
      versions[Int(slot)] = row
    } else {
      slot = UInt32(versions.count)
      versions.append(row)
    }
    files[version.file] = slot
    return slot
  }

  private mutating func removeVersion(_ row: UInt32) {
    let file = versions[Int(row)].version.file
    let older = versions[Int(row)].older
    if files[file] == row {
      files[file] = older == Self.none ? nil : older
    } else {
      var newer = files[file] ?? Self.none
      while newer != Self.none, versions[Int(newer)].older != row {
        newer = versions[Int(newer)].older
      }
      if newer != Self.none { versions[Int(newer)].older = older }
    }
    versions[Int(row)].older = freeVersion
    freeVersion = row
  }
}

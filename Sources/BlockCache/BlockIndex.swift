/// What a disk cache holds and where: the index in RAM over append-only segment files, with the
/// quota, the eviction and the order of everything its writer does.
///
/// The eviction is S3-FIFO over a log. A new block is appended to the *probation* log, or to the
/// *main* log if it was evicted unread only lately. When the quota is reached, the oldest segment
/// of one log is given up as a whole:
///
///     new ──→ probation ── oldest segment ──┬ half of it or more was read: joins main as it is
///                (over a tenth of the quota)├ block was read: its record moves to main
///                                           └ else: forgotten, remembered as a ghost
///     ghost, move ──→ main ── oldest segment ─┬ block was read: moves to main's end with one
///                                             │  visit less, the most read first, up to half
///                                             │  of the segment
///                                             └ else: forgotten
///
/// So a scan passes through probation and leaves main alone, and to give up a segment rewrites at
/// most half of it. A segment of which less than a quarter is still wanted goes first.
///
/// The quota counts every file: segments and checkpoints with their sizes rounded up to pages, a
/// checkpoint for each segment whether it is written yet or not, one more while it is replaced,
/// and ``BlockIndexLimits/fixedBytes``. A block is appended only where a segment's length remains
/// for moves, so that the quota holds at every moment, not only in between.
///
/// A block costs 32 bytes in arrays (key row 16, location 12, its place in its segment 4), which
/// grow by doubling, and 12 in a dictionary, 16 to 32 with its free room; a file version about 100
/// more. One writer calls ``step(for:diskFreeBytes:)`` and reports; everybody may call the rest.
public struct BlockIndex: Sendable {
  /// Where the count of a block's reads stops.
  public static let mostVisits: UInt8 = 3

  struct Entry: Sendable {
    /// The segment's row; ``BlockDirectory/none`` for a free entry.
    var segment: UInt32
    var offset: UInt32
    /// The record's length in the lower 24 bits, the visits above.
    var packed: UInt32

    var recordBytes: Int { Int(packed & 0xFF_FFFF) }
    var visits: UInt8 {
      get { UInt8(packed >> 24) }
      set { packed = packed & 0xFF_FFFF | UInt32(newValue) << 24 }
    }
  }

  struct Segment: Sendable {
    var header: SegmentHeader
    /// The log the segment belongs to now.
    var queue: SegmentQueue
    /// Its age in its log: lower is older.
    var order: UInt64
    var bytes: Int
    var liveBytes = 0
    var liveCount = 0
    var recordCount = 0
    /// The entries whose records were written here, in the order of the file. Some are elsewhere
    /// or somebody else's by now: only those whose entry still names this segment count.
    var slots = ContiguousArray<UInt32>()
    /// Records were added or blocks removed since the last checkpoint.
    var isOutdated = false
    /// Blocks were read or moved away since the last checkpoint.
    var changed = false

    var chargedBytes: Int { Self.charge(bytes: bytes, recordCount: recordCount) }

    static func charge(bytes: Int, recordCount: Int) -> Int {
      BlockIndexLimits.roundedToPages(bytes)
        + BlockIndexLimits.roundedToPages(
          SegmentCheckpoint.encodedBytes(blockCount: recordCount))
    }
  }

  struct Reclaim: Sendable {
    var victim: UInt32
    /// The entries to be moved, in the order of the file.
    var kept: [UInt32]
    var cursor = 0
    var target: SegmentQueue
  }

  /// What the cache may take.
  public let limits: BlockIndexLimits
  /// The length of the records of all blocks that are held.
  public internal(set) var liveBytes = 0
  /// How many blocks went to make room.
  public internal(set) var evictedCount: UInt64 = 0
  /// Blocks that went, for whatever reason, since `takeForgotten`.
  private var forgotten: [BlockKey] = []
  private var hasLostForgotten = false
  private static let forgottenLimit = 65_536
  /// How many records were rewritten to keep them.
  public internal(set) var movedCount: UInt64 = 0

  var directory = BlockDirectory()
  var entries = ContiguousArray<Entry>()
  var segments = ContiguousArray<Segment?>()
  var rowsByNumber: [UInt64: UInt32] = [:]
  var activeProbation: UInt32?
  var activeMain: UInt32?
  /// Segments that may hold nothing wanted any more.
  var emptied: [UInt32] = []
  var reclaim: Reclaim?
  var ghosts: GhostTable
  var segmentCharge = 0
  var mostRecords = 0
  var nextNumber: UInt64 = 1
  var nextOrder: UInt64 = 1
  /// The block for which space was given back to the file system already.
  var floorReclaimedFor: BlockKey?

  /// An index of an empty cache.
  public init(limits: BlockIndexLimits) {
    self.limits = limits
    ghosts = GhostTable(expectedCount: limits.quotaBytes / (128 << 10))
  }

  /// How many blocks are held.
  public var count: Int { directory.count }

  /// How many segments there are.
  public var segmentCount: Int { rowsByNumber.count }

  /// What the quota counts: never above ``BlockIndexLimits/quotaBytes``, apart from a cache that
  /// was opened with a smaller quota than before, until its steps have been carried out.
  public var chargedBytes: Int { segmentCharge + Self.reserve(records: mostRecords) }

  /// Whether the block is held; no visit.
  public func contains(_ key: BlockKey) -> Bool { directory.slot(of: key) != nil }

  /// Where the block is, or nil; a visit.
  public mutating func visit(_ key: BlockKey) -> BlockLocation? {
    guard let slot = directory.slot(of: key) else { return nil }
    if entries[Int(slot)].visits < Self.mostVisits {
      entries[Int(slot)].visits += 1
      segments[Int(entries[Int(slot)].segment)]?.changed = true
    }
    return location(of: slot)
  }

  /// Where the block is, or nil; no visit.
  public func location(of key: BlockKey) -> BlockLocation? {
    directory.slot(of: key).flatMap(location(of:))
  }

  /// Every block that is held, in no order.
  public var keys: [BlockKey] {
    (0..<UInt32(directory.slotLimit)).compactMap(directory.key(of:))
  }

  /// Forgets the block and returns where its record is, to be marked as removed.
  public mutating func remove(_ key: BlockKey) -> BlockLocation? {
    guard let slot = directory.slot(of: key), let location = location(of: slot) else {
      return nil
    }
    forget(slot)
    return location
  }

  /// Forgets the block if `location` is where it is still, and says whether it was.
  public mutating func remove(_ key: BlockKey, at location: BlockLocation) -> Bool {
    guard let slot = directory.slot(of: key), self.location(of: slot) == location else {
      return false
    }
    forget(slot)
    return true
  }

  /// Forgets the version and returns where its records are, to be marked as removed.
  public mutating func remove(version: FileVersion) -> [BlockLocation] {
    let slots = directory.slots(of: version)
    let locations = slots.compactMap(location(of:))
    for slot in slots { forget(slot) }
    return locations
  }

  /// Forgets every version of the file and returns where the records are, to be marked as removed.
  public mutating func remove(file: FileID) -> [BlockLocation] {
    directory.versions(of: file).flatMap { remove(version: $0) }
  }

  static func reserve(records: Int) -> Int {
    BlockIndexLimits.fixedBytes
      + BlockIndexLimits.roundedToPages(SegmentCheckpoint.encodedBytes(blockCount: records))
  }

  func location(of slot: UInt32) -> BlockLocation? {
    let entry = entries[Int(slot)]
    guard entry.segment != BlockDirectory.none, let segment = segments[Int(entry.segment)]
    else { return nil }
    return BlockLocation(
      segment: segment.header.number, offset: Int(entry.offset), recordBytes: entry.recordBytes)
  }

  /// Which blocks went since the last call; nil: more than are remembered.
  public mutating func takeForgotten() -> [BlockKey]? {
    defer {
      forgotten = []
      hasLostForgotten = false
    }
    return hasLostForgotten ? nil : forgotten
  }

  mutating func forget(_ slot: UInt32) {
    let entry = entries[Int(slot)]
    guard entry.segment != BlockDirectory.none else { return }
    leave(entry.segment, recordBytes: entry.recordBytes)
    segments[Int(entry.segment)]?.isOutdated = true
    entries[Int(slot)].segment = BlockDirectory.none
    if let key = directory.key(of: slot) {
      if forgotten.count < Self.forgottenLimit {
        forgotten.append(key)
      } else {
        hasLostForgotten = true
      }
    }
    directory.remove(slot)
  }

  /// One record of the segment is no longer wanted there.
  mutating func leave(_ row: UInt32, recordBytes: Int) {
    liveBytes -= recordBytes
    segments[Int(row)]?.liveBytes -= recordBytes
    segments[Int(row)]?.liveCount -= 1
    segments[Int(row)]?.changed = true
    if segments[Int(row)]?.liveCount == 0, row != activeProbation, row != activeMain {
      emptied.append(row)
    }
  }

  /// Adds a record's bytes to the segment, and its block where there is an entry for it.
  mutating func grow(_ row: UInt32, to end: Int, entry slot: UInt32?) {
    guard var segment = segments[Int(row)] else { return }
    segments[Int(row)] = nil  // the array of slots must have one owner to be changed in place
    segmentCharge -= segment.chargedBytes
    segment.bytes = max(segment.bytes, end)
    segment.recordCount += 1
    segment.isOutdated = true
    segmentCharge += segment.chargedBytes
    mostRecords = max(mostRecords, segment.recordCount)
    if let slot {
      let recordBytes = entries[Int(slot)].recordBytes
      segment.liveBytes += recordBytes
      segment.liveCount += 1
      liveBytes += recordBytes
      segment.slots.append(slot)
    }
    segments[Int(row)] = segment
  }

  /// Adds `key` to the directory with its entry, and returns the slot.
  mutating func enter(_ key: BlockKey, _ entry: Entry) -> UInt32? {
    guard let slot = directory.add(key) else { return nil }
    if Int(slot) == entries.count {
      entries.append(entry)
    } else {
      entries[Int(slot)] = entry
    }
    return slot
  }

  /// The live entries of the segment, in the order of the file, each once.
  func liveSlots(of row: UInt32) -> [UInt32] {
    guard let segment = segments[Int(row)] else { return [] }
    var found = segment.slots.filter { entries[Int($0)].segment == row }
    found.sort { entries[Int($0)].offset < entries[Int($1)].offset }
    var last: UInt32?
    found.removeAll { slot in
      defer { last = slot }
      return slot == last
    }
    return Array(found)
  }

  mutating func addSegment(_ header: SegmentHeader, queue: SegmentQueue, bytes: Int) -> UInt32 {
    let segment = Segment(header: header, queue: queue, order: nextOrder, bytes: bytes)
    nextOrder += 1
    segmentCharge += segment.chargedBytes
    let row: UInt32
    if let free = segments.firstIndex(where: { $0 == nil }) {
      row = UInt32(free)
      segments[free] = segment
    } else {
      row = UInt32(segments.count)
      segments.append(segment)
    }
    rowsByNumber[header.number] = row
    nextNumber = max(nextNumber, header.number + 1)
    return row
  }

  mutating func dropSegment(_ row: UInt32) {
    guard let segment = segments[Int(row)] else { return }
    segmentCharge -= segment.chargedBytes
    rowsByNumber[segment.header.number] = nil
    segments[Int(row)] = nil
    if activeProbation == row { activeProbation = nil }
    if activeMain == row { activeMain = nil }
    emptied.removeAll { $0 == row }
  }
}

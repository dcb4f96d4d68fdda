public import NIOCore

/// Unpacked blocks in RAM, at most so many bytes of them: what answers a small random READ
/// without unpacking a whole block again.
///
/// The eviction is SIEVE: a queue in order of arrival, one bit per block that a hit sets, and a
/// hand that moves from the oldest towards the newest, clears set bits and evicts the first block
/// whose bit was clear. A hit moves nothing, and a scan evicts itself before what is used again.
///
///     insert → newest … … ← hand … … oldest
///              hit: visited = true      hand: visited ? clear and move on : evict
///
/// A block is charged the whole allocation behind its buffer and ``blockOverheadBytes``. Every
/// operation takes constant time, an eviction amortised.
public struct MemoryTier: Sendable {
  /// What a block is charged beyond its buffer: its row and list links here, the directory's rows
  /// and dictionaries at their emptiest, and the buffer's own object.
  public static let blockOverheadBytes = 256

  private struct Row {
    var buffer: ByteBuffer
    var chargedBytes: Int
    /// The neighbour that arrived next.
    var newer: UInt32
    /// The neighbour that arrived before.
    var older: UInt32
    var visited: Bool
  }

  /// The most bytes that are held.
  public let limitBytes: Int
  /// The bytes that are held now, never more than ``limitBytes``.
  public private(set) var bytes = 0
  /// How often ``get(_:)`` found a block.
  public private(set) var hits: UInt64 = 0
  /// How often ``get(_:)`` found none.
  public private(set) var misses: UInt64 = 0
  /// How many blocks went to make room for others.
  public private(set) var evicted: UInt64 = 0

  private var directory = BlockDirectory()
  private var rows = ContiguousArray<Row>()
  private var newest = BlockDirectory.none
  private var oldest = BlockDirectory.none
  private var hand = BlockDirectory.none

  /// A tier of at most `limitBytes`; 0 or less holds nothing.
  public init(limitBytes: Int) {
    self.limitBytes = max(0, limitBytes)
  }

  /// How many blocks are held.
  public var count: Int { directory.count }

  /// Whether the block is held; neither a hit nor a miss.
  public func contains(_ key: BlockKey) -> Bool { directory.slot(of: key) != nil }

  /// The plain bytes of the block, or nil. What is returned shares the held memory and outlives
  /// an eviction.
  public mutating func get(_ key: BlockKey) -> ByteBuffer? {
    guard let slot = directory.slot(of: key) else {
      misses += 1
      return nil
    }
    hits += 1
    rows[Int(slot)].visited = true
    return rows[Int(slot)].buffer
  }

  /// Holds the readable bytes of `plain` as the block's bytes. A block that is held already stays
  /// as it is: its bytes cannot differ. A slice of a larger allocation is copied, so that it does
  /// not pin what it was cut from. A block above the limit is not held.
  public mutating func insert(_ plain: ByteBuffer, for key: BlockKey) {
    guard directory.slot(of: key) == nil else { return }
    guard plain.readableBytes < limitBytes else { return }
    var buffer = plain
    if buffer.storageCapacity / 2 >= max(1, buffer.readableBytes) {
      buffer = ByteBufferAllocator().buffer(capacity: plain.readableBytes)
      buffer.writeImmutableBuffer(plain)
    }
    let (charged, overflow) = buffer.storageCapacity
      .addingReportingOverflow(Self.blockOverheadBytes)
    guard !overflow, charged <= limitBytes else { return }
    if let old = directory.versionInTheWay(of: key.version) { removeAll(version: old) }
    while bytes > limitBytes - charged { evictOne() }
    guard let slot = directory.add(key) else { return }
    let row = Row(
      buffer: buffer, chargedBytes: charged, newer: BlockDirectory.none, older: newest,
      visited: false)
    if Int(slot) == rows.count { rows.append(row) } else { rows[Int(slot)] = row }
    if newest != BlockDirectory.none { rows[Int(newest)].newer = slot }
    newest = slot
    if oldest == BlockDirectory.none { oldest = slot }
    bytes += charged
  }

  /// Forgets every block of `version`.
  public mutating func removeAll(version: FileVersion) {
    for slot in directory.slots(of: version) { remove(slot) }
  }

  /// Forgets every block of every version of `file`.
  public mutating func removeAll(file: FileID) {
    for version in directory.versions(of: file) { removeAll(version: version) }
  }

  private mutating func evictOne() {
    var candidate = hand == BlockDirectory.none ? oldest : hand
    while candidate != BlockDirectory.none, rows[Int(candidate)].visited {
      rows[Int(candidate)].visited = false
      let next = rows[Int(candidate)].newer
      candidate = next == BlockDirectory.none ? oldest : next
    }
    guard candidate != BlockDirectory.none else { return }
    hand = candidate
    remove(candidate)
    evicted += 1
  }

  private mutating func remove(_ slot: UInt32) {
    let row = rows[Int(slot)]
    if hand == slot { hand = row.newer }
    if row.newer != BlockDirectory.none {
      rows[Int(row.newer)].older = row.older
    } else {
      newest = row.older
    }
    if row.older != BlockDirectory.none {
      rows[Int(row.older)].newer = row.newer
    } else {
      oldest = row.newer
    }
    bytes -= row.chargedBytes
    rows[Int(slot)].buffer = ByteBuffer()
    directory.remove(slot)
  }
}

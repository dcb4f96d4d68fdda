import DequeModule

/// Blocks that wait for the writer of a disk cache: first in, first out, at most so many bytes.
///
///     offer ──→ waiting ──take──→ in flight ──finish──→ stored, or failed
///       │          └── remove ──→ gone      └── remove ──→ cancelled (finish says so)
///       └ no room: counted, gone
///
/// A waiting block can be read already. It is charged the whole allocation behind its bytes.
public struct WriteQueue: Sendable {
  /// What a waiting block is charged beyond its bytes.
  public static let blockOverheadBytes = 256

  /// The most bytes that wait, with the block in flight.
  public let limitBytes: Int
  /// The bytes that wait now, with the block in flight.
  public private(set) var bytes = 0
  /// How many blocks found no room.
  public private(set) var droppedCount: UInt64 = 0

  private var order = Deque<BlockKey>()
  private var blocks: [BlockKey: StoredBlock] = [:]
  private var inFlight: BlockKey?
  private var isCancelled = false

  /// A queue of at most `limitBytes`.
  public init(limitBytes: Int) {
    self.limitBytes = limitBytes
  }

  /// How many blocks wait, with the one in flight.
  public var count: Int { blocks.count }

  /// The block, if it waits or is in flight and nobody removed it.
  public func block(for key: BlockKey) -> StoredBlock? {
    inFlight == key && isCancelled ? nil : blocks[key]
  }

  /// Lets `block` wait, and says whether it does: not where the queue is full, which is counted,
  /// nor where it waits already.
  public mutating func offer(_ block: StoredBlock, for key: BlockKey) -> Bool {
    guard blocks[key] == nil else { return false }
    let charge = Self.charge(block)
    guard charge <= limitBytes - bytes else {
      droppedCount += 1
      return false
    }
    bytes += charge
    blocks[key] = block
    order.append(key)
    return true
  }

  /// The block that came first, now in flight until ``finish()``.
  public mutating func take() -> (key: BlockKey, block: StoredBlock)? {
    guard inFlight == nil else { return nil }
    while let key = order.popFirst() {
      guard let block = blocks[key] else { continue }
      inFlight = key
      isCancelled = false
      return (key, block)
    }
    return nil
  }

  /// The block in flight is stored or given up. Says whether it is still wanted.
  public mutating func finish() -> Bool {
    guard let key = inFlight else { return false }
    inFlight = nil
    forget(key)
    return !isCancelled
  }

  /// Forgets every block whose key `isRemoved` says so; the one in flight is cancelled.
  public mutating func remove(where isRemoved: (BlockKey) -> Bool) {
    if let key = inFlight, isRemoved(key) { isCancelled = true }
    for key in order where isRemoved(key) { forget(key) }
    order.removeAll(where: isRemoved)
  }

  private mutating func forget(_ key: BlockKey) {
    if let block = blocks.removeValue(forKey: key) { bytes -= Self.charge(block) }
  }

  private static func charge(_ block: StoredBlock) -> Int {
    block.bytes.storageCapacity + blockOverheadBytes
  }
}

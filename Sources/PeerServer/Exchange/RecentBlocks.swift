import BlockCache
import Collections

/// The blocks that arrived last, as they are stored and sent, at most so many bytes of them: others
/// ask for a block soon after it came here, and it may not be on disk yet.
struct RecentBlocks: Sendable {
  /// What a block is charged beside its bytes.
  static let blockOverheadBytes = 512

  private let limitBytes: Int
  private var blocks: [BlockKey: StoredBlock] = [:]
  private var order: Deque<BlockKey> = []
  private(set) var bytes = 0

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  subscript(key: BlockKey) -> StoredBlock? { blocks[key] }

  /// Keeps a block, and lets go of the oldest where there is no room. One that is there stays.
  mutating func insert(_ block: StoredBlock, for key: BlockKey) {
    guard blocks[key] == nil else { return }
    blocks[key] = block
    order.append(key)
    bytes += Self.charge(block)
    while bytes > limitBytes, let oldest = order.popFirst() {
      guard let block = blocks.removeValue(forKey: oldest) else { continue }
      bytes -= Self.charge(block)
    }
  }

  /// The memory behind its buffer, which may be more than its bytes.
  private static func charge(_ block: StoredBlock) -> Int {
    block.bytes.storageCapacity + blockOverheadBytes
  }
}

import BlockCache
import NIOCore
import Synchronization

/// The RAM tier behind several locks, so that READs on different event loops rarely meet.
final class MemoryShards: Sendable {
  private final class Shard: Sendable {
    let tier: Mutex<MemoryTier>
    init(limitBytes: Int) { tier = Mutex(MemoryTier(limitBytes: limitBytes)) }
  }

  private let shards: [Shard]

  /// - Parameter limitBytes: of all shards together; few bytes make one shard.
  init(limitBytes: Int) {
    let count = limitBytes >= 256 << 20 ? 8 : limitBytes >= 64 << 20 ? 2 : 1
    shards = (0..<count).map { _ in Shard(limitBytes: limitBytes / count) }
  }

  func get(_ key: BlockKey) -> ByteBuffer? { shard(key).tier.withLock { $0.get(key) } }

  func contains(_ key: BlockKey) -> Bool { shard(key).tier.withLock { $0.contains(key) } }

  func insert(_ plain: ByteBuffer, for key: BlockKey) {
    shard(key).tier.withLock { $0.insert(plain, for: key) }
  }

  /// Blocks and bytes that are held.
  var usage: (blocks: Int, bytes: Int) {
    shards.reduce((0, 0)) { sum, shard in
      let (count, bytes) = shard.tier.withLock { ($0.count, $0.bytes) }
      return (sum.0 + count, sum.1 + bytes)
    }
  }

  private func shard(_ key: BlockKey) -> Shard {
    let mixed = key.version.file.low &+ UInt64(key.index)
    return shards[Int(mixed % UInt64(shards.count))]
  }
}

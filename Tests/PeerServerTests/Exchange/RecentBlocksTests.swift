import BlockCache
import NIOCore
import Testing

@testable import PeerServer

@Suite struct RecentBlocksTests {
  private func key(_ index: UInt32) -> BlockKey {
    BlockKey(version: FileVersion(file: FileID(high: 1, low: 2), change: 3), index: index)
  }

  private func block(_ byte: UInt8) -> StoredBlock {
    let bytes = ByteBuffer(repeating: byte, count: 1 << 16)
    return StoredBlock(
      encoding: .plain, plainBytes: 1 << 16, digest: BlockDigest(of: bytes), bytes: bytes)
  }

  @Test("the oldest go when there is no room, and the memory stays within its limit")
  func bounded() {
    let limit = 3 * ((1 << 16) + RecentBlocks.blockOverheadBytes)
    var recent = RecentBlocks(limitBytes: limit)
    for index: UInt32 in 0..<10 {
      recent.insert(block(UInt8(index)), for: key(index))
      #expect(recent.bytes <= limit)
    }
    #expect((0..<10).filter { recent[key($0)] != nil } == [7, 8, 9])
    #expect(recent[key(8)] == block(8))
  }

  @Test("a block that is there already stays as it is")
  func twice() {
    var recent = RecentBlocks(limitBytes: 1 << 20)
    recent.insert(block(1), for: key(0))
    let bytes = recent.bytes
    recent.insert(block(2), for: key(0))
    #expect(recent[key(0)] == block(1) && recent.bytes == bytes)
  }

  @Test("nothing is kept where there is no room for anything")
  func none() {
    var recent = RecentBlocks(limitBytes: 0)
    recent.insert(block(1), for: key(0))
    #expect(recent[key(0)] == nil && recent.bytes == 0)
  }
}

import BlockCache
import Placement
import Testing

@Suite struct ChunkTests {
  @Test("every block belongs to the chunk that lists it")
  func blocks() {
    for index: UInt32 in 0..<40 {
      let chunk = Chunk(of: BlockKey(version: version(1), index: index))
      #expect(chunk.indices.contains(index) && chunk.firstIndex == chunk.indices.first)
      #expect(chunk.indices.count == Int(Chunk.blockCount))
      #expect(chunk.allBits == 0b1111)
    }
  }

  @Test("a number that no block has does not trap")
  func absurdNumber() {
    #expect(Chunk(version: version(1), number: .max).indices.count == Int(Chunk.blockCount))
    let last = Chunk(of: BlockKey(version: version(1), index: .max))
    #expect(last.indices.last == .max)
  }

  @Test(
    "the blocks of a file have its bytes together",
    arguments: [0, 1, 255, 256, 257, 1024, 1025] as [UInt64])
  func sizes(size: UInt64) {
    let file = ExchangedFile(version: version(1), handle: [], size: size, blockBytes: 256)
    let sizes = (0..<file.blockCount).map(file.plainBytes(of:))
    #expect(sizes.reduce(0, +) == Int(size))
    #expect(sizes.allSatisfy { $0 > 0 && $0 <= 256 })
    #expect(file.plainBytes(of: file.blockCount) == 0 && file.plainBytes(of: .max) == 0)
  }

  @Test("sizes and block sizes that no file has do not trap")
  func absurd() {
    let huge = ExchangedFile(version: version(1), handle: [], size: .max, blockBytes: 1)
    #expect(huge.blockCount == .max && huge.plainBytes(of: .max) == 1)
    let none = ExchangedFile(version: version(1), handle: [], size: .max, blockBytes: 0)
    #expect(none.blockCount == .max && none.plainBytes(of: 3) == 0)
  }
}

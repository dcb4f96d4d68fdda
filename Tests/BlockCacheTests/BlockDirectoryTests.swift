import Testing

@testable import BlockCache

@Suite struct BlockDirectoryTests {
  @Test(
    "over a random workload it holds what a plain dictionary holds", arguments: [1, 2] as [UInt64])
  func model(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var directory = BlockDirectory()
    var model: [BlockKey: UInt32] = [:]
    for _ in 0..<5_000 {
      let block = key(
        UInt64.random(in: 0..<8, using: &generator), UInt32.random(in: 0..<8, using: &generator),
        change: UInt64.random(in: 0..<4, using: &generator))
      #expect(directory.slot(of: block) == model[block])
      if let slot = model.removeValue(forKey: block) {
        #expect(directory.key(of: slot) == block)
        directory.remove(slot)
        #expect(directory.key(of: slot) == nil)
      } else {
        let slot = directory.add(block)
        #expect(slot != nil && !model.values.contains(slot ?? 0))
        model[block] = slot
      }
      #expect(directory.count == model.count)
      let version = Set(model.filter { $0.key.version == block.version }.values)
      #expect(Set(directory.slots(of: block.version)) == version)
      let versions = Set(
        model.keys.map(\.version).filter { $0.file == block.version.file })
      #expect(Set(directory.versions(of: block.version.file)) == versions)
    }
    #expect(directory.slotLimit <= 8 * 8 * 4)
  }

  @Test("rows are 16 bytes, so a block costs what the index says")
  func sizes() {
    #expect(MemoryLayout<BlockIndex.Entry>.stride == 12)
    #expect(MemoryLayout<BlockKey>.stride == 32)
  }
}

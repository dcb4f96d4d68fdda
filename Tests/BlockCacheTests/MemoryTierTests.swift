import NIOCore
import Testing

@testable import BlockCache

@Suite struct MemoryTierTests {
  /// What a block of 4,096 bytes is charged.
  private let chargeBytes = 4096 + MemoryTier.blockOverheadBytes

  @Test("a block comes back as it was put in, until its version or its file goes")
  func removal() {
    var tier = MemoryTier(limitBytes: 1 << 20)
    tier.insert(noise(100, seed: 1), for: key(1, 0, change: 1))
    tier.insert(noise(100, seed: 2), for: key(1, 0, change: 2))
    tier.insert(noise(100, seed: 3), for: key(2))
    #expect(tier.get(key(1, 0, change: 1)) == noise(100, seed: 1))
    #expect(tier.get(key(1, 1, change: 1)) == nil)
    tier.removeAll(version: key(1, 0, change: 1).version)
    #expect(tier.get(key(1, 0, change: 1)) == nil)
    #expect(tier.get(key(1, 0, change: 2)) == noise(100, seed: 2))
    tier.removeAll(file: key(1).version.file)
    #expect(tier.get(key(1, 0, change: 2)) == nil)
    #expect(tier.get(key(2)) == noise(100, seed: 3))
    tier.removeAll(file: key(2).version.file)
    #expect(tier.bytes == 0 && tier.count == 0)
    #expect(tier.hits == 3 && tier.misses == 3)
  }

  @Test("a slice of a large buffer does not pin the buffer")
  func slices() throws {
    var tier = MemoryTier(limitBytes: 1 << 20)
    let slice = try #require(noise(512 << 10).getSlice(at: 4096, length: 4096))
    tier.insert(slice, for: key(1))
    #expect(tier.bytes == chargeBytes)
    #expect(tier.get(key(1))?.storageCapacity == 4096)
    #expect(tier.get(key(1)) == slice)
  }

  @Test(
    "a block above the limit is not held, nor is any with a limit of nothing",
    arguments: [
      0, -5, 4096, 4200,
    ])
  func tooLarge(limitBytes: Int) {
    var tier = MemoryTier(limitBytes: limitBytes)
    tier.insert(noise(4096), for: key(1))
    tier.insert(ByteBuffer(), for: key(2))
    #expect(tier.get(key(1)) == nil)
    #expect(tier.bytes <= max(0, limitBytes))
  }

  @Test("blocks that were read survive a scan ten times as large as the tier")
  func scan() {
    var tier = MemoryTier(limitBytes: 100 * chargeBytes)
    let hot = (0..<50).map { key(1, $0) }
    for block in hot { tier.insert(noise(4096, seed: UInt64(block.index)), for: block) }
    for block in hot { #expect(tier.get(block) != nil) }
    for index in 0..<1000 {
      tier.insert(noise(4096), for: key(2, UInt32(index)))
      if index % 20 == 19 { for block in hot { _ = tier.get(block) } }
    }
    for block in hot { #expect(tier.get(block) == noise(4096, seed: UInt64(block.index))) }
    #expect(tier.evicted == 950)
  }

  @Test(
    "over a random workload the limit holds, and a key only ever gives its own bytes",
    arguments: [
      1, 2, 3,
    ] as [UInt64])
  func randomWorkload(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var tier = MemoryTier(limitBytes: 300_000)
    for _ in 0..<20_000 {
      let file = UInt64.random(in: 0..<20, using: &generator)
      let change = UInt64.random(in: 0..<6, using: &generator)
      let index = UInt32.random(in: 0..<10, using: &generator)
      let block = key(file, index, change: change)
      let name = ByteBuffer(string: "\(file) \(index) \(change)")
      switch Int.random(in: 0..<100, using: &generator) {
      case 0: tier.removeAll(file: block.version.file)
      case 1: tier.removeAll(version: block.version)
      case 2..<40:
        var bytes = name
        bytes.writeRepeatingByte(7, count: Int.random(in: 0..<20_000, using: &generator))
        tier.insert(bytes, for: block)
      default:
        if let held = tier.get(block) {
          #expect(held.getSlice(at: 0, length: name.readableBytes) == name)
          #expect(held.readableBytes == name.readableBytes || held.byte(name.readableBytes) == 7)
        }
      }
      #expect(tier.bytes <= 300_000)
    }
    #expect(tier.evicted > 0 && tier.hits > 0)
    for file in 0..<20 { tier.removeAll(file: key(UInt64(file)).version.file) }
    #expect(tier.bytes == 0 && tier.count == 0)
  }

  @Test("a file keeps four versions, and the one that came first goes first")
  func versions() {
    var tier = MemoryTier(limitBytes: 1 << 20)
    for change in 1...6 { tier.insert(noise(10), for: key(1, 0, change: UInt64(change))) }
    let held = (1...6).filter { tier.contains(key(1, 0, change: UInt64($0))) }
    #expect(held == [3, 4, 5, 6])
  }
}

import BlockCache
import Testing

@testable import Contents

@Suite struct HoldingsTests {
  /// The root over `contents`, from nothing.
  private func root(_ contents: [FileVersion: BlockBitmap]) -> UInt64 {
    var tree = DigestTree()
    for (version, blocks) in contents {
      tree.replace(
        0, by: DigestTree.term(of: version, blocks), in: DigestTree.bucket(of: version))
    }
    return tree.root
  }

  private func drain(_ holdings: inout Holdings, limitBytes: Int = 900) throws -> [ContentsDelta] {
    var deltas: [ContentsDelta] = []
    while let bytes = holdings.takeDelta(limitBytes: limitBytes) {
      #expect(bytes.count <= limitBytes)
      deltas.append(try ContentsDelta(decoding: bytes))
    }
    return deltas
  }

  @Test("a node that holds nothing has nothing to say")
  func nothing() {
    var holdings = Holdings(generation: 1)
    #expect(!holdings.hasNews)
    let wasHeld = holdings.remove(key(1))
    holdings.removeVersion(version(1))
    let delta = holdings.takeDelta(limitBytes: 900)
    #expect(!wasHeld && delta == nil)
    #expect(
      holdings.summary
        == ContentsSummary(generation: 1, sequence: 0, root: DigestTree.emptyRoot))
  }

  @Test("what is undone before it was told is not told")
  func cancelled() throws {
    var holdings = Holdings(generation: 1)
    holdings.load([key(1, 0), key(1, 1)])
    _ = try drain(&holdings)
    let before = holdings.summary
    for index in UInt32(2)..<50 { holdings.insert(key(1, index)) }
    for index in UInt32(2)..<50 { holdings.remove(key(1, index)) }
    holdings.remove(key(1, 0))
    holdings.insert(key(1, 0))
    holdings.insert(key(2))
    holdings.removeVersion(version(2))
    let delta = holdings.takeDelta(limitBytes: 900)
    #expect(delta == nil)
    #expect(holdings.summary == before && !holdings.hasNews && holdings.versionCount == 1)
  }

  @Test("removals of all versions come before additions, and runs are joined")
  func order() throws {
    var holdings = Holdings(generation: 1)
    holdings.load((0..<20).map { key(1, $0) } + [key(3)])
    _ = try drain(&holdings)
    for index in UInt32(0)..<100 { holdings.insert(key(2, index)) }
    holdings.insert(key(1, 20))
    for index in UInt32(5)..<8 { holdings.remove(key(1, index)) }
    holdings.removeVersion(version(3))
    let deltas = try drain(&holdings)
    #expect(
      deltas.flatMap(\.entries) == [
        .init(version: version(1), change: .removed(blocks(5...7))),
        .init(version: version(3), change: .dropped),
        .init(version: version(2), change: .added(blocks(0...99))),
        .init(version: version(1), change: .added(blocks(20...20))),
      ])
    #expect(deltas.count == 1 && deltas[0].summary == holdings.summary)
  }

  @Test("a version dropped and read again is dropped and then added, in one delta")
  func droppedAndBack() throws {
    var holdings = Holdings(generation: 1)
    holdings.load((0..<500).map { key(1, $0 * 2) })
    _ = try drain(&holdings)
    holdings.removeVersion(version(1))
    holdings.insert(key(1, 7))
    let deltas = try drain(&holdings)
    #expect(
      deltas.flatMap(\.entries) == [
        .init(version: version(1), change: .dropped),
        .init(version: version(1), change: .added(blocks(7...7))),
      ])
    #expect(holdings.summary.root == root([version(1): blocks(7...7)]))
  }

  @Test("what does not fit is told in parts, and each delta's root is right for what was told")
  func parts() throws {
    var holdings = Holdings(generation: 1)
    for file in UInt64(0)..<200 { holdings.insert(key(file)) }
    for index in 0..<UInt32(2000) { holdings.insert(key(1000, index * 3)) }
    var told: [FileVersion: BlockBitmap] = [:]
    let deltas = try drain(&holdings, limitBytes: 300)
    for (place, delta) in deltas.enumerated() {
      for entry in delta.entries {
        guard case .added(let blocks) = entry.change else {
          Issue.record("\(entry)")
          continue
        }
        told[entry.version, default: BlockBitmap()].formUnion(blocks)
      }
      #expect(delta.summary.root == root(told))
      #expect(delta.summary.sequence == UInt64(place) + 1)
    }
    #expect(told.count == 201 && told[version(1000)]?.count == 2000)
    #expect(deltas.count > 20)
  }

  @Test("too little room for anything is no delta, and nothing is lost", arguments: [0, 28, 68])
  func noRoom(limit: Int) throws {
    var holdings = Holdings(generation: 1)
    holdings.insert(key(1, .max))
    let none = holdings.takeDelta(limitBytes: limit)
    #expect(none == nil && holdings.sequence == 0)
    let deltas = try drain(&holdings, limitBytes: ContentsDelta.leastBytes)
    #expect(deltas.flatMap(\.entries).count == 1)
  }

  @Test(
    "the root after 10,000 random operations is the one computed from nothing", arguments: 1...4)
  func randomOperations(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var holdings = Holdings(
      generation: 1, limits: HoldingsLimits(pendingVersions: 20, pendingWordsPerVersion: 6))
    var model: [FileVersion: Set<UInt32>] = [:]
    var (tooLong, wrong) = (0, 0)
    func expectRight() {
      var announced: [FileVersion: BlockBitmap] = [:]
      for version in (0..<40).map({ version($0) }) {
        announced[version] = holdings.announced(of: version)
      }
      #expect(holdings.summary.root == root(announced))
      let held = model.filter { !$0.value.isEmpty }
      #expect(Set(holdings.versions) == Set(held.keys))
      #expect(holdings.blockCount == held.values.reduce(0) { $0 + $1.count })
      for (version, indices) in held {
        #expect(holdings.blocks(of: version).indices == indices.sorted())
      }
    }
    for step in 0..<10_000 {
      let block = key(
        .random(in: 0..<40, using: &generator), .random(in: 0..<300, using: &generator))
      switch UInt64.random(in: 0..<100, using: &generator) {
      case 0..<60:
        let isNew = holdings.insert(block)
        let expected = model[block.version, default: []].insert(block.index).inserted
        if isNew != expected { wrong += 1 }
      case 60..<90:
        let wasHeld = holdings.remove(block)
        let expected = model[block.version]?.remove(block.index) != nil
        if wasHeld != expected { wrong += 1 }
      case 90..<91:
        holdings.removeVersion(block.version)
        model[block.version] = nil
      default:
        let limit = Int.random(in: 0..<400, using: &generator)
        if let bytes = holdings.takeDelta(limitBytes: limit), bytes.count > limit { tooLong += 1 }
      }
      if step % 500 == 0 { expectRight() }
    }
    expectRight()
    _ = try drain(&holdings)
    #expect(!holdings.hasNews && holdings.summarised > 0 && tooLong == 0 && wrong == 0)
    #expect(holdings.summary.root == root(model.mapValues { BlockBitmap($0) }))
    for version in holdings.versions { holdings.removeVersion(version) }
    _ = try drain(&holdings)
    #expect(holdings.summary.root == DigestTree.emptyRoot && holdings.versionCount == 0)
  }

  @Test("more changes to a version than can be kept become its digest")
  func digests() throws {
    var holdings = Holdings(
      generation: 1, limits: HoldingsLimits(pendingWordsPerVersion: 10, digests: 2))
    for file in UInt64(1)...3 {
      for index in UInt32(0)..<200 { holdings.insert(key(file, index * 300)) }
    }
    #expect(holdings.summarised > 0 && holdings.pending.values.allSatisfy { $0.words <= 10 })
    let deltas = try drain(&holdings)
    let digests = deltas.flatMap(\.entries).filter {
      if case .digest = $0.change { true } else { false }
    }
    #expect(digests.map(\.version) == [version(1), version(2)])
    #expect(
      digests.first?.change == .digest(BlockBitmap((0..<200).map { $0 * 300 }).digest))
    #expect(holdings.summary.root == deltas.last?.summary.root)
  }

  @Test("changes to more versions than can be kept are left to the root")
  func tooManyVersions() throws {
    var holdings = Holdings(generation: 1, limits: HoldingsLimits(pendingVersions: 100))
    var most = 0
    for file in UInt64(0)..<10_000 {
      holdings.insert(key(file))
      most = max(most, holdings.pending.count, holdings.order.count)
    }
    #expect(most <= 100)
    let deltas = try drain(&holdings)
    #expect(deltas.flatMap(\.entries).count < 101 && deltas.last?.summary == holdings.summary)
    #expect(holdings.versions.count == 10_000)
  }

  @Test("more versions than may be listed are counted and not announced")
  func tooManyListed() {
    var holdings = Holdings(generation: 1, limits: HoldingsLimits(versions: 10))
    for file in UInt64(0)..<20 { holdings.insert(key(file)) }
    #expect(holdings.versionCount == 10 && holdings.unlistedBlocks == 10)
    let wasHeld = holdings.remove(key(15))
    #expect(!holdings.contains(key(15)) && !wasHeld)
    holdings.removeVersion(version(3))
    while holdings.takeDelta(limitBytes: 900) != nil {}
    let isNew = holdings.insert(key(15))
    #expect(isNew)
  }

  @Test("a million blocks at the start cost one digest a version, and are told by the root alone")
  func load() throws {
    var generator = SeededGenerator(seed: 3)
    var holdings = Holdings(generation: 1)
    let versions = (UInt64(0)..<500).shuffled(using: &generator)
    holdings.load(versions.lazy.flatMap { file in (UInt32(0)..<2000).lazy.map { key(file, $0) } })
    #expect(holdings.blockCount == 1_000_000 && holdings.versionCount == 500)
    #expect(holdings.computedTerms == 500)
    let deltas = try drain(&holdings)
    #expect(deltas.map(\.entries) == [[]])
    #expect(holdings.approximateBytes < 1 << 20)
    // From then on a change costs the digest of its version, whatever else is held.
    holdings.insert(key(7, 5000))
    holdings.remove(key(8, 0))
    _ = try drain(&holdings)
    #expect(holdings.computedTerms <= 504)
  }

  @Test("a load over what was told by gossip leaves nothing pending of the versions it names")
  func loadAgain() throws {
    var holdings = Holdings(generation: 1)
    holdings.insert(key(1))
    holdings.insert(key(2))
    holdings.load([key(1), key(1, 1)])
    let entries = try drain(&holdings).flatMap(\.entries)
    #expect(entries == [.init(version: version(2), change: .added(blocks(0...0)))])
    #expect(
      holdings.summary.root == root([version(1): blocks(0...1), version(2): blocks(0...0)]))
  }

  @Test("fifty blocks a second are told in so many bytes")
  func fiftyBlocks() throws {
    /// Bytes of the deltas of one second, five times a second.
    func bytes(_ block: (UInt64) -> BlockKey) -> Int {
      var holdings = Holdings(generation: 0x1234_5678_9ABC_DEF0)
      // Long numbers, as in a node that has been up for a while.
      holdings.sequence = 1_000_000
      var total = 0
      for step in UInt64(0)..<50 {
        holdings.insert(block(step))
        if step % 10 == 9 { total += holdings.takeDelta(limitBytes: 900)?.count ?? 0 }
      }
      #expect(!holdings.hasNews)
      return total
    }
    var generator = SeededGenerator(seed: 9)
    let inOrder = bytes { key(1, UInt32($0) + 100_000) }
    let scattered = bytes { _ in key(1, .random(in: 0..<400_000, using: &generator)) }
    let smallFiles = bytes { key($0) }
    #expect(inOrder == 5 * 57)
    #expect(scattered <= 5 * 93)
    #expect(smallFiles == 5 * (26 + 10 * 27))
  }
}

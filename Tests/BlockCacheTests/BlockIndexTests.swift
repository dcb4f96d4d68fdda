import Testing

@testable import BlockCache

@Suite struct BlockIndexTests {
  @Test(
    "in a random workload the quota holds at every step, and blocks are where their records are",
    arguments: [
      (1, 4 << 20, 128 << 10), (2, 1 << 20, 32 << 10), (3, 2 << 20, 4096), (4, 8 << 20, 1 << 20),
      (5, 4 << 20, 128 << 10), (6, 16 << 20, 512 << 10),
    ] as [(UInt64, Int, Int)])
  func randomWorkload(seed: UInt64, quotaBytes: Int, segmentBytes: Int) {
    var generator = SeededGenerator(seed: seed)
    var disk = ModelDisk(quotaBytes: quotaBytes, segmentBytes: segmentBytes)
    for round in 0..<6_000 {
      // Some blocks are wanted far more often than others.
      let range = Bool.random(using: &generator) ? 40 : 4_000
      let number = UInt64.random(in: 0..<UInt64(range), using: &generator)
      let block = key(number / 8, UInt32(number % 8))
      switch Int.random(in: 0..<200, using: &generator) {
      case 0: _ = disk.index.remove(file: block.version.file)
      case 1: _ = disk.index.remove(version: block.version)
      case 2: _ = disk.index.remove(block)
      case 3: disk.settle()
      case 4: disk = disk.restarted()
      default:
        if disk.index.visit(block) == nil {
          let recordBytes = Int.random(in: RecordHeader.encodedBytes..<40_000, using: &generator)
          disk.store(block, recordBytes: recordBytes)
        }
      }
      if round % 50 == 0 { disk.checkLocations() }
    }
    disk.checkLocations()
    #expect(disk.index.evictedCount > 0 && disk.index.count > 0)
  }

  @Test("a hot set survives a scan ten times as large as the cache")
  func scan() {
    var disk = ModelDisk(quotaBytes: 8 << 20, segmentBytes: 256 << 10)
    let hot = (0..<100).map { key(1, $0) }
    for block in hot { disk.store(block, recordBytes: 20_000) }
    for block in hot { #expect(disk.index.visit(block) != nil) }
    for index in 0..<4_000 { disk.store(key(2, UInt32(index)), recordBytes: 20_000) }
    let kept = hot.filter { disk.index.contains($0) }
    #expect(kept.count == hot.count)
    // And a second scan that finds them in main already, nobody having asked for them since.
    for index in 0..<4_000 { disk.store(key(3, UInt32(index)), recordBytes: 20_000) }
    #expect(hot.filter { disk.index.contains($0) }.count == hot.count)
  }

  @Test("a hot set that is scattered among cold blocks survives a scan")
  func scatteredScan() {
    var disk = ModelDisk(quotaBytes: 8 << 20, segmentBytes: 256 << 10)
    for index in 0..<300 { disk.store(key(1, UInt32(index)), recordBytes: 20_000) }
    let hot = stride(from: 0, to: 300, by: 5).map { key(1, UInt32($0)) }
    for block in hot { #expect(disk.index.visit(block) != nil) }
    for index in 0..<4_000 { disk.store(key(2, UInt32(index)), recordBytes: 20_000) }
    #expect(hot.filter { disk.index.contains($0) }.count == hot.count)
  }

  @Test("a working set of nine tenths of the quota stays, and costs no endless rewriting")
  func workingSet() {
    var disk = ModelDisk(quotaBytes: 16 << 20, segmentBytes: 256 << 10)
    var generator = SeededGenerator(seed: 9)
    var hits = 0
    for round in 0..<20_000 {
      let block = key(1, UInt32.random(in: 0..<700, using: &generator))
      if disk.index.visit(block) != nil {
        if round >= 10_000 { hits += 1 }
      } else {
        disk.store(block, recordBytes: 20_000)
      }
    }
    #expect(hits > 9_500)
    #expect(disk.movedBytes <= 3 * disk.storedBytes)
  }

  @Test("when everything was read, room is made without rewriting more than is given up")
  func everythingRead() {
    var disk = ModelDisk(quotaBytes: 16 << 20, segmentBytes: 256 << 10)
    var index: UInt32 = 0
    for _ in 0..<5_000 {
      let block = key(1, index)
      index += 1
      disk.store(block, recordBytes: 20_000)
      _ = disk.index.visit(block)
    }
    #expect(disk.movedBytes <= disk.storedBytes * 3 / 2)
  }

  @Test("a block that comes back soon after it was evicted unread goes to main at once")
  func ghosts() {
    var disk = ModelDisk(quotaBytes: 4 << 20, segmentBytes: 128 << 10)
    disk.store(key(1), recordBytes: 20_000)
    var index: UInt32 = 0
    while disk.index.contains(key(1)) {
      disk.store(key(2, index), recordBytes: 20_000)
      index += 1
    }
    disk.store(key(1), recordBytes: 20_000)
    let segment = disk.index.location(of: key(1))?.segment ?? 0
    #expect(disk.files[segment]?.header.queue == .main)
  }

  @Test("a segment of which little is wanted goes before the oldest")
  func sparse() {
    var disk = ModelDisk(quotaBytes: 4 << 20, segmentBytes: 256 << 10)
    var file: UInt64 = 0
    while disk.index.evictedCount == 0, file < 1_000 {
      for index in 0..<12 { disk.store(key(file, UInt32(index)), recordBytes: 20_000) }
      file += 1
    }
    let evicted = disk.index.evictedCount
    let victim = file - 3
    for index in 1..<12 { _ = disk.index.remove(key(victim, UInt32(index))) }
    for index in 0..<6 { disk.store(key(file, UInt32(index)), recordBytes: 20_000) }
    #expect(disk.index.contains(key(victim, 0)))
    #expect(disk.index.evictedCount == evicted)
  }

  @Test("a segment whose last block is removed is deleted")
  func emptied() {
    var disk = ModelDisk(quotaBytes: 4 << 20, segmentBytes: 64 << 10)
    for index in 0..<20 { disk.store(key(1, UInt32(index)), recordBytes: 20_000) }
    #expect(disk.files.count == 7)
    _ = disk.index.remove(file: key(1).version.file)
    disk.settle()
    #expect(disk.files.count <= 1)
    #expect(disk.index.liveBytes == 0 && disk.index.count == 0)
  }

  @Test("a block removed while its record moves does not come back")
  func removedWhileMoving() {
    var disk = ModelDisk(quotaBytes: 4 << 20, segmentBytes: 128 << 10)
    var removed: Set<UInt32> = []
    disk.duringMove = { index, move in
      if move.key.index % 2 == 0 { _ = index.remove(move.key) }
    }
    for index in 0..<2_000 as Range<UInt32> {
      disk.store(key(1, index), recordBytes: 20_000)
      if index % 3 == 0 { _ = disk.index.visit(key(1, index)) }
      removed.insert(index)
    }
    disk.checkLocations()
    #expect(disk.index.movedCount > 0)
  }

  @Test("a restart with checkpoints holds the same blocks and goes on in the same segments")
  func restart() {
    var disk = ModelDisk(quotaBytes: 4 << 20, segmentBytes: 128 << 10)
    for index in 0..<500 { disk.store(key(1, UInt32(index)), recordBytes: 20_000) }
    let keys = Set(disk.index.keys)
    let charged = disk.index.chargedBytes
    disk = disk.restarted()
    disk.checkLocations()
    #expect(Set(disk.index.keys) == keys)
    #expect(disk.index.chargedBytes <= charged)
    let numbers = Set(disk.files.keys)
    disk.store(key(2), recordBytes: 1_000)
    #expect(Set(disk.files.keys) == numbers)
    #expect(disk.index.outdatedCheckpoints(includingVisits: false).count == 1)
  }

  @Test("a cache that comes back under a smaller quota shrinks to it before anything else")
  func smallerQuota() {
    var disk = ModelDisk(quotaBytes: 16 << 20, segmentBytes: 128 << 10)
    for index in 0..<800 { disk.store(key(1, UInt32(index)), recordBytes: 20_000) }
    disk = disk.restarted(quotaBytes: 2 << 20)
    #expect(disk.index.chargedBytes > 2 << 20)
    disk.settle()
    disk.check()
    disk.checkLocations()
    #expect(disk.index.count > 0)
  }

  @Test("the same block in two segments is held once")
  func duplicate() {
    var index = BlockIndex(limits: BlockIndexLimits(quotaBytes: 4 << 20, freeSpaceFloorBytes: 0))
    for number in 1...2 as ClosedRange<UInt64> {
      _ = index.restore(
        SegmentHeader(number: number, queue: .probation, salt: 0), queue: .probation, bytes: 1000,
        recordCount: 1, blocks: [.init(key: key(1), offset: 32, recordBytes: 900)],
        isCheckpointed: true)
    }
    #expect(index.count == 1 && index.liveBytes == 900)
    #expect(index.location(of: key(1))?.segment == 1)
  }

  @Test("below the free-space floor one segment is given back for a block, then it is refused")
  func floor() {
    var disk = ModelDisk(quotaBytes: 8 << 20, segmentBytes: 128 << 10, floorBytes: 1 << 30)
    for index in 0..<50 { disk.store(key(1, UInt32(index)), recordBytes: 20_000) }
    let segments = disk.files.count
    disk.diskFreeBytes = (1 << 30) - 1
    #expect(disk.store(key(2), recordBytes: 20_000) == .refuse(.belowFreeSpaceFloor))
    #expect(disk.files.count == segments - 1)
    for index in 0..<20 { disk.store(key(3, UInt32(index)), recordBytes: 20_000) }
    #expect(disk.files.isEmpty)
    #expect(disk.store(key(2), recordBytes: 20_000) == .refuse(.belowFreeSpaceFloor))
    disk.diskFreeBytes = 2 << 30
    #expect(disk.store(key(2), recordBytes: 20_000) == nil)
  }

  @Test("a record that can never fit is refused and pushes nothing out")
  func tooLarge() {
    var disk = ModelDisk(quotaBytes: 1 << 20, segmentBytes: 32 << 10)
    disk.store(key(1), recordBytes: 1000)
    #expect(disk.store(key(2), recordBytes: (1 << 20) - 1000) == .refuse(.tooLarge))
    #expect(
      disk.store(key(2), recordBytes: RecordHeader.longestRecordBytes + 1) == .refuse(.tooLarge))
    #expect(disk.store(key(2), recordBytes: 5) == .refuse(.tooLarge))
    #expect(disk.index.contains(key(1)))
  }

  @Test("a file keeps four versions, and what goes is named to be marked")
  func versions() {
    var index = BlockIndex(limits: BlockIndexLimits(quotaBytes: 4 << 20, freeSpaceFloorBytes: 0))
    index.created(SegmentHeader(number: 1, queue: .probation, salt: 0))
    for change in 1...5 as ClosedRange<UInt64> {
      let location = BlockLocation(segment: 1, offset: 32 + Int(change) * 100, recordBytes: 100)
      let removed = index.appended(key(1, 0, change: change), at: location)
      #expect(removed.map(\.offset) == (change == 5 ? [132] : []))
    }
    #expect(!index.contains(key(1, 0, change: 1)) && index.contains(key(1, 0, change: 5)))
  }

  @Test(
    "a segment size fits its quota: few files, and never above the offsets' 32 bits",
    arguments: [
      1 << 20, 64 << 20, 1 << 30, 100 << 30, 1 << 40, 20 << 40,
    ])
  func segmentSizes(quotaBytes: Int) {
    let limits = BlockIndexLimits(quotaBytes: quotaBytes, freeSpaceFloorBytes: 0)
    #expect(limits.segmentBytes <= Int(UInt32.max) - RecordHeader.longestRecordBytes)
    #expect(limits.segmentBytes * 32 <= quotaBytes)
    if quotaBytes <= 1 << 40 { #expect(quotaBytes / limits.segmentBytes <= 260) }
  }
}

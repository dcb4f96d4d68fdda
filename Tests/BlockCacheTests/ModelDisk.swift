import Testing

@testable import BlockCache

/// An index over a disk that is a dictionary: carries out every step, checks after each that the
/// files fit the quota, and knows which block lies where.
struct ModelDisk {
  struct File {
    var header: SegmentHeader
    var byteCount = SegmentHeader.encodedBytes
    var records: [Int: BlockKey] = [:]
    var lengths: [Int: Int] = [:]
    var checkpointBytes = 0
  }

  var index: BlockIndex
  var files: [UInt64: File] = [:]
  var diskFreeBytes = Int.max
  var movedBytes = 0
  var storedBytes = 0
  /// Called between the moment a move is ordered and the moment it is reported.
  var duringMove: (inout BlockIndex, BlockMove) -> Void = { _, _ in }

  init(quotaBytes: Int, segmentBytes: Int, floorBytes: Int = 0) {
    index = BlockIndex(
      limits: BlockIndexLimits(
        quotaBytes: quotaBytes, freeSpaceFloorBytes: floorBytes, segmentBytes: segmentBytes))
  }

  /// What the files take, rounded up to pages, with the checkpoint that may be half written.
  var usedBytes: Int {
    let sizes = files.values.flatMap { [$0.byteCount, $0.checkpointBytes] }
    let pages = sizes.reduce(0) { $0 + BlockIndexLimits.roundedToPages($1) }
    let longest = files.values.map(\.records.count).max() ?? 0
    return pages
      + BlockIndexLimits.roundedToPages(SegmentCheckpoint.encodedBytes(blockCount: longest))
  }

  /// Stores a block; nil, or why not.
  @discardableResult
  mutating func store(_ key: BlockKey, recordBytes: Int) -> BlockIndexStep? {
    for _ in 0..<10_000 {
      let step = index.step(for: (key, recordBytes), diskFreeBytes: diskFreeBytes)
      switch step {
      case .append(let location):
        write(key, at: location)
        storedBytes += recordBytes
        _ = index.appended(key, at: location)
        check()
        return nil
      case .present, .refuse, .idle: return step
      default: carryOut(step)
      }
      check()
    }
    Issue.record("no end of steps for one block")
    return nil
  }

  /// Carries out what is due without a block.
  mutating func settle() {
    for _ in 0..<10_000 {
      let step = index.step(for: nil, diskFreeBytes: diskFreeBytes)
      if case .idle = step { return }
      if case .refuse = step { return }
      carryOut(step)
    }
    Issue.record("no end of steps")
  }

  mutating func carryOut(_ step: BlockIndexStep) {
    switch step {
    case .create(let number, let queue):
      #expect(files[number] == nil)
      let header = SegmentHeader(number: number, queue: queue, salt: number)
      files[number] = File(header: header)
      index.created(header)
    case .move(let move):
      #expect(files[move.source.segment]?.records[move.source.offset] == move.key)
      write(move.key, at: move.target)
      movedBytes += move.target.recordBytes
      duringMove(&index, move)
      _ = index.moved(move)
    case .seal(let number):
      guard let checkpoint = index.checkpoint(of: number)?.checkpoint else { return }
      files[number]?.checkpointBytes =
        SegmentCheckpoint.encodedBytes(blockCount: checkpoint.blocks.count)
    case .discard(let number):
      #expect(files.removeValue(forKey: number) != nil)
      index.discarded(number)
    case .append, .present, .refuse, .idle: Issue.record("not to be carried out: \(step)")
    }
  }

  mutating func write(_ key: BlockKey, at location: BlockLocation) {
    guard let file = files[location.segment] else {
      Issue.record("a record for a segment that is not there")
      return
    }
    #expect(location.offset == file.byteCount, "records follow each other")
    files[location.segment]?.byteCount += location.recordBytes
    files[location.segment]?.records[location.offset] = key
    files[location.segment]?.lengths[location.offset] = location.recordBytes
  }

  /// The quota holds, by the index's count and by the files.
  func check() {
    #expect(index.chargedBytes <= index.limits.quotaBytes)
    #expect(usedBytes <= index.chargedBytes)
  }

  /// Every block is where the index says, and nothing is held that is nowhere.
  func checkLocations() {
    var liveBytes = 0
    for key in index.keys {
      guard let location = index.location(of: key) else {
        Issue.record("a block without a location")
        continue
      }
      liveBytes += location.recordBytes
      #expect(files[location.segment]?.records[location.offset] == key)
      #expect(files[location.segment]?.lengths[location.offset] == location.recordBytes)
    }
    #expect(liveBytes == index.liveBytes)
    #expect(Set(files.keys) == Set(index.rowsByNumber.keys))
  }

  /// What a restart makes of the files, with the checkpoints the index gives now.
  mutating func restarted(quotaBytes: Int? = nil) -> ModelDisk {
    var next = ModelDisk(
      quotaBytes: quotaBytes ?? index.limits.quotaBytes, segmentBytes: index.limits.segmentBytes)
    for (number, file) in files.sorted(by: { $0.key < $1.key }) {
      guard let (checkpoint, _) = index.checkpoint(of: number) else { continue }
      _ = next.index.restore(
        file.header, queue: checkpoint.queue, bytes: file.byteCount,
        recordCount: Int(checkpoint.recordCount), blocks: checkpoint.blocks,
        isCheckpointed: true)
    }
    next.files = files
    next.index.finishRestoring(nextNumber: (files.keys.max() ?? 0) + 1)
    return next
  }
}

/// What the one writer asks and reports.
extension BlockIndex {
  /// What to do next, with a record of `recordBytes` for `key` waiting to be stored, or with none.
  /// To be called again with the same block after every step but `append`, `present` and `refuse`.
  /// `diskFreeBytes` is what the file system has free for this process now.
  public mutating func step(
    for block: (key: BlockKey, recordBytes: Int)?, diskFreeBytes: Int
  ) -> BlockIndexStep {
    if reclaim != nil { return continueReclaim() }
    while let row = emptied.popLast() {
      if let segment = segments[Int(row)], segment.liveCount == 0, row != activeProbation,
        row != activeMain
      {
        return discard(row)
      }
    }
    if chargedBytes > limits.quotaBytes { return beginReclaim(keeping: false) }
    guard let block else { return .idle }
    guard !contains(block.key) else { return .present }
    guard block.recordBytes >= RecordHeader.encodedBytes,
      block.recordBytes <= RecordHeader.longestRecordBytes,
      chargeOfEmptyCache(with: block.recordBytes) <= limits.quotaBytes
    else { return .refuse(.tooLarge) }
    let queue: SegmentQueue = ghosts.contains(block.key) ? .main : .probation
    if chargedBytes + growth(queue, block.recordBytes) + headroomBytes > limits.quotaBytes {
      return beginReclaim(keeping: true)
    }
    if diskFreeBytes < limits.freeSpaceFloorBytes
      || diskFreeBytes - limits.freeSpaceFloorBytes < growth(queue, block.recordBytes)
    {
      if floorReclaimedFor == block.key {
        floorReclaimedFor = nil
        return .refuse(.belowFreeSpaceFloor)
      }
      floorReclaimedFor = block.key
      let step = beginReclaim(keeping: false)
      if case .refuse = step { return .refuse(.belowFreeSpaceFloor) }
      return step
    }
    switch place(block.recordBytes, in: queue) {
    case .at(let location): return .append(location)
    case .first(let step): return step
    }
  }

  /// The segment exists: its header is written, and nothing else.
  public mutating func created(_ header: SegmentHeader) {
    let row = addSegment(header, queue: header.queue, bytes: SegmentHeader.encodedBytes)
    setActive(row, header.queue)
  }

  /// The record of `key` was written at `location`, where the last step said. Returns where the
  /// records of a version lie that had to go because its file has too many, to be marked as
  /// removed.
  public mutating func appended(_ key: BlockKey, at location: BlockLocation) -> [BlockLocation] {
    guard let row = rowsByNumber[location.segment], !contains(key),
      let offset = UInt32(exactly: location.offset)
    else {
      appendedDead(at: location)
      return []
    }
    let old = directory.versionInTheWay(of: key.version)
    let removed = old.map { remove(version: $0) } ?? []
    _ = ghosts.take(key)
    floorReclaimedFor = nil
    let entry = Entry(segment: row, offset: offset, packed: UInt32(location.recordBytes))
    grow(row, to: location.offset + location.recordBytes, entry: enter(key, entry))
    return removed
  }

  /// A record was written at `location` whose block nobody wants any more.
  public mutating func appendedDead(at location: BlockLocation) {
    guard let row = rowsByNumber[location.segment] else { return }
    grow(row, to: location.offset + location.recordBytes, entry: nil)
  }

  /// The record was copied. Says whether the block is read from there now; else it went in the
  /// meantime, and the copy is to be marked as removed.
  public mutating func moved(_ move: BlockMove) -> Bool {
    reclaim?.cursor += 1
    guard let slot = directory.slot(of: move.key), location(of: slot) == move.source,
      let row = rowsByNumber[move.target.segment], let target = segments[Int(row)],
      let offset = UInt32(exactly: move.target.offset)
    else {
      appendedDead(at: move.target)
      return false
    }
    let old = entries[Int(slot)]
    let came = segments[Int(old.segment)]?.queue
    leave(old.segment, recordBytes: old.recordBytes)
    var entry = Entry(segment: row, offset: offset, packed: UInt32(move.target.recordBytes))
    if came == target.queue { entry.visits = old.visits > 0 ? old.visits - 1 : 0 }
    entries[Int(slot)] = entry
    grow(row, to: move.target.offset + move.target.recordBytes, entry: slot)
    movedCount += 1
    return true
  }

  /// The record could not be read or written: its block goes with its segment.
  public mutating func notMoved(_ move: BlockMove) {
    reclaim?.cursor += 1
  }

  /// The segment's files are deleted.
  public mutating func discarded(_ number: UInt64) {
    if let row = rowsByNumber[number] { dropSegment(row) }
  }

  /// The segment's files could not be deleted: they count on, and the next step tries again.
  public mutating func notDiscarded(_ number: UInt64) {
    if let row = rowsByNumber[number] { emptied.append(row) }
  }

  /// Nothing more is to be appended to the segment: its end is not what it should be.
  public mutating func abandon(_ number: UInt64) {
    guard let row = rowsByNumber[number] else { return }
    if activeProbation == row { activeProbation = nil }
    if activeMain == row { activeMain = nil }
    if segments[Int(row)]?.liveCount == 0 { emptied.append(row) }
  }

  enum Place {
    case at(BlockLocation)
    case first(BlockIndexStep)
  }

  /// Where the next record of a log goes, or what must happen first.
  mutating func place(_ recordBytes: Int, in queue: SegmentQueue) -> Place {
    if let row = active(queue), let segment = segments[Int(row)] {
      if hasRoom(segment, for: recordBytes) {
        return .at(
          BlockLocation(
            segment: segment.header.number, offset: segment.bytes, recordBytes: recordBytes))
      }
      setActive(nil, queue)
      if segment.liveCount == 0 { emptied.append(row) }
      return .first(.seal(segment: segment.header.number))
    }
    let number = nextNumber
    nextNumber += 1
    return .first(.create(number: number, queue: queue))
  }

  func hasRoom(_ segment: Segment, for recordBytes: Int) -> Bool {
    segment.recordCount < BlockIndexLimits.recordsPerSegment
      && (segment.bytes == SegmentHeader.encodedBytes
        || segment.bytes <= limits.segmentBytes - recordBytes)
  }

  /// By how much the charge grows with one more record in a log.
  func growth(_ queue: SegmentQueue, _ recordBytes: Int) -> Int {
    var records = 1
    var grown = Segment.charge(
      bytes: SegmentHeader.encodedBytes + recordBytes, recordCount: 1)
    if let row = active(queue), let segment = segments[Int(row)],
      hasRoom(segment, for: recordBytes)
    {
      records = segment.recordCount + 1
      grown =
        Segment.charge(bytes: segment.bytes + recordBytes, recordCount: records)
        - segment.chargedBytes
    }
    return grown + Self.reserve(records: max(mostRecords, records))
      - Self.reserve(records: mostRecords)
  }

  /// What stays free for moves: a segment, and the pages that another one begins with.
  private var headroomBytes: Int {
    BlockIndexLimits.roundedToPages(limits.segmentBytes) + 4 * BlockIndexLimits.pageBytes
  }

  private func chargeOfEmptyCache(with recordBytes: Int) -> Int {
    Self.reserve(records: max(mostRecords, 1)) + headroomBytes
      + Segment.charge(bytes: SegmentHeader.encodedBytes + recordBytes, recordCount: 1)
  }

  private func active(_ queue: SegmentQueue) -> UInt32? {
    queue == .main ? activeMain : activeProbation
  }

  private mutating func setActive(_ row: UInt32?, _ queue: SegmentQueue) {
    if queue == .main { activeMain = row } else { activeProbation = row }
  }
}

/// How an index comes back after a restart, and what is written down for the next one.
extension BlockIndex {
  /// Takes over a segment that was found on disk: `bytes` long, with `recordCount` records of
  /// which `blocks` can be read. Segments come in the order of their numbers. A block that came
  /// with an earlier segment already is left there. `isCheckpointed` says that the segment's
  /// checkpoint says the same. Returns how many blocks were taken.
  public mutating func restore(
    _ header: SegmentHeader, queue: SegmentQueue, bytes: Int, recordCount: Int,
    blocks: [SegmentCheckpoint.Block], isCheckpointed: Bool
  ) -> Int {
    guard rowsByNumber[header.number] == nil else { return 0 }
    let row = addSegment(header, queue: queue, bytes: bytes)
    guard var segment = segments[Int(row)] else { return 0 }
    segmentCharge -= segment.chargedBytes
    segment.recordCount = max(recordCount, blocks.count)
    segmentCharge += segment.chargedBytes
    mostRecords = max(mostRecords, segment.recordCount)
    segment.isOutdated = !isCheckpointed
    segments[Int(row)] = segment
    var slots = ContiguousArray<UInt32>()
    for block in blocks {
      guard !contains(block.key), Int(block.offset) + Int(block.recordBytes) <= bytes else {
        continue
      }
      if let old = directory.versionInTheWay(of: block.key.version) {
        _ = remove(version: old)
      }
      var entry = Entry(segment: row, offset: block.offset, packed: block.recordBytes)
      entry.visits = min(block.visits, Self.mostVisits)
      guard let slot = enter(block.key, entry) else { continue }
      slots.append(slot)
      liveBytes += Int(block.recordBytes)
      // A version that goes above may take blocks of this very segment with it.
      segments[Int(row)]?.liveBytes += Int(block.recordBytes)
      segments[Int(row)]?.liveCount += 1
    }
    let taken = slots.count
    segments[Int(row)]?.slots = slots
    if segments[Int(row)]?.liveCount == 0 { emptied.append(row) }
    return taken
  }

  /// Ends the recovery: the youngest segment of each log that has room is continued. Numbers below
  /// `number` are not given out again.
  public mutating func finishRestoring(nextNumber number: UInt64) {
    nextNumber = max(nextNumber, number)
    activeProbation = youngestWithRoom(.probation)
    activeMain = youngestWithRoom(.main)
  }

  /// The segments whose checkpoint is out of date: those with records it does not name or blocks
  /// that were removed, and with `includingVisits` also those of which blocks were only read.
  public func outdatedCheckpoints(includingVisits: Bool) -> [UInt64] {
    segments.compactMap { segment in
      guard let segment, segment.isOutdated || includingVisits && segment.changed else {
        return nil
      }
      return segment.header.number
    }
  }

  /// The segment's checkpoint and salt, taken as written from now on.
  public mutating func checkpoint(
    of number: UInt64
  ) -> (checkpoint: SegmentCheckpoint, salt: UInt64)? {
    guard let row = rowsByNumber[number], let segment = segments[Int(row)],
      let coveredBytes = UInt32(exactly: segment.bytes)
    else { return nil }
    segments[Int(row)]?.isOutdated = false
    segments[Int(row)]?.changed = false
    let blocks = liveSlots(of: row).compactMap { slot -> SegmentCheckpoint.Block? in
      guard let key = directory.key(of: slot) else { return nil }
      let entry = entries[Int(slot)]
      return SegmentCheckpoint.Block(
        key: key, offset: entry.offset, recordBytes: UInt32(entry.recordBytes),
        visits: entry.visits)
    }
    let checkpoint = SegmentCheckpoint(
      number: number, queue: segment.queue, coveredBytes: coveredBytes,
      recordCount: UInt32(clamping: segment.recordCount), blocks: blocks)
    return (checkpoint, segment.header.salt)
  }

  /// The checkpoint could not be written after all.
  public mutating func notCheckpointed(_ number: UInt64) {
    if let row = rowsByNumber[number] { segments[Int(row)]?.isOutdated = true }
  }

  private func youngestWithRoom(_ queue: SegmentQueue) -> UInt32? {
    var found: (row: UInt32, order: UInt64)?
    for (row, segment) in segments.enumerated() {
      guard let segment, segment.queue == queue, segment.bytes < limits.segmentBytes else {
        continue
      }
      if segment.order > found?.order ?? 0 { found = (UInt32(row), segment.order) }
    }
    return found?.row
  }
}

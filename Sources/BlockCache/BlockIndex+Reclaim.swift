/// How room is made.
extension BlockIndex {
  private struct Victim {
    var row: UInt32
    var kept: [UInt32]
    var target: SegmentQueue
  }

  mutating func beginReclaim(keeping: Bool) -> BlockIndexStep {
    guard let victim = chooseVictim() else { return .refuse(.noRoom) }
    if activeProbation == victim.row { activeProbation = nil }
    if activeMain == victim.row { activeMain = nil }
    reclaim = Reclaim(
      victim: victim.row, kept: keeping ? victim.kept : [], target: victim.target)
    return continueReclaim()
  }

  mutating func continueReclaim() -> BlockIndexStep {
    guard let reclaim else { return .idle }
    var cursor = reclaim.cursor
    while cursor < reclaim.kept.count {
      let slot = reclaim.kept[cursor]
      if entries[Int(slot)].segment == reclaim.victim, let key = directory.key(of: slot),
        let source = location(of: slot)
      {
        guard
          chargedBytes + growth(reclaim.target, source.recordBytes) <= limits.quotaBytes
        else { break }
        self.reclaim?.cursor = cursor
        switch place(source.recordBytes, in: reclaim.target) {
        case .at(let target):
          return .move(BlockMove(key: key, source: source, target: target))
        case .first(let step): return step
        }
      }
      cursor += 1
    }
    self.reclaim = nil
    return discard(reclaim.victim)
  }

  /// Forgets what the segment still holds; its files go next.
  mutating func discard(_ row: UInt32) -> BlockIndexStep {
    guard let segment = segments[Int(row)] else { return .idle }
    for slot in liveSlots(of: row) {
      if segment.queue == .probation, let key = directory.key(of: slot) { ghosts.add(key) }
      evictedCount += 1
      forget(slot)
    }
    emptied.removeAll { $0 == row }
    return .discard(segment: segment.header.number)
  }

  private mutating func chooseVictim() -> Victim? {
    if let sparse = sparsestSegment() {
      return Victim(
        row: sparse, kept: liveSlots(of: sparse), target: segments[Int(sparse)]?.queue ?? .main)
    }
    while true {
      let probation = oldestSegment(of: .probation)
      if let row = probation.row,
        probation.chargedBytes > limits.quotaBytes / 10 || oldestSegment(of: .main).row == nil
      {
        let read = liveSlots(of: row).filter { entries[Int($0)].visits > 0 }
        let readBytes = read.reduce(0) { $0 + entries[Int($1)].recordBytes }
        guard let segment = segments[Int(row)], readBytes > 0, readBytes >= segment.bytes / 2
        else { return Victim(row: row, kept: read, target: .main) }
        promote(row)
      } else if let row = oldestSegment(of: .main).row {
        return Victim(row: row, kept: mostRead(of: row), target: .main)
      } else {
        return nil
      }
    }
  }

  /// The segment of which the least is wanted, where that is less than a quarter.
  private func sparsestSegment() -> UInt32? {
    var found: (row: UInt32, share: Double)?
    for (row, segment) in segments.enumerated() {
      guard let segment, segment.liveBytes < segment.bytes / 4, UInt32(row) != activeProbation,
        UInt32(row) != activeMain
      else { continue }
      let share = Double(segment.liveBytes) / Double(segment.bytes)
      if share < found?.share ?? 1 { found = (UInt32(row), share) }
    }
    return found?.row
  }

  private func oldestSegment(of queue: SegmentQueue) -> (row: UInt32?, chargedBytes: Int) {
    var found: (row: UInt32, order: UInt64)?
    var chargedBytes = 0
    for (row, segment) in segments.enumerated() {
      guard let segment, segment.queue == queue else { continue }
      chargedBytes += segment.chargedBytes
      if segment.order < found?.order ?? .max { found = (UInt32(row), segment.order) }
    }
    return (found?.row, chargedBytes)
  }

  /// A probation segment joins main as it is, as its youngest; its blocks have to be read again
  /// to stay longer.
  private mutating func promote(_ row: UInt32) {
    if activeProbation == row { activeProbation = nil }
    for slot in liveSlots(of: row) { entries[Int(slot)].visits = 0 }
    segments[Int(row)]?.queue = .main
    segments[Int(row)]?.order = nextOrder
    segments[Int(row)]?.changed = true
    nextOrder += 1
  }

  /// What a main segment keeps: blocks that were read, the most read first, up to half of it.
  private func mostRead(of row: UInt32) -> [UInt32] {
    guard let segment = segments[Int(row)] else { return [] }
    var room = segment.bytes / 2
    var kept: [UInt32] = []
    let live = liveSlots(of: row)
    for visits in stride(from: Self.mostVisits, to: 0, by: -1) {
      for slot in live where entries[Int(slot)].visits == visits {
        guard entries[Int(slot)].recordBytes <= room else { continue }
        room -= entries[Int(slot)].recordBytes
        kept.append(slot)
      }
    }
    return kept.sorted { entries[Int($0)].offset < entries[Int($1)].offset }
  }
}

import BlockCache

extension ContentsView {
  /// The most blocks of one claim that count for it: so that nobody buys permanence with one run
  /// of four thousand million blocks. 16 GiB in blocks of 256 KiB.
  private static let countedBlocks = 1 << 16

  /// Forgets versions until a sixteenth of ``ContentsLimits/totalBytes`` is free, if they take
  /// more than that: those first whose claims cost the most bytes for each block claimed. Takes
  /// time in proportion to all claims, and frees so much that it is rare.
  mutating func shed(now: Duration) {
    guard claims.bytes > limits.totalBytes else { return }
    var costs: [(version: FileVersion, cost: Double, members: MemberSet)] = []
    costs.reserveCapacity(claims.versionCount)
    claims.forEach { row in
      var claimed = 0
      row.forEach { blocks, members in
        claimed += min(blocks.count, Self.countedBlocks) * members.count
      }
      let bytes = ClaimTable.rowBytes + row.heapBytes
      costs.append((row.version, Double(bytes) / Double(max(1, claimed)), row.members))
    }
    costs.sort { one, other in
      one.cost == other.cost ? one.version.precedes(other.version) : one.cost > other.cost
    }
    let goal = limits.totalBytes - limits.totalBytes / 16
    for candidate in costs {
      guard claims.bytes > goal else { break }
      shedVersions += 1
      candidate.members.forEach { slot in
        update(slot, candidate.version) { $0 = BlockBitmap() }
        views[slot]?.isClipped = true
        compare(slot, now: now)
      }
    }
  }
}

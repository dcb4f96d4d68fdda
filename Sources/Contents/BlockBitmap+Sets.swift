extension BlockBitmap {
  /// Those of the blocks that are in `run`.
  public func intersection(_ run: BlockRun) -> BlockBitmap { intersection(BlockBitmap(run)) }

  /// The blocks that are in both.
  public func intersection(_ other: BlockBitmap) -> BlockBitmap {
    guard let mine = bounds, let its = other.bounds else { return BlockBitmap() }
    let first = max(mine.first, its.first)
    let last = min(mine.last, its.last)
    guard first <= last else { return BlockBitmap() }
    if case .span = other.form, its.first <= mine.first, mine.last <= its.last {
      var same = self
      same.compact()
      return same
    }
    if case .runs(let runs) = form, case .span = other.form {
      return Self.part(of: runs, BlockRun(first: first, last: last))
    }
    return combined(with: other, over: BlockRun(first: first, last: last)) { $0 & $1 }
      ?? byRuns(with: other, Self.intersect).set
  }

  /// Those of the runs that are in `run`, the ends cut off; does not look at the others.
  private static func part(of runs: ContiguousArray<UInt64>, _ run: BlockRun) -> BlockBitmap {
    var part = ContiguousArray<UInt64>()
    var place = place(of: run.first, in: runs)
    while place < runs.count {
      let whole = BlockRun(packed: runs[place])
      guard whole.first <= run.last else { break }
      part.append(
        BlockRun(first: max(whole.first, run.first), last: min(whole.last, run.last)).packed)
      place += 1
    }
    var set = BlockBitmap()
    set.settle(part)
    return set
  }

  /// Adds the blocks of `other`. False if that would take more than ``wordLimit`` words: then
  /// nothing is added.
  @discardableResult
  public mutating func formUnion(_ other: BlockBitmap) -> Bool {
    guard let its = other.bounds else { return true }
    guard let mine = bounds else {
      self = other
      compact()
      return true
    }
    let whole = BlockRun(first: min(mine.first, its.first), last: max(mine.last, its.last))
    if let result = combined(with: other, over: whole, { $0 | $1 }) {
      self = result
      return true
    }
    let result = byRuns(with: other, Self.unite)
    guard result.isWhole else { return false }
    self = result.set
    return true
  }

  /// Takes the blocks of `other` out. At ``wordLimit`` the highest that are left go as well.
  public mutating func subtract(_ other: BlockBitmap) {
    guard let mine = bounds, let its = other.bounds,
      mine.first <= its.last, its.first <= mine.last
    else { return compact() }
    self =
      combined(with: other, over: mine) { $0 & ~$1 } ?? byRuns(with: other, Self.difference).set
  }

  /// The combination word by word, where that is cheap: nil otherwise.
  private func combined(
    with other: BlockBitmap, over bounds: BlockRun, _ combine: (UInt64, UInt64) -> UInt64
  ) -> BlockBitmap? {
    let base = Int(bounds.first >> 6)
    let count = Int(bounds.last >> 6) - base + 1
    var isPlain = count == 1
    if case .words = form { isPlain = true }
    if case .words = other.form { isPlain = true }
    let isSmall = count <= 64 + 4 * (storedWords + other.storedWords)
    guard isPlain, isSmall, count <= Self.wordLimit else { return nil }
    var words = dense(from: base, count: count)
    let others = other.dense(from: base, count: count)
    for place in words.indices { words[place] = combine(words[place], others[place]) }
    var result = BlockBitmap()
    result.form = .words(base: base, words)
    result.compact()
    return result
  }

  /// Ascending runs that are joined where they touch, ``BlockBitmap/wordLimit`` of them.
  private struct Gathered {
    var runs = ContiguousArray<UInt64>()
    var isWhole = true

    mutating func append(_ first: UInt32, _ last: UInt32) {
      if let end = runs.last, first == 0 || BlockRun(packed: end).last >= first - 1 {
        let run = BlockRun(packed: end)
        runs[runs.count - 1] = BlockRun(first: run.first, last: max(run.last, last)).packed
      } else if runs.count < BlockBitmap.wordLimit {
        runs.append(BlockRun(first: first, last: last).packed)
      } else {
        isWhole = false
      }
    }
  }

  private func byRuns(
    with other: BlockBitmap, _ combine: (Runs, Runs, inout Gathered) -> Void
  ) -> (set: BlockBitmap, isWhole: Bool) {
    var gathered = Gathered()
    combine(runs, other.runs, &gathered)
    var set = BlockBitmap()
    set.settle(gathered.runs)
    return (set, gathered.isWhole)
  }

  private static func unite(_ one: Runs, _ other: Runs, _ result: inout Gathered) {
    var (mine, its) = (one, other)
    var (a, b) = (mine.next(), its.next())
    while result.isWhole {
      switch (a, b) {
      case (nil, nil):
        return
      case (let run?, let otherRun?) where otherRun.first < run.first:
        result.append(otherRun.first, otherRun.last)
        b = its.next()
      case (let run?, _):
        result.append(run.first, run.last)
        a = mine.next()
      case (nil, let run?):
        result.append(run.first, run.last)
        b = its.next()
      }
    }
  }

  private static func intersect(_ one: Runs, _ other: Runs, _ result: inout Gathered) {
    var (mine, its) = (one, other)
    var (a, b) = (mine.next(), its.next())
    while let run = a, let otherRun = b, result.isWhole {
      let first = max(run.first, otherRun.first)
      let last = min(run.last, otherRun.last)
      if first <= last { result.append(first, last) }
      if run.last < otherRun.last { a = mine.next() } else { b = its.next() }
    }
  }

  private static func difference(_ one: Runs, _ other: Runs, _ result: inout Gathered) {
    var its = other
    var taken = its.next()
    for run in one {
      guard result.isWhole else { return }
      var first = run.first
      var isDone = false
      while let hole = taken, hole.first <= run.last, !isDone {
        if hole.last < first {
          taken = its.next()
          continue
        }
        if hole.first > first { result.append(first, hole.first - 1) }
        if hole.last >= run.last { isDone = true } else { first = hole.last + 1 }
      }
      if !isDone { result.append(first, run.last) }
    }
  }
}

/// A set of blocks of one file version.
///
/// It is kept in the smallest of four forms: one word for blocks below 64 (most files of a system
/// are that short), one run (a file that is held whole, of any length), a sorted list of runs, or
/// the words of a plain bitmap from the first to the last that is not zero. The first two need no
/// memory of their own; the other two take 8 bytes for each run or word, whichever is fewer.
///
/// No set takes more than ``wordLimit`` words. What would need more is refused when it is
/// added; where a removal would need more, the set loses what lies above in the same run as well:
/// it may say less than is true, never more.
public struct BlockBitmap: Sendable {
  /// The most runs or words of one bitmap (1 MiB of memory). That many words are 8,388,608 blocks
  /// in any pattern (2 TiB in blocks of 256 KiB); runs have no longest file.
  public static let wordLimit = 1 << 17

  enum Form: Sendable {
    /// Blocks 0 to 63; no blocks at all is the word 0.
    case word(UInt64)
    /// One run.
    case span(BlockRun)
    /// Runs in packed form, ascending, with a hole between any two.
    case runs(ContiguousArray<UInt64>)
    /// Word number `base` of the plain bitmap and those that follow it.
    case words(base: Int, ContiguousArray<UInt64>)
  }

  /// Any form may hold any set. ``compact()`` chooses the one form that is right for a set, and
  /// what is hashed, compared or sent is in that form.
  var form: Form

  /// No blocks.
  public init() { form = .word(0) }

  /// Neighbouring blocks.
  public init(_ run: BlockRun) {
    form = .span(run)
    compact()
  }

  /// The blocks of `indices`, in any order; what ``wordLimit`` does not allow is left out.
  public init(_ indices: some Sequence<UInt32>) {
    self.init()
    for index in indices { insert(index) }
    compact()
  }

  /// Whether there are no blocks.
  public var isEmpty: Bool {
    switch form {
    case .word(let word): word == 0
    case .span: false
    case .runs(let runs): runs.isEmpty
    case .words(_, let words): words.allSatisfy { $0 == 0 }
    }
  }

  /// How many blocks there are. Takes time in proportion to the runs or words.
  public var count: Int {
    switch form {
    case .word(let word): word.nonzeroBitCount
    case .span(let run): run.count
    case .runs(let runs): runs.reduce(0) { $0 + BlockRun(packed: $1).count }
    case .words(_, let words): words.reduce(0) { $0 + $1.nonzeroBitCount }
    }
  }

  /// Whether the block is there: constant time, or the logarithm of the runs.
  public func contains(_ index: UInt32) -> Bool {
    switch form {
    case .word(let word):
      return index < 64 && word & 1 << UInt64(index) != 0
    case .span(let run):
      return run.first <= index && index <= run.last
    case .runs(let runs):
      let place = Self.place(of: index, in: runs)
      return place < runs.count && BlockRun(packed: runs[place]).first <= index
    case .words(let base, let words):
      let place = Int(index >> 6) - base
      return place >= 0 && place < words.count && words[place] & Self.bit(index) != 0
    }
  }

  /// Adds a block. Whether anything changed: no, too, where ``wordLimit`` refuses it.
  @discardableResult
  public mutating func insert(_ index: UInt32) -> Bool {
    switch form {
    case .word(let word):
      if index < 64 {
        form = .word(word | Self.bit(index))
        return word & Self.bit(index) == 0
      }
      return insertAmongRuns(index)
    case .span, .runs:
      return insertAmongRuns(index)
    case .words(let base, var words):
      let place = Int(index >> 6) - base
      // The word that comes next needs no thought: it makes no more of them than blocks were added.
      let isNext = place == words.count && place < Self.wordLimit
      guard place >= 0, place < words.count || isNext else { return insertOutside(index) }
      guard isNext || words[place] & Self.bit(index) == 0 else { return false }
      form = .word(0)
      if isNext { words.append(0) }
      words[place] |= Self.bit(index)
      form = .words(base: base, words)
      return true
    }
  }

  /// Takes a block out. Whether it was there.
  @discardableResult
  public mutating func remove(_ index: UInt32) -> Bool {
    guard contains(index) else { return false }
    switch form {
    case .word(let word):
      form = .word(word & ~Self.bit(index))
    case .words(let base, var words):
      form = .word(0)
      words[Int(index >> 6) - base] &= ~Self.bit(index)
      form = .words(base: base, words)
    case .span, .runs:
      removeAmongRuns(index)
    }
    return true
  }

  static func bit(_ index: UInt32) -> UInt64 { 1 << UInt64(index & 63) }

  /// The place of the first run that does not end before `index`.
  static func place(of index: UInt32, in runs: ContiguousArray<UInt64>) -> Int {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      let isBefore = BlockRun(packed: runs[middle]).last < index
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Takes the runs out to be changed in place, not copied.
  private mutating func takeRuns() -> ContiguousArray<UInt64> {
    if case .runs(let runs) = form {
      form = .word(0)
      return runs
    }
    let runs = packedRuns()
    form = .word(0)
    return runs
  }

  private mutating func insertAmongRuns(_ index: UInt32) -> Bool {
    if case .span(let run) = form, run.first <= index, index <= run.last { return false }
    var runs = takeRuns()
    let place = Self.place(of: index, in: runs)
    let after = place < runs.count ? BlockRun(packed: runs[place]) : nil
    if let after, after.first <= index {
      form = .runs(runs)
      return false
    }
    let before = place > 0 ? BlockRun(packed: runs[place - 1]) : nil
    let joinsBefore = before.map { $0.last == index &- 1 } ?? false
    let joinsAfter = after.map { $0.first == index &+ 1 } ?? false
    switch (joinsBefore ? before : nil, joinsAfter ? after : nil) {
    case (let before?, let after?):
      runs[place - 1] = BlockRun(first: before.first, last: after.last).packed
      runs.remove(at: place)
    case (let before?, nil):
      runs[place - 1] = BlockRun(first: before.first, last: index).packed
    case (nil, let after?):
      runs[place] = BlockRun(first: index, last: after.last).packed
    case (nil, nil):
      runs.insert(BlockRun(first: index, last: index).packed, at: place)
      if runs.count > Self.wordLimit, Self.wordSpan(of: runs) > Self.wordLimit {
        runs.remove(at: place)
        form = .runs(runs)
        return false
      }
    }
    settle(runs)
    return true
  }

  private mutating func removeAmongRuns(_ index: UInt32) {
    var runs = takeRuns()
    let place = Self.place(of: index, in: runs)
    let run = BlockRun(packed: runs[place])
    if run.count == 1 {
      runs.remove(at: place)
    } else if run.first == index {
      runs[place] = BlockRun(first: index + 1, last: run.last).packed
    } else {
      runs[place] = BlockRun(first: run.first, last: index - 1).packed
      let hasRoom = runs.count < Self.wordLimit || Self.wordSpan(of: runs) <= Self.wordLimit
      if index < run.last, hasRoom {
        runs.insert(BlockRun(first: index + 1, last: run.last).packed, at: place + 1)
      }
    }
    settle(runs)
  }

  /// A block outside the words: more words, or runs if those are fewer.
  private mutating func insertOutside(_ index: UInt32) -> Bool {
    compact()
    guard case .words(let base, var words) = form else { return insert(index) }
    let word = Int(index >> 6)
    let first = min(base, word)
    let span = max(base + words.count, word + 1) - first
    if runCount < min(span, Self.wordLimit) {
      form = .runs(packedRuns())
      return insertAmongRuns(index)
    }
    guard span <= Self.wordLimit else { return false }
    form = .word(0)
    if word < base {
      words.insert(contentsOf: repeatElement(0, count: base - word), at: 0)
    } else {
      words.append(contentsOf: repeatElement(0, count: span - words.count))
    }
    words[word - first] |= Self.bit(index)
    form = .words(base: first, words)
    return true
  }
}

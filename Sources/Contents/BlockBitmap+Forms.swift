extension BlockBitmap {
  /// The runs of a bitmap, ascending.
  public struct Runs: Sequence, IteratorProtocol, Sendable {
    private let form: Form
    /// The next element of `form`.
    private var place = 0
    /// What is left of the word before `place`.
    private var word: UInt64 = 0

    init(_ form: Form) {
      self.form = form
      if case .word(let bits) = form { word = bits }
    }

    /// The next run, or nil after the last.
    public mutating func next() -> BlockRun? {
      switch form {
      case .word:
        return nextInWords(base: 0, [], wordsBefore: 1)
      case .span(let run):
        guard place == 0 else { return nil }
        place = 1
        return run
      case .runs(let runs):
        guard place < runs.count else { return nil }
        place += 1
        return BlockRun(packed: runs[place - 1])
      case .words(let base, let words):
        return nextInWords(base: base, words, wordsBefore: 0)
      }
    }

    /// - Parameter wordsBefore: 1 if `word` itself is word number `base`, which is not in `words`.
    private mutating func nextInWords(
      base: Int, _ words: ContiguousArray<UInt64>, wordsBefore: Int
    ) -> BlockRun? {
      while word == 0 {
        guard place < words.count else { return nil }
        word = words[place]
        place += 1
      }
      // `word` is word number base + place - 1, or base when it never was in `words`.
      let start = (base + place + wordsBefore - 1) * 64
      let low = word.trailingZeroBitCount
      let first = start + low
      var last = first + (~(word >> UInt64(low))).trailingZeroBitCount - 1
      if last < start + 63 {
        word &= ~UInt64(0) << UInt64(last - start + 1)
      } else {
        word = 0
        while place < words.count {
          let ones = (~words[place]).trailingZeroBitCount
          last += ones
          word = ones == 64 ? 0 : words[place] & ~UInt64(0) << UInt64(ones)
          place += 1
          if ones < 64 { break }
        }
      }
      return BlockRun(
        first: UInt32(truncatingIfNeeded: first), last: UInt32(truncatingIfNeeded: last))
    }
  }

  /// The blocks as runs, ascending, with a hole between any two.
  public var runs: Runs { Runs(form) }

  /// How many runs there are.
  var runCount: Int {
    switch form {
    case .word(let word): return (word & ~(word << 1)).nonzeroBitCount
    case .span: return 1
    case .runs(let runs): return runs.count
    case .words(_, let words):
      var count = 0
      var carry: UInt64 = 0
      for word in words {
        count += (word & ~(word << 1 | carry)).nonzeroBitCount
        carry = word >> 63
      }
      return count
    }
  }

  /// The lowest and the highest block, or nil.
  public var bounds: BlockRun? {
    switch form {
    case .word(let word):
      guard word != 0 else { return nil }
      return BlockRun(
        first: UInt32(word.trailingZeroBitCount), last: UInt32(63 - word.leadingZeroBitCount))
    case .span(let run):
      return run
    case .runs(let runs):
      guard let first = runs.first, let last = runs.last else { return nil }
      return BlockRun(first: BlockRun(packed: first).first, last: BlockRun(packed: last).last)
    case .words(let base, let words):
      guard let low = words.firstIndex(where: { $0 != 0 }),
        let high = words.lastIndex(where: { $0 != 0 })
      else { return nil }
      let first = (base + low) * 64 + words[low].trailingZeroBitCount
      let last = (base + high) * 64 + 63 - words[high].leadingZeroBitCount
      return BlockRun(
        first: UInt32(truncatingIfNeeded: first), last: UInt32(truncatingIfNeeded: last))
    }
  }

  /// How many words a plain bitmap of these runs has.
  static func wordSpan(of runs: ContiguousArray<UInt64>) -> Int {
    guard let first = runs.first, let last = runs.last else { return 0 }
    return Int(BlockRun(packed: last).last >> 6) - Int(BlockRun(packed: first).first >> 6) + 1
  }

  /// The runs in packed form; only for sets that have at most ``wordLimit`` of them.
  func packedRuns() -> ContiguousArray<UInt64> {
    if case .runs(let runs) = form { return runs }
    var packed = ContiguousArray<UInt64>()
    packed.reserveCapacity(runCount)
    for run in runs { packed.append(run.packed) }
    return packed
  }

  /// Becomes the set of these runs, in the form that is right for it. There are at most
  /// ``wordLimit`` of them, or so many words.
  mutating func settle(_ runs: ContiguousArray<UInt64>) {
    let span = Self.wordSpan(of: runs)
    guard let last = runs.last, let first = runs.first else {
      form = .word(0)
      return
    }
    let isBelow64 = BlockRun(packed: last).last < 64
    if runs.count == 1, !isBelow64 {
      form = .span(BlockRun(packed: first))
    } else if runs.count <= span, !isBelow64 {
      form = .runs(runs)
    } else {
      form = .runs(runs)
      let base = isBelow64 ? 0 : Int(BlockRun(packed: first).first >> 6)
      let words = dense(from: base, count: isBelow64 ? 1 : span)
      form = isBelow64 ? .word(words[0]) : .words(base: base, words)
    }
  }

  /// Chooses the one form that is right for the set: equal sets have equal forms afterwards.
  mutating func compact() {
    switch form {
    case .word:
      return
    case .span(let run):
      if run.last < 64 { settle([run.packed]) }
    case .runs(let runs):
      settle(runs)
    case .words(let base, let words):
      guard let bounds else {
        form = .word(0)
        return
      }
      let first = Int(bounds.first >> 6)
      let span = Int(bounds.last >> 6) - first + 1
      if bounds.last < 64 || runCount <= span {
        settle(packedRuns())
      } else if span < words.count {
        form = .words(base: first, ContiguousArray(words[(first - base)..<(first - base + span)]))
      }
    }
  }

  /// The words `base` to `base + count - 1` of the plain bitmap.
  func dense(from base: Int, count: Int) -> ContiguousArray<UInt64> {
    var dense = ContiguousArray<UInt64>(repeating: 0, count: count)
    if case .words(let own, let words) = form {
      let low = max(own, base)
      let high = min(own + words.count, base + count)
      var word = low
      while word < high {
        dense[word - base] = words[word - own]
        word += 1
      }
      return dense
    }
    for run in runs {
      let first = max(Int(run.first), base * 64)
      let last = min(Int(run.last), (base + count) * 64 - 1)
      guard first <= last else { continue }
      for word in (first >> 6)...(last >> 6) {
        var bits = ~UInt64(0)
        if word == first >> 6 { bits &= ~UInt64(0) << UInt64(first & 63) }
        if word == last >> 6 { bits &= ~UInt64(0) >> UInt64(63 - last & 63) }
        dense[word - base] |= bits
      }
    }
    return dense
  }

  /// The most bytes of memory of its own that the set takes once it is trimmed, counted from what
  /// is stored; 0 in the two forms that have none.
  var heapBytes: Int {
    guard storedWords > 0 else { return 0 }
    return (storedWords + Self.spareWords) * 8 + ContiguousArray<UInt64>.headerBytes
  }

  /// What is not worth giving back; the allocator rounds up.
  private static let spareWords = 4

  /// What the set really takes beside itself.
  var measuredBytes: Int {
    switch form {
    case .word, .span: 0
    case .runs(let words), .words(_, let words): words.measuredBytes
    }
  }

  /// Gives back memory that is allocated and not needed.
  mutating func trim() {
    switch form {
    case .word, .span:
      break
    case .runs(var runs):
      form = .word(0)
      runs.trim(to: runs.count + Self.spareWords)
      form = .runs(runs)
    case .words(let base, var words):
      form = .word(0)
      words.trim(to: words.count + Self.spareWords)
      form = .words(base: base, words)
    }
  }

  /// How many runs or words are stored; 0 in the two forms that have none.
  var storedWords: Int {
    switch form {
    case .word, .span: 0
    case .runs(let words), .words(_, let words): words.count
    }
  }
}

extension BlockBitmap: Hashable {
  /// Whether both are the same set, whatever form each is in.
  public static func == (one: BlockBitmap, other: BlockBitmap) -> Bool {
    var first = one
    var second = other
    first.compact()
    second.compact()
    return first.isIdentical(to: second)
  }

  /// Feeds ``digest``, which is equal for equal sets, to the hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

  /// Equality of two sets that are compact; the first difference ends it.
  func isIdentical(to other: BlockBitmap) -> Bool {
    switch (form, other.form) {
    case (.word(let a), .word(let b)): a == b
    case (.span(let a), .span(let b)): a == b
    case (.runs(let a), .runs(let b)): a == b
    case (.words(let base, let a), .words(let other, let b)): base == other && a == b
    default: false
    }
  }

  /// XXH3-64 of the compact form: equal for equal sets, and for nothing else that will be seen.
  public var digest: UInt64 {
    var set = self
    set.compact()
    return switch set.form {
    case .word(let word): xxh3([word], seed: 1)
    case .span(let run): xxh3([run.packed], seed: 2)
    case .runs(let runs): xxh3(runs, seed: 2)
    case .words(let base, let words): xxh3(words, seed: 3 | UInt64(base) << 8)
    }
  }
}

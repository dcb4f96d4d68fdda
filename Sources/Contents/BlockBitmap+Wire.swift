// The wire form of a bitmap: a kind and then
//
//     0  word   the blocks below 64 as one number
//     1  runs   how many; for each the blocks skipped since the last one and its length, less what
//               both are at least (a hole of one block; one block)
//     2  words  number of the first word, how many, and each as 8 bytes, lowest byte first
//
// whichever is shortest. All numbers are as `ByteWriter.number` has them.

extension BlockBitmap {
  private enum Kind {
    static let word: UInt8 = 0
    static let runs: UInt8 = 1
    static let words: UInt8 = 2
  }

  /// Appends the shortest wire form.
  func encode(into writer: inout ByteWriter) {
    var set = self
    set.compact()
    // Of 64 blocks the word is the plain bitmap.
    guard let plain = set.plainBytes, plain <= set.runBytes(upTo: plain) else {
      return set.encodeRuns(into: &writer)
    }
    if case .word(let word) = set.form {
      writer.uint8(Kind.word)
      writer.number(word)
    } else {
      set.encodeWords(into: &writer)
    }
  }

  /// Reads either form of a set; it is compact.
  init(decoding reader: inout ByteReader) throws(ContentsError) {
    self.init()
    switch try reader.uint8() {
    case Kind.word: form = .word(try reader.number())
    case Kind.runs: settle(try Self.decodeRuns(&reader))
    case Kind.words: try decodeWords(&reader)
    case let other: throw .unknownKind(other)
    }
  }

  /// The lowest blocks, as many as fit into `limitBytes` on the wire and at least one; nil if not
  /// even one fits.
  func prefix(fitting limitBytes: Int) -> BlockBitmap? {
    guard let bounds else { return nil }
    var set = self
    set.compact()
    if set.encodedBytes(upTo: limitBytes) <= limitBytes { return set }
    let runs = set.runPrefix(fitting: limitBytes)
    // A plain bitmap of so many words: its kind, the two numbers and the words.
    let wordCount = (limitBytes - 1 - 2 * ByteWriter.numberBytes(1 << 26)) / 8
    guard wordCount > 0, !Self.isWord(set) else { return runs }
    let last = (Int(bounds.first >> 6) + wordCount) * 64 - 1
    let words = set.intersection(
      BlockRun(first: bounds.first, last: UInt32(clamping: last)))
    guard let runs else { return words }
    return words.count > runs.count ? words : runs
  }

  private static func isWord(_ set: BlockBitmap) -> Bool {
    if case .word = set.form { true } else { false }
  }

  /// What ``encode(into:)`` takes, or something above `limit` as soon as that is certain.
  private func encodedBytes(upTo limit: Int) -> Int {
    let plain = plainBytes ?? Int.max
    if plain <= limit { return plain }
    return min(plain, runBytes(upTo: limit))
  }

  /// The longest prefix whose runs fit.
  private func runPrefix(fitting limitBytes: Int) -> BlockBitmap? {
    var room = limitBytes - 1
    var kept = ContiguousArray<UInt64>()
    var previous: BlockRun?
    for run in runs {
      let bytes = Self.bytes(of: run, after: previous)
      guard ByteWriter.numberBytes(UInt64(kept.count + 1)) + bytes <= room else { break }
      room -= bytes
      kept.append(run.packed)
      previous = run
    }
    guard !kept.isEmpty else { return nil }
    var set = BlockBitmap()
    set.settle(kept)
    return set
  }

  private static func skipped(before run: BlockRun, after previous: BlockRun?) -> UInt64 {
    guard let previous else { return UInt64(run.first) }
    return UInt64(run.first) - UInt64(previous.last) - 2
  }

  private static func bytes(of run: BlockRun, after previous: BlockRun?) -> Int {
    ByteWriter.numberBytes(skipped(before: run, after: previous))
      + ByteWriter.numberBytes(UInt64(run.last - run.first))
  }

  /// What the runs take, or something above `limit` as soon as that is certain.
  private func runBytes(upTo limit: Int) -> Int {
    var total = 1 + ByteWriter.numberBytes(UInt64(runCount))
    var previous: BlockRun?
    for run in runs {
      total += Self.bytes(of: run, after: previous)
      if total > limit { break }
      previous = run
    }
    return total
  }

  /// What the word or the words take; nil if there would be more than ``wordLimit``.
  private var plainBytes: Int? {
    if case .word(let word) = form { return 1 + ByteWriter.numberBytes(word) }
    guard let bounds else { return nil }
    let first = Int(bounds.first >> 6)
    let count = Int(bounds.last >> 6) - first + 1
    guard count <= Self.wordLimit else { return nil }
    return 1 + ByteWriter.numberBytes(UInt64(first)) + ByteWriter.numberBytes(UInt64(count))
      + count * 8
  }

  private func encodeRuns(into writer: inout ByteWriter) {
    writer.uint8(Kind.runs)
    writer.number(UInt64(runCount))
    var previous: BlockRun?
    for run in runs {
      writer.number(Self.skipped(before: run, after: previous))
      writer.number(UInt64(run.last - run.first))
      previous = run
    }
  }

  private func encodeWords(into writer: inout ByteWriter) {
    guard let bounds else { return }
    let base = Int(bounds.first >> 6)
    let words = dense(from: base, count: Int(bounds.last >> 6) - base + 1)
    writer.uint8(Kind.words)
    writer.number(UInt64(base))
    writer.number(UInt64(words.count))
    for word in words { writer.uint64(word.byteSwapped) }
  }

  private static func decodeRuns(
    _ reader: inout ByteReader
  ) throws(ContentsError) -> ContiguousArray<UInt64> {
    let count = try reader.count(limit: wordLimit, elementBytes: 2)
    var runs = ContiguousArray<UInt64>()
    runs.reserveCapacity(count)
    var least: UInt64 = 0
    for _ in 0..<count {
      let skipped = try reader.number()
      let length = try reader.number()
      let end = UInt64(UInt32.max)
      guard least <= end, skipped <= end - least, length <= end - least - skipped else {
        throw .outOfRange
      }
      let first = UInt32(truncatingIfNeeded: least + skipped)
      runs.append(BlockRun(first: first, last: first + UInt32(truncatingIfNeeded: length)).packed)
      least = UInt64(first) + length + 2
    }
    return runs
  }

  private mutating func decodeWords(_ reader: inout ByteReader) throws(ContentsError) {
    let first = try reader.number()
    let count = try reader.count(limit: Self.wordLimit, elementBytes: 8)
    guard count > 0, first <= (1 << 26) - UInt64(count) else { throw .outOfRange }
    var words = ContiguousArray<UInt64>()
    words.reserveCapacity(count)
    for _ in 0..<count { words.append(try reader.uint64().byteSwapped) }
    guard words.first != 0, words.last != 0 else { throw .outOfOrder }
    form = .words(base: Int(first), words)
    compact()
  }
}

import BlockCache
import Membership

@testable import Contents

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

/// Version `change` of file number `file`.
func version(_ file: UInt64, change: UInt64 = 1) -> FileVersion {
  FileVersion(file: FileID(high: ~file, low: file), change: change)
}

/// Block `index` of that.
func key(_ file: UInt64, _ index: UInt32 = 0, change: UInt64 = 1) -> BlockKey {
  BlockKey(version: version(file, change: change), index: index)
}

/// The bitmap of some runs.
func blocks(_ runs: ClosedRange<UInt32>...) -> BlockBitmap {
  var bitmap = BlockBitmap()
  for run in runs {
    bitmap.formUnion(BlockBitmap(BlockRun(first: run.lowerBound, last: run.upperBound)))
  }
  return bitmap
}

/// Every second block below `count`, a multiple of 64, and `first` on, another: what no runs make
/// short.
func comb(_ count: Int, from first: Int = 0) -> BlockBitmap {
  var bitmap = BlockBitmap()
  bitmap.form = .words(
    base: first / 64, ContiguousArray(repeating: 0x5555_5555_5555_5555, count: count / 64))
  bitmap.compact()
  return bitmap
}

let us = MemberID(rawValue: 100)
let alice = MemberID(rawValue: 1)
let bob = MemberID(rawValue: 2)

extension BlockBitmap {
  /// The wire form.
  var encoded: [UInt8] {
    var writer = ByteWriter()
    encode(into: &writer)
    return writer.bytes
  }

  init(decoding bytes: [UInt8]) throws(ContentsError) {
    var reader = ByteReader(bytes)
    try self.init(decoding: &reader)
    try reader.finish()
  }

  var indices: [UInt32] { runs.flatMap { Array($0.first...$0.last) } }
}

extension ContentsDelta {
  /// A delta of the given entries, with a root that nobody has.
  static func sample(
    _ sequence: UInt64, _ entries: [(FileVersion, Change)], generation: UInt64 = 1,
    root: UInt64 = 0
  ) -> [UInt8] {
    ContentsDelta(
      summary: ContentsSummary(generation: generation, sequence: sequence, root: root),
      entries: entries.map { Entry(version: $0.0, change: $0.1) }
    ).encoded
  }
}

extension ContentsView {
  /// Runs a pull to its end against what `owner` holds, every message over the wire.
  @discardableResult
  mutating func pull(
    _ member: MemberID, from owner: Holdings, now: Duration
  ) throws -> (outcome: AntiEntropyPull.Outcome?, messages: Int, bytes: Int) {
    guard var pull = beginPull(from: member, now: now) else { return (nil, 0, 0) }
    var bytes = 0
    while let request = pull.request {
      let question = request.encoded
      let answer = owner.answer(try AntiEntropyRequest(decoding: question)).encoded
      bytes += question.count + answer.count
      try receive(AntiEntropyResponse(decoding: answer), in: &pull, now: now)
    }
    return (pull.outcome, pull.messages, bytes)
  }
}

/// A sample had nothing to give.
struct NothingThere: Error {}

extension Holdings {
  /// The next delta, which there is.
  mutating func delta() throws -> [UInt8] {
    guard let delta = takeDelta(limitBytes: 900) else { throw NothingThere() }
    return delta
  }
}

extension ContentsView {
  /// A pull, for which there is room.
  mutating func begin(_ member: MemberID, now: Duration) throws -> AntiEntropyPull {
    guard let pull = beginPull(from: member, now: now) else { throw NothingThere() }
    return pull
  }
}

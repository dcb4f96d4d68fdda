import BlockCache
import Testing

@testable import Contents

@Suite struct DeltaStreamTests {
  private func summary(_ sequence: UInt64, generation: UInt64 = 1) -> ContentsSummary {
    ContentsSummary(generation: generation, sequence: sequence, root: sequence)
  }

  @Test("in order they are next, repeated they are stale")
  func inOrder() {
    var stream = DeltaStream()
    for sequence in UInt64(1)...100 {
      let first = stream.arrive(summary(sequence))
      let second = stream.arrive(summary(sequence))
      #expect(first == .next(gap: false) && second == .stale)
    }
    #expect(stream.missing == 0 && stream.announced == summary(100))
  }

  @Test("one that was skipped is a gap, and late when it comes, once")
  func gap() {
    var stream = DeltaStream()
    let arrivals = [1, 4, 2, 2, 3, 5, 4].map { stream.arrive(summary($0)) }
    #expect(
      arrivals == [
        .next(gap: false), .next(gap: true), .late, .stale, .late, .next(gap: false), .stale,
      ])
    #expect(stream.missing == 0 && stream.applied == 5)
  }

  @Test("every order of arrival is taken in once, as long as it stays within the window")
  func shuffled() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<50 {
      var stream = DeltaStream()
      _ = stream.arrive(summary(1))
      for sequence in (UInt64(2)...64).shuffled(using: &generator) {
        let arrival = stream.arrive(summary(sequence))
        #expect(arrival != .stale)
      }
      #expect(stream.missing == 0 && stream.applied == 64)
    }
  }

  @Test("what is more than 64 behind is given up", arguments: [64, 65, 66, 1000])
  func window(step: UInt64) {
    var stream = DeltaStream()
    _ = stream.arrive(summary(1))
    let next = stream.arrive(summary(1 + step))
    #expect(next == .next(gap: true))
    let late = stream.arrive(summary(2))
    #expect(late == (step <= 64 ? .late : .stale))
  }

  @Test("the largest sequences are no trouble")
  func largest() {
    var stream = DeltaStream()
    let arrivals = [1, .max, .max - 1, .max - 64, 2].map { stream.arrive(summary($0)) }
    #expect(arrivals == [.next(gap: false), .next(gap: true), .stale, .stale, .stale])
    stream.confirm(summary(.max))
    stream.confirm(summary(5))
    #expect(stream.applied == .max)
  }

  @Test("another generation begins anew, and the last two before it are stale")
  func generations() {
    var stream = DeltaStream()
    let arrivals = [(5, 1), (1, 2), (6, 1), (1, 3), (2, 2), (7, 1), (1, 4), (1, 1)]
      .map { stream.arrive(summary($0.0, generation: $0.1)) }
    #expect(
      arrivals == [
        .next(gap: true), .next(gap: false), .stale, .next(gap: false), .stale, .stale,
        .next(gap: false), .next(gap: false),
      ])
  }

  @Test("a late delta says nothing about blocks that later ones spoke of")
  func late() {
    var stream = DeltaStream()
    _ = stream.arrive(summary(1))
    _ = stream.arrive(summary(4))
    stream.keep(4, ContentsDelta.sample(4, [(version(1), .removed(blocks(3...4)))]))
    _ = stream.arrive(summary(5))
    stream.keep(5, ContentsDelta.sample(5, [(version(2), .dropped), (version(1), .digest(7))]))
    let entries = stream.late(
      ContentsDelta(
        summary: summary(3),
        entries: [
          .init(version: version(1), change: .added(blocks(1...9))),
          .init(version: version(1), change: .dropped),
          .init(version: version(2), change: .added(blocks(1...9))),
          .init(version: version(3), change: .removed(blocks(1...9))),
          .init(version: version(3), change: .dropped),
          .init(version: version(1), change: .digest(1)),
        ]))
    #expect(
      entries.map(\.change) == [
        .added(blocks(1...2, 5...9)), .removed(blocks(0...2, 5...UInt32.max)),
        .added(BlockBitmap()), .removed(blocks(1...9)), .dropped, .digest(1),
      ])
  }

  @Test("what is kept for late ones is bounded, by number and by bytes")
  func bounded() {
    for change in [ContentsDelta.Change.dropped, .added(comb(16_384))] {
      var stream = DeltaStream()
      _ = stream.arrive(summary(1))
      var most = (count: 0, bytes: 0)
      for sequence in UInt64(3)..<60 {
        _ = stream.arrive(summary(sequence))
        stream.keep(sequence, ContentsDelta.sample(sequence, [(version(1), change)]))
        most.count = max(most.count, stream.deltas(after: 0).count)
        most.bytes = max(most.bytes, stream.logBytes)
      }
      #expect(most.count <= DeltaStream.logLimit && most.bytes <= DeltaStream.logLimitBytes)
      // It was given up; a gap after that is a gap again.
      #expect(stream.missing == 0)
      let late = stream.arrive(summary(2))
      #expect(late == .stale)
    }
  }

  @Test("nothing is kept while nothing is missed and nobody pulls")
  func kept() {
    var stream = DeltaStream()
    for sequence in [1, 2, 4] as [UInt64] {
      _ = stream.arrive(summary(sequence))
      stream.keep(sequence, ContentsDelta.sample(sequence, []))
    }
    #expect(stream.deltas(after: 0).map(\.summary.sequence) == [4])
    _ = stream.arrive(summary(3))
    stream.keep(3, ContentsDelta.sample(3, []))
    #expect(stream.logBytes == 0)
    stream.isPulling = true
    _ = stream.arrive(summary(5))
    stream.keep(5, ContentsDelta.sample(5, []))
    #expect(stream.deltas(after: 0).map(\.summary.sequence) == [5])
    stream.isPulling = false
    #expect(stream.logBytes == 0)
  }

  @Test("an owner's confirmation fills the gaps up to its sequence, and only those")
  func confirmed() {
    var stream = DeltaStream()
    for sequence in [1, 4, 6, 9] as [UInt64] { _ = stream.arrive(summary(sequence)) }
    stream.confirm(summary(6))
    let arrivals = [2, 5, 7, 8].map { stream.arrive(summary($0)) }
    #expect(arrivals == [.stale, .stale, .late, .late])
    stream.confirm(summary(20))
    #expect(stream.applied == 20 && stream.missing == 0)
  }
}

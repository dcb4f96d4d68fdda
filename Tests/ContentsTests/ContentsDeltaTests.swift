import BlockCache
import Testing

@testable import Contents

@Suite struct ContentsDeltaTests {
  private static let version = FileVersion(file: FileID(high: 1, low: 2), change: 3)

  private static let delta = ContentsDelta(
    summary: ContentsSummary(generation: 4, sequence: 5, root: 6),
    entries: [
      .init(version: version, change: .dropped),
      .init(version: version, change: .removed(blocks(0...2))),
      .init(version: version, change: .added(blocks(5...300))),
      .init(version: version, change: .digest(7)),
    ])

  private static let name: [UInt8] = [
    0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3,
  ]
  private static let bytes: [UInt8] =
    [0xC1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 4]
    + [1] + name
    + [2] + name + [0, 7]
    + [3] + name + [1, 1, 5, 0xA7, 2]
    + [4] + name + [0, 0, 0, 0, 0, 0, 0, 7]

  @Test("its bytes, written out")
  func bytes() throws {
    #expect(Self.delta.encoded == Self.bytes)
    #expect(try ContentsDelta(decoding: Self.bytes) == Self.delta)
  }

  @Test("no truncation is read, nor is a byte more")
  func truncations() {
    for count in Self.bytes.indices {
      #expect(throws: ContentsError.truncated) {
        try ContentsDelta(decoding: Array(Self.bytes[..<count]))
      }
    }
    #expect(throws: ContentsError.trailingBytes(count: 1)) {
      try ContentsDelta(decoding: Self.bytes + [0])
    }
  }

  @Test("every byte replaced is another delta or none, and never the same")
  func corrupted() {
    var same: [(place: Int, value: UInt8)] = []
    for place in Self.bytes.indices {
      for value in UInt8.min...UInt8.max where value != Self.bytes[place] {
        var copy = Self.bytes
        copy[place] = value
        if (try? ContentsDelta(decoding: copy)) == Self.delta { same.append((place, value)) }
      }
    }
    #expect(same.isEmpty, "\(same)")
  }

  @Test("each field that cannot be is refused")
  func fields() {
    func read(_ place: Int, _ value: UInt8) throws(ContentsError) -> ContentsDelta {
      var copy = Self.bytes
      copy[place] = value
      return try ContentsDelta(decoding: copy)
    }
    #expect(throws: ContentsError.unknownKind(0xC0)) { try read(0, 0xC0) }
    #expect(throws: ContentsError.outOfRange) { try read(16, 0) }
    #expect(throws: ContentsError.trailingBytes(count: 33)) { try read(25, 3) }
    #expect(throws: ContentsError.truncated) { try read(25, 5) }
    #expect(throws: ContentsError.unknownKind(0)) { try read(26, 0) }
    #expect(throws: ContentsError.unknownKind(5)) { try read(26, 5) }
  }

  @Test("a delta above the limit, and a count above what can follow, are refused unread")
  func limits() {
    let long = [UInt8](repeating: 0, count: ContentsDelta.limitBytes + 1)
    #expect(
      throws: ContentsError.tooLong(claimed: UInt64(long.count), limit: ContentsDelta.limitBytes)
    ) { try ContentsDelta(decoding: long) }
    let head = Array(Self.bytes[..<25])
    #expect(
      throws: ContentsError.tooLong(claimed: 1 << 28, limit: ContentsDelta.entryLimit)
    ) { try ContentsDelta(decoding: head + [0x80, 0x80, 0x80, 0x80, 1]) }
    #expect(throws: ContentsError.truncated) {
      try ContentsDelta(decoding: head + [100] + Self.name + Self.name)
    }
  }

  @Test("a summary is three numbers, and nothing shorter or longer")
  func summaries() throws {
    let summary = Self.delta.summary
    #expect(summary.encoded == Array(Self.bytes[1..<25]))
    #expect(try ContentsSummary(decoding: summary.encoded) == summary)
    for count in 0..<24 {
      #expect(throws: ContentsError.truncated) {
        try ContentsSummary(decoding: Array(summary.encoded[..<count]))
      }
    }
    #expect(throws: ContentsError.trailingBytes(count: 1)) {
      try ContentsSummary(decoding: summary.encoded + [0])
    }
  }
}

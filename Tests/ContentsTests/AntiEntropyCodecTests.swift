import BlockCache
import Testing

@testable import Contents

@Suite struct AntiEntropyCodecTests {
  private static let summary = ContentsSummary(generation: 1, sequence: 2, root: 3)
  private static let version = FileVersion(file: FileID(high: 1, low: 2), change: 3)
  private static let name: [UInt8] = [
    0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3,
  ]

  private static var mask: BucketMask {
    var mask = BucketMask()
    mask.insert(0)
    mask.insert(255)
    return mask
  }
  private static let maskBytes: [UInt8] =
    [0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 16) + [0x80, 0, 0, 0, 0, 0, 0, 0]

  private static let requests: [(AntiEntropyRequest, [UInt8])] = [
    (.compare(root: 5), [1, 0, 0, 0, 0, 0, 0, 0, 5]),
    (.versions(mask, after: nil), [2] + maskBytes + [0]),
    (.versions(mask, after: version), [2] + maskBytes + [1] + name),
    (
      .blocks([.init(version: version), .init(version: version, first: 300)]),
      [3, 2] + name + [0] + name + [0xAC, 2]
    ),
  ]

  private static let responses: [(AntiEntropyResponse.Body, [UInt8], [UInt8])] = [
    (.same, [1], []),
    (
      .buckets([UInt64](repeating: 7, count: 256)), [2],
      [[UInt8]](repeating: [0, 0, 0, 0, 0, 0, 0, 7], count: 256).flatMap { $0 }
    ),
    (.versions([], isLast: true), [3], [1, 0]),
    (
      .versions([.init(version: version, term: 8)], isLast: false), [3],
      [0, 1] + name + [0, 0, 0, 0, 0, 0, 0, 8]
    ),
    (
      .pages([
        .init(version: version, range: BlockRun(first: 0, last: 9), blocks: blocks(0...2)),
        .init(version: version, range: BlockRun(first: 10, last: .max), blocks: blocks(64...300)),
      ]),
      [4],
      [2] + name + [0, 9, 0, 7] + name + [10, 0xFF, 0xFF, 0xFF, 0xFF, 0xF, 1, 1, 64, 0xEC, 1]
    ),
  ]

  @Test("requests, written out; no truncation, no byte more, no byte replaced is the same")
  func requestBytes() throws {
    for (request, bytes) in Self.requests {
      #expect(request.encoded == bytes)
      #expect(try AntiEntropyRequest(decoding: bytes) == request)
      for count in bytes.indices {
        #expect(throws: ContentsError.truncated) {
          try AntiEntropyRequest(decoding: Array(bytes[..<count]))
        }
      }
      #expect(throws: ContentsError.trailingBytes(count: 1)) {
        try AntiEntropyRequest(decoding: bytes + [0])
      }
      for place in bytes.indices {
        var copy = bytes
        copy[place] ^= 0x41
        #expect((try? AntiEntropyRequest(decoding: copy)) != request)
      }
    }
  }

  @Test("answers, written out; no truncation, no byte more, no byte replaced is the same")
  func responseBytes() throws {
    let head = Self.summary.encoded
    for (body, kind, rest) in Self.responses {
      let response = AntiEntropyResponse(summary: Self.summary, body: body)
      let bytes = kind + head + rest
      #expect(response.encoded == bytes)
      #expect(try AntiEntropyResponse(decoding: bytes) == response)
      var accepted = 0
      for count in bytes.indices
      where (try? AntiEntropyResponse(decoding: Array(bytes[..<count]))) != nil {
        accepted += 1
      }
      #expect(accepted == 0)
      #expect(throws: ContentsError.trailingBytes(count: 1)) {
        try AntiEntropyResponse(decoding: bytes + [0])
      }
      var same = 0
      for place in bytes.indices {
        var copy = bytes
        copy[place] ^= 0x41
        if (try? AntiEntropyResponse(decoding: copy)) == response { same += 1 }
      }
      #expect(same == 0)
    }
  }

  @Test("fields that cannot be are refused")
  func fields() {
    let head = Self.summary.encoded
    let refused: [([UInt8], ContentsError)] = [
      ([0] + head, .unknownKind(0)), ([5] + head, .unknownKind(5)),
      ([3] + head + [2, 0], .unknownKind(2)),
      ([3] + head + [1, 0xD1, 0xF], .tooLong(claimed: 2001, limit: 2000)),
      ([4] + head + [0xD1, 0xF], .tooLong(claimed: 2001, limit: 2000)),
      ([4] + head + [1] + Self.name + [9, 8, 0, 0], .outOfOrder),
      ([4] + head + [1] + Self.name + [0, 1, 0, 7], .outOfRange),
      ([4] + head + [1] + Self.name + [1, 9, 0, 7], .outOfRange),
      ([4] + head + [1] + Self.name + [0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0, 0, 0], .outOfRange),
    ]
    for (bytes, error) in refused {
      #expect(throws: error) { try AntiEntropyResponse(decoding: bytes) }
    }
    #expect(throws: ContentsError.unknownKind(4)) { try AntiEntropyRequest(decoding: [4]) }
    #expect(throws: ContentsError.outOfRange) { try AntiEntropyRequest(decoding: [3, 0]) }
    #expect(throws: ContentsError.unknownKind(2)) {
      try AntiEntropyRequest(decoding: [2] + Self.maskBytes + [2])
    }
    #expect(throws: ContentsError.tooLong(claimed: 2001, limit: 2000)) {
      try AntiEntropyRequest(decoding: [3, 0xD1, 0xF])
    }
    let long = [UInt8](repeating: 1, count: AntiEntropy.messageBytes + 1)
    #expect(throws: ContentsError.tooLong(claimed: 65_537, limit: 65_536)) {
      try AntiEntropyRequest(decoding: long)
    }
    #expect(throws: ContentsError.tooLong(claimed: 65_537, limit: 65_536)) {
      try AntiEntropyResponse(decoding: long)
    }
  }

  @Test("the longest lists fit into a message")
  func longest() {
    let version = FileVersion(file: FileID(high: .max, low: .max), change: .max)
    let count = AntiEntropy.versionsPerMessage
    let request = AntiEntropyRequest.blocks(
      [AntiEntropyRequest.Range](repeating: .init(version: version, first: .max), count: count))
    #expect(request.encoded.count <= AntiEntropy.messageBytes)
    let response = AntiEntropyResponse(
      summary: Self.summary,
      body: .versions(
        [AntiEntropyResponse.Listed](repeating: .init(version: version, term: .max), count: count),
        isLast: true))
    #expect(response.encoded.count <= AntiEntropy.messageBytes)
  }
}

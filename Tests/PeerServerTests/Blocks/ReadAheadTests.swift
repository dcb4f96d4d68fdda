import Testing

@testable import PeerServer

@Suite struct ReadAheadTests {
  @Test("a sequential reader is ahead of itself by a growing window")
  func grows() {
    var pattern = ReadAhead(limit: 8)
    var asked: [Range<UInt32>] = []
    for index in UInt32(0)..<20 {
      let ahead = pattern.access(index...index, blockCount: 1000)
      if !ahead.isEmpty { asked.append(ahead) }
    }
    #expect(asked.first == 1..<5)
    // No block twice and none left out.
    for (former, latter) in zip(asked, asked.dropFirst()) {
      #expect(former.upperBound == latter.lowerBound)
    }
    #expect((asked.last?.upperBound ?? 0) > 20)
    #expect((asked.last?.upperBound ?? 0) <= 28)
  }

  @Test("nothing behind the end of the file is asked for")
  func end() {
    var pattern = ReadAhead(limit: 16)
    var last: UInt32 = 0
    for index in UInt32(0)..<5 {
      let ahead = pattern.access(index...index, blockCount: 5)
      #expect(ahead.upperBound <= 5)
      last = max(last, ahead.upperBound)
    }
    #expect(last == 5)
  }

  @Test("reads of less than a block do not widen the window")
  func smallReads() {
    var pattern = ReadAhead(limit: 16)
    var asked = 0
    for _ in 0..<8 { asked += pattern.access(0...0, blockCount: 1000).count }
    #expect(asked == 4)
  }

  @Test("a random reader has nothing fetched ahead")
  func random() {
    var pattern = ReadAhead(limit: 16)
    var asked = 0
    for index in [500, 20, 900, 300, 700, 100] as [UInt32] {
      asked += pattern.access(index...index, blockCount: 1000).count
    }
    #expect(asked == 0)
  }

  @Test("a reader that jumps and then goes on in order is sequential again")
  func resumes() {
    var pattern = ReadAhead(limit: 16)
    _ = pattern.access(500...500, blockCount: 1000)
    let ahead = pattern.access(501...501, blockCount: 1000)
    #expect(ahead == 502..<506)
  }

  @Test("accesses within the window may come in any order")
  func outOfOrder() {
    var pattern = ReadAhead(limit: 16)
    _ = pattern.access(0...0, blockCount: 1000)
    let first = pattern.access(2...2, blockCount: 1000)
    let ahead = pattern.access(1...1, blockCount: 1000)
    let next = pattern.access(3...3, blockCount: 1000)
    #expect(!first.isEmpty || !ahead.isEmpty || !next.isEmpty)
  }

  @Test("a limit of zero is no read-ahead, and an access behind the end asks for nothing")
  func none() {
    var off = ReadAhead(limit: 0)
    let nothing = off.access(0...0, blockCount: 1000)
    #expect(nothing.isEmpty)
    var pattern = ReadAhead(limit: 4)
    let behind = pattern.access(5...5, blockCount: 5)
    #expect(behind.isEmpty)
    let last = pattern.access(UInt32.max - 1...UInt32.max - 1, blockCount: .max)
    #expect(last.isEmpty)
  }
}

import Simulation
import Testing

@Suite struct SimulatedReaderTests {
  private let set = FileSet(
    [FileSet.File(name: "a", bytes: 5 << 20), FileSet.File(name: "b", bytes: 3 << 20)],
    blockBytes: 1 << 20)

  private func reader(_ change: (inout ReaderSettings) -> Void) -> SimulatedReader {
    var settings = ReaderSettings()
    settings.readAheadBytes = 2 << 20
    settings.inFlightLimit = 100
    change(&settings)
    return SimulatedReader(ReadPlan(files: 0..<2, of: set), of: set, settings)
  }

  @Test("a reader asks for what it needs and so many bytes after it, once")
  func readAhead() {
    var reader = reader { _ in }
    #expect(reader.advance(nowNanoseconds: 0).blocks == [0, 1])
    #expect(reader.advance(nowNanoseconds: 5).blocks == [])
    reader.arrived(1)
    #expect(reader.advance(nowNanoseconds: 10).blocks == [])
    reader.arrived(0)
    #expect(reader.advance(nowNanoseconds: 20).blocks == [2, 3])
  }

  @Test("without read-ahead it asks for one block at a time")
  func noReadAhead() {
    var reader = reader { $0.readAheadBytes = 0 }
    var asked: [[Int]] = []
    for moment in 0..<8 {
      let wish = reader.advance(nowNanoseconds: Int64(moment))
      asked.append(wish.blocks)
      for block in wish.blocks { reader.arrived(block) }
    }
    #expect(asked == (0..<8).map { [$0] })
    let wish = reader.advance(nowNanoseconds: 8)
    #expect(wish.blocks.isEmpty && wish.againAtNanoseconds == nil)
    #expect(reader.finishedNanoseconds == 8)
  }

  @Test("reading ahead ends with the file, unless it is told to go on", arguments: [false, true])
  func files(across: Bool) {
    var reader = reader {
      $0.readAheadBytes = 100 << 20
      $0.acrossFiles = across
    }
    #expect(reader.advance(nowNanoseconds: 0).blocks == Array(0..<(across ? 8 : 5)))
  }

  @Test("no more blocks are asked for at once than the limit")
  func inFlight() {
    var reader = reader {
      $0.readAheadBytes = 100 << 20
      $0.inFlightLimit = 3
    }
    #expect(reader.advance(nowNanoseconds: 0).blocks == [0, 1, 2])
    reader.arrived(2)
    #expect(reader.advance(nowNanoseconds: 0).blocks == [3])
  }

  @Test("what the application takes for its blocks is waited for, and is no stall")
  func work() {
    var reader = reader { $0.timePerMiB = .milliseconds(2) }
    let wish = reader.advance(nowNanoseconds: 0)
    for block in wish.blocks { reader.arrived(block) }
    let next = reader.advance(nowNanoseconds: 1_000_000)
    #expect(next.againAtNanoseconds == 3_000_000)
    #expect(next.blocks == [2])
    reader.arrived(2)
    for block in 3..<8 { reader.arrived(block) }
    var moment: Int64 = 3_000_000
    while let again = reader.advance(nowNanoseconds: moment).againAtNanoseconds { moment = again }
    #expect(reader.finishedNanoseconds == 17_000_000)
    #expect(reader.stallCount == 1)
    #expect(reader.longestStallNanoseconds == 1_000_000)
    #expect(reader.startedNanoseconds == 0)
  }

  @Test("a stall lasts from the need for a block to its arrival, or until now")
  func stall() {
    var reader = reader { $0.readAheadBytes = 0 }
    _ = reader.advance(nowNanoseconds: 100)
    #expect(reader.longestStallNanoseconds(at: 700) == 600)
    #expect(reader.longestStallNanoseconds == 0)
    reader.arrived(0)
    _ = reader.advance(nowNanoseconds: 1000)
    #expect(reader.longestStallNanoseconds == 900)
    #expect(reader.stalledNanoseconds == 900)
  }

  @Test("a block that failed is asked for again, and one that comes twice is told apart")
  func failures() {
    var reader = reader { _ in }
    _ = reader.advance(nowNanoseconds: 0)
    reader.failed(0)
    #expect(reader.advance(nowNanoseconds: 1).blocks == [0])
    let arrivals = (reader.arrived(0), reader.arrived(0))
    #expect(arrivals == (true, false))
    #expect(reader.has(0))
    reader.failed(0)
    #expect(reader.has(0))
    #expect(reader.advance(nowNanoseconds: 2).blocks == [2])
  }

  @Test("a plan of nothing is finished at once")
  func nothing() {
    var reader = SimulatedReader(ReadPlan(files: [], of: set), of: set, ReaderSettings())
    let wish = reader.advance(nowNanoseconds: 7)
    #expect(wish.blocks.isEmpty && wish.againAtNanoseconds == nil)
    #expect(reader.finishedNanoseconds == 7)
  }
}

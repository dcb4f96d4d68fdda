import NFSv4
import NIOCore
import Testing

@testable import Bench

@Suite struct SlotTableTests {
  @Test("slots are taken from the lowest on, until there is none")
  func take() {
    var table = SlotTable(count: 2)
    let uses = [table.take(), table.take(), table.take()]
    #expect(
      uses == [
        SlotTable.Use(slotid: 0, sequenceid: 1), SlotTable.Use(slotid: 1, sequenceid: 1), nil,
      ])
    #expect(table.highestSlotid == 1)
  }

  @Test("a number is used up once the server has seen it")
  func release() throws {
    var table = SlotTable(count: 1)
    let taken = table.take()
    let first = try #require(taken)
    table.release(first, wasUsed: false)
    let takenAgain = table.take()
    let second = try #require(takenAgain)
    #expect(second.sequenceid == 1)
    table.release(second, wasUsed: true)
    let third = table.take()
    #expect(third?.sequenceid == 2)
  }

  @Test("a slot is given back once")
  func twice() throws {
    var table = SlotTable(count: 1)
    let taken = table.take()
    let use = try #require(taken)
    table.release(use, wasUsed: true)
    table.release(use, wasUsed: true)
    table.release(SlotTable.Use(slotid: 7, sequenceid: 1), wasUsed: true)
    let uses = [table.take(), table.take()]
    #expect(uses.compactMap { $0 }.count == 1)
  }
}

@Suite struct BackSlotTableTests {
  private func begin(
    _ table: inout BackSlotTable, _ sequenceid: UInt32
  ) -> Result<BackSlotTable.Verdict, Nfsstat4> {
    Result { () throws(Nfsstat4) in try table.begin(slotid: 3, sequenceid: sequenceid) }
  }

  @Test("a callback that is being run is NFS4ERR_DELAY, and then replayed")
  func running() {
    var table = BackSlotTable()
    let first = begin(&table, 1)
    let second = begin(&table, 1)
    #expect(first == .success(.run))
    #expect(second == .failure(.NFS4ERR_DELAY))
    let answer = ByteBuffer(string: "done")
    table.complete(slotid: 3, sequenceid: 1, answer: answer)
    let third = begin(&table, 1)
    let fourth = begin(&table, 2)
    #expect(third == .success(.replay(answer)))
    #expect(fourth == .success(.run))
  }
}

@Suite struct ReadVerdictTests {
  @Test(
    "what a stock client does about each answer",
    arguments: [
      (Nfsstat4.NFS4_OK, ReadVerdict.done), (.NFS4ERR_DELAY, .pause), (.NFS4ERR_GRACE, .pause),
      (.NFS4ERR_PNFS_NO_LAYOUT, .dropLayout), (.NFS4ERR_STALE, .dropLayout),
      (.NFS4ERR_BADHANDLE, .dropLayout), (.NFS4ERR_ACCESS, .dropLayout),
      (.NFS4ERR_IO, .deviceFailed), (.NFS4ERR_BAD_STATEID, .readElsewhere),
      (.NFS4ERR_SERVERFAULT, .readElsewhere),
    ])
  func statuses(status: Nfsstat4, verdict: ReadVerdict) {
    #expect(ReadVerdict(status) == verdict)
  }

  @Test("a lost connection is a failed device")
  func disconnected() {
    #expect(ReadVerdict(.disconnected("")) == .deviceFailed)
    #expect(ReadVerdict(.malformed("")) == .deviceFailed)
    #expect(ReadVerdict(.tooManyRequests) == .readElsewhere)
  }
}

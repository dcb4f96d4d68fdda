import NFSv4
import NIOCore
import Testing

@testable import PeerServer

@Suite struct SlotTableTests {
  @Test("a slot's sequence id grows by one with every request the server has seen")
  func sequence() throws {
    var slots = SlotTable(count: 2)
    let taken = slots.take()
    let first = try #require(taken)
    #expect(first == .init(slotid: 0, sequenceid: 1))
    slots.release(first, wasUsed: true)
    let second = slots.take()
    #expect(second == .init(slotid: 0, sequenceid: 2))
  }

  @Test("a sequence id that the server has not seen is used again")
  func unused() throws {
    var slots = SlotTable(count: 1)
    let taken = slots.take()
    let first = try #require(taken)
    slots.release(first, wasUsed: false)
    let second = slots.take()
    #expect(second == first)
  }

  @Test("no slot is given twice")
  func busy() {
    var slots = SlotTable(count: 2)
    _ = slots.take()
    let second = slots.take()
    #expect(second?.slotid == 1)
    #expect(slots.highestInUse == 1)
    let third = slots.take()
    #expect(third == nil)
  }

  @Test("a slot in doubt is not given out before it was asked for with its own sequence id")
  func doubt() throws {
    var slots = SlotTable(count: 1)
    let taken = slots.take()
    let use = try #require(taken)
    slots.doubt(use)
    let none = slots.take()
    #expect(none == nil)
    let inDoubt = slots.takeInDoubt()
    #expect(inDoubt == [use])
    let again = slots.takeInDoubt()
    #expect(again.isEmpty)
    slots.release(use, wasUsed: true)
    let next = slots.take()
    #expect(next == .init(slotid: 0, sequenceid: 2))
  }
}

@Suite struct BackSlotTableTests {
  @Test("a retry of an answered callback gets the same answer")
  func replay() throws {
    var slots = BackSlotTable()
    guard case .run = try slots.begin(slotid: 3, sequenceid: 1) else {
      Issue.record("a new callback runs")
      return
    }
    slots.complete(slotid: 3, sequenceid: 1, answer: ByteBuffer(string: "answer"))
    guard case .replay(let answer) = try slots.begin(slotid: 3, sequenceid: 1) else {
      Issue.record("a retry is replayed")
      return
    }
    #expect(answer == ByteBuffer(string: "answer"))
  }

  @Test("a retry of a running callback is NFS4ERR_DELAY")
  func running() throws {
    var slots = BackSlotTable()
    _ = try slots.begin(slotid: 0, sequenceid: 1)
    #expect(throws: Nfsstat4.NFS4ERR_DELAY) { try slots.begin(slotid: 0, sequenceid: 1) }
    #expect(throws: Nfsstat4.NFS4ERR_DELAY) { try slots.begin(slotid: 0, sequenceid: 2) }
  }

  @Test("slots that were not offered and sequence ids out of order are refused")
  func refused() {
    var slots = BackSlotTable()
    #expect(throws: Nfsstat4.NFS4ERR_BADSLOT) { try slots.begin(slotid: 16, sequenceid: 1) }
    #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) { try slots.begin(slotid: 0, sequenceid: 2) }
    #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) { try slots.begin(slotid: 0, sequenceid: 0) }
  }
}

@Suite struct LeaseClockTests {
  @Test("the lease begins with the sending of what renewed it")
  func sending() {
    let lease = LeaseClock()
    #expect(!lease.isValid(now: .seconds(1)))
    lease.renewed(sentAt: .seconds(10))
    #expect(!lease.isValid(now: .seconds(11)))
    lease.setLease(seconds: 30)
    #expect(lease.isValid(now: .seconds(39)))
    #expect(!lease.isValid(now: .seconds(40)))
    lease.renewed(sentAt: .seconds(20))
    lease.renewed(sentAt: .seconds(15))
    #expect(lease.isValid(now: .seconds(49)))
    lease.end()
    #expect(!lease.isValid(now: .seconds(21)))
  }
}

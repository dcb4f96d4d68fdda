import NFSv4
import NIOCore

/// The slots of the backchannel as the client sees them: which callback was answered, and how
/// (RFC 8881 §2.10.6.2).
struct BackSlotTable: Sendable {
  /// Slots that are offered in CREATE_SESSION: what a stock client offers.
  static let slotCount: UInt32 = 16

  /// What to do with a callback.
  enum Verdict: Equatable {
    /// A new one: run it, then `complete`.
    case run
    /// A retry: this was the answer.
    case replay(ByteBuffer)
  }

  private struct Slot {
    var sequenceid: UInt32 = 0
    var answer: ByteBuffer?
    var isRunning = false
  }

  private var slots = Array(repeating: Slot(), count: Int(slotCount))

  /// - Throws: what CB_SEQUENCE is refused with.
  mutating func begin(slotid: UInt32, sequenceid: UInt32) throws(Nfsstat4) -> Verdict {
    guard slotid < Self.slotCount else { throw .NFS4ERR_BADSLOT }
    let slot = slots[Int(slotid)]
    if slot.isRunning { throw .NFS4ERR_DELAY }
    if sequenceid == slot.sequenceid, let answer = slot.answer { return .replay(answer) }
    guard sequenceid == slot.sequenceid &+ 1 else { throw .NFS4ERR_SEQ_MISORDERED }
    slots[Int(slotid)] = Slot(sequenceid: sequenceid, answer: nil, isRunning: true)
    return .run
  }

  /// Keeps the answer for a retry.
  mutating func complete(slotid: UInt32, sequenceid: UInt32, answer: ByteBuffer) {
    guard slotid < Self.slotCount, slots[Int(slotid)].sequenceid == sequenceid else { return }
    slots[Int(slotid)].answer = answer
    slots[Int(slotid)].isRunning = false
  }
}

import NFSv4
import NIOCore

/// The slots of the backchannel as the client sees them: which callback was answered, and how
/// (RFC 8881 §2.10.6.2).
struct BackSlotTable: Sendable {
  /// Slots that are offered in CREATE_SESSION.
  static let slotCount: UInt32 = 16

  private enum State {
    case idle, running
    case answered(ByteBuffer)
  }

  private struct Slot {
    var sequenceid: UInt32 = 0
    var state = State.idle
  }

  /// What to do with a callback.
  enum Verdict {
    /// A new one: run it, then `complete`.
    case run
    /// A retry: this was the answer.
    case replay(ByteBuffer)
  }

  private var slots = Array(repeating: Slot(), count: Int(slotCount))

  /// - Throws: what CB_SEQUENCE is refused with.
  mutating func begin(slotid: UInt32, sequenceid: UInt32) throws(Nfsstat4) -> Verdict {
    guard slotid < Self.slotCount else { throw .NFS4ERR_BADSLOT }
    let index = Int(slotid)
    if sequenceid == slots[index].sequenceid {
      switch slots[index].state {
      case .running: throw .NFS4ERR_DELAY
      case .answered(let answer): return .replay(answer)
      case .idle: throw .NFS4ERR_SEQ_MISORDERED
      }
    }
    guard sequenceid == slots[index].sequenceid &+ 1 else { throw .NFS4ERR_SEQ_MISORDERED }
    if case .running = slots[index].state { throw .NFS4ERR_DELAY }
    slots[index] = Slot(sequenceid: sequenceid, state: .running)
    return .run
  }

  /// Keeps the answer for a retry.
  mutating func complete(slotid: UInt32, sequenceid: UInt32, answer: ByteBuffer) {
    guard slotid < Self.slotCount, slots[Int(slotid)].sequenceid == sequenceid else { return }
    slots[Int(slotid)].state = .answered(answer)
  }
}

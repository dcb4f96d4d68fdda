/// The slots of this client's session: which are in use, and what their next sequence id is
/// (RFC 8881 §2.10.6.1).
///
/// A slot: free → busy → free, or busy → in doubt → free: the connection was lost and nobody knows
/// whether the request arrived. What is in doubt is asked for by a SEQUENCE of its own.
struct SlotTable: Sendable {
  private enum State {
    case free, busy, inDoubt
  }

  private struct Slot {
    var state = State.free
    var sequenceid: UInt32 = 0
  }

  /// A slot and the sequence id to use it with.
  struct Use: Hashable, Sendable {
    var slotid: UInt32
    var sequenceid: UInt32
  }

  private var slots: [Slot]

  /// - Parameter count: slots of the session.
  init(count: Int) { slots = Array(repeating: Slot(), count: max(1, count)) }

  /// The highest slot that is not free.
  var highestInUse: UInt32 {
    UInt32(truncatingIfNeeded: slots.lastIndex { $0.state != .free } ?? 0)
  }

  /// Takes the lowest free slot; nil when there is none.
  mutating func take() -> Use? {
    guard let index = slots.firstIndex(where: { $0.state == .free }) else { return nil }
    slots[index].state = .busy
    return Use(slotid: UInt32(index), sequenceid: slots[index].sequenceid &+ 1)
  }

  /// Gives a slot back.
  /// - Parameter wasUsed: the server has processed SEQUENCE.
  mutating func release(_ use: Use, wasUsed: Bool) {
    let index = Int(use.slotid)
    guard index < slots.count, slots[index].sequenceid &+ 1 == use.sequenceid else { return }
    if wasUsed { slots[index].sequenceid = use.sequenceid }
    slots[index].state = .free
  }

  /// The reply will not come.
  mutating func doubt(_ use: Use) {
    let index = Int(use.slotid)
    guard index < slots.count, slots[index].sequenceid &+ 1 == use.sequenceid else { return }
    slots[index].state = .inDoubt
  }

  /// Takes the slots in doubt, to ask for them with the sequence ids they were used with.
  mutating func takeInDoubt() -> [Use] {
    slots.indices.filter { slots[$0].state == .inDoubt }.map { index in
      slots[index].state = .busy
      return Use(slotid: UInt32(index), sequenceid: slots[index].sequenceid &+ 1)
    }
  }
}

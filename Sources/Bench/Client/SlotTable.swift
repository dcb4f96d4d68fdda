/// The slots of a session's fore channel as the client sees them (RFC 8881 §2.10.6.1).
///
///     free ─take─▶ busy ─release─▶ free
///
/// A request whose reply did not come keeps its slot and number until it was sent again over
/// another connection, so the server can tell a repetition.
struct SlotTable: Sendable {
  /// A slot, and the sequence id to use it with.
  struct Use: Hashable, Sendable {
    var slotid: UInt32
    var sequenceid: UInt32
  }

  private var sequenceids: [UInt32]
  private var isBusy: [Bool]
  private var free: [Int]

  /// - Parameter count: slots of the session: at least one.
  init(count: Int) {
    let count = max(1, count)
    sequenceids = Array(repeating: 0, count: count)
    isBusy = Array(repeating: false, count: count)
    free = Array((0..<count).reversed())
  }

  /// Slots in all.
  var count: Int { sequenceids.count }

  /// The highest slot there is: a client that may use all of them at any time says so.
  var highestSlotid: UInt32 { UInt32(truncatingIfNeeded: sequenceids.count - 1) }

  /// Takes a free slot; nil when there is none.
  mutating func take() -> Use? {
    guard let index = free.popLast() else { return nil }
    isBusy[index] = true
    return Use(slotid: UInt32(truncatingIfNeeded: index), sequenceid: sequenceids[index] &+ 1)
  }

  /// Gives a slot back.
  /// - Parameter wasUsed: the server has processed SEQUENCE.
  mutating func release(_ use: Use, wasUsed: Bool) {
    let index = Int(use.slotid)
    guard index < sequenceids.count, isBusy[index], sequenceids[index] &+ 1 == use.sequenceid
    else { return }
    if wasUsed { sequenceids[index] = use.sequenceid }
    isBusy[index] = false
    free.append(index)
  }
}

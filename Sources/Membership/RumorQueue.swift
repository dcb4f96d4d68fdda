/// News waiting to be sent: each item a limited number of times, those sent least often first, and
/// among those the oldest.
///
/// Holds `limit` items at most. When full, the oldest of those sent most often makes room.
struct RumorQueue: Sendable {
  /// What an item is about; a newer item about the same replaces it.
  enum Topic: Hashable {
    case member(MemberID)
    case payload(MemberID, UInt64)
  }

  private struct Item {
    let topic: Topic
    let bytes: [UInt8]
    let serial: UInt64
  }

  /// An item's place in a queue of those sent equally often; void when the serial differs.
  private struct Entry {
    let slot: Int
    let serial: UInt64
  }

  private let limit: Int
  private var slots: [Item?] = []
  private var free: [Int] = []
  private var slotOf: [Topic: Int] = [:]
  /// By the number of times sent.
  private var queues: [FIFO<Entry>] = []
  private var serial: UInt64 = 0
  /// Items that were dropped because the queue was full.
  private(set) var dropped: UInt64 = 0

  init(limit: Int) { self.limit = max(1, limit) }

  var count: Int { slotOf.count }
  var isEmpty: Bool { slotOf.isEmpty }

  func contains(_ topic: Topic) -> Bool { slotOf[topic] != nil }

  /// Adds an item that was not sent yet, in place of one on the same topic.
  mutating func add(_ bytes: [UInt8], on topic: Topic) {
    if let slot = slotOf[topic] { release(slot) }
    while slotOf.count >= limit { dropOne() }
    serial += 1
    let slot = free.popLast() ?? slots.count
    let item = Item(topic: topic, bytes: bytes, serial: serial)
    if slot == slots.count { slots.append(item) } else { slots[slot] = item }
    slotOf[topic] = slot
    push(Entry(slot: slot, serial: serial), sent: 0)
  }

  /// Removes the item on a topic.
  mutating func remove(_ topic: Topic) {
    if let slot = slotOf[topic] { release(slot) }
  }

  /// Moves items into a datagram while they fit.
  /// - Parameters:
  ///   - budget: how many bytes may be written.
  ///   - copies: to how many members the datagram goes.
  ///   - most: how often an item is sent; it is forgotten after that.
  mutating func take(into writer: inout ByteWriter, budget: Int, copies: Int, most: Int) {
    let end = writer.count + max(0, budget)
    /// Items that did not fit stay where they are: a few are looked at, not all.
    var misfits = 0
    var taken: [(Entry, Int)] = []
    for sent in 0..<queues.count {
      var kept: [Entry] = []
      while misfits < 8, end - writer.count >= Self.smallestBytes, let entry = queues[sent].first {
        queues[sent].removeFirst()
        guard let item = slots[entry.slot], item.serial == entry.serial else { continue }
        if sent >= most {
          release(entry.slot)
        } else if item.bytes.count <= end - writer.count {
          writer.bytes(item.bytes)
          taken.append((entry, sent + max(1, copies)))
        } else {
          misfits += 1
          kept.append(entry)
        }
      }
      queues[sent].prepend(kept)
    }
    for (entry, sent) in taken {
      if sent >= most { release(entry.slot) } else { push(entry, sent: sent) }
    }
  }

  /// No item is shorter.
  private static let smallestBytes = 9

  private mutating func push(_ entry: Entry, sent: Int) {
    while queues.count <= sent { queues.append(FIFO()) }
    queues[sent].append(entry)
    // Void entries are dropped as they come to the front; when others hold them up, all at once.
    if queues[sent].count > 2 * limit + 16 {
      let slots = slots
      queues[sent].removeAll { slots[$0.slot]?.serial != $0.serial }
    }
  }

  private mutating func dropOne() {
    for sent in queues.indices.reversed() {
      while let entry = queues[sent].first {
        queues[sent].removeFirst()
        guard let item = slots[entry.slot], item.serial == entry.serial else { continue }
        release(entry.slot)
        dropped += 1
        return
      }
    }
  }

  private mutating func release(_ slot: Int) {
    guard let item = slots[slot] else { return }
    slotOf[item.topic] = nil
    slots[slot] = nil
    free.append(slot)
  }
}

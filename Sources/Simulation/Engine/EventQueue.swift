/// Virtual time and what will happen in it: a 4-ary heap by (time, order of scheduling), so that
/// events of one moment happen in the order in which they were asked for.
struct EventQueue {
  private struct Item {
    var nanoseconds: Int64
    var sequence: UInt64
    var event: SimulatedEvent

    @inline(__always)
    func isBefore(_ other: Item) -> Bool {
      nanoseconds != other.nanoseconds
        ? nanoseconds < other.nanoseconds : sequence < other.sequence
    }
  }

  /// The virtual time: that of the last event taken, or what ``advance(to:)`` set.
  private(set) var nowNanoseconds: Int64 = 0
  private var heap: ContiguousArray<Item> = []
  private var nextSequence: UInt64 = 0

  /// The number of events that wait.
  var count: Int { heap.count }

  /// The time of the next event.
  var nextNanoseconds: Int64? { heap.first?.nanoseconds }

  /// Adds an event. One for the past happens now, after all that waits for now already.
  mutating func schedule(_ event: SimulatedEvent, at nanoseconds: Int64) {
    let item = Item(
      nanoseconds: max(nanoseconds, nowNanoseconds), sequence: nextSequence, event: event)
    nextSequence += 1
    heap.append(item)
    heap.withUnsafeMutableBufferPointer { Self.rise(item, in: $0) }
  }

  /// Takes the next event if it is not later than `limit`, and sets the time to its own.
  mutating func next(notAfter limit: Int64) -> SimulatedEvent? {
    guard let first = heap.first, first.nanoseconds <= limit, let last = heap.popLast() else {
      return nil
    }
    nowNanoseconds = first.nanoseconds
    if !heap.isEmpty { heap.withUnsafeMutableBufferPointer { Self.sink(last, in: $0) } }
    return first.event
  }

  /// Lets time pass up to a moment before which nothing waits.
  mutating func advance(to nanoseconds: Int64) {
    precondition(nextNanoseconds.map { $0 > nanoseconds } ?? true, "an event waits before")
    nowNanoseconds = max(nowNanoseconds, nanoseconds)
  }

  /// Puts the last place's item where it belongs.
  private static func rise(_ item: Item, in heap: UnsafeMutableBufferPointer<Item>) {
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 4
      guard item.isBefore(heap[parent]) else { break }
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = item
  }

  /// Puts an item where it belongs when the first place is free.
  private static func sink(_ item: Item, in heap: UnsafeMutableBufferPointer<Item>) {
    var index = 0
    while true {
      let child = 4 * index + 1
      guard child < heap.count else { break }
      var least = child
      for other in child + 1..<max(child + 1, min(child + 4, heap.count))
      where heap[other].isBefore(heap[least]) {
        least = other
      }
      guard heap[least].isBefore(item) else { break }
      heap[index] = heap[least]
      index = least
    }
    heap[index] = item
  }
}

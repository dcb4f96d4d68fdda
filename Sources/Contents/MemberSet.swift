/// A set of members by their slots in a ``ContentsView``: the first 128 need no memory of their
/// own.
struct MemberSet: Sendable, Equatable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  /// Slots from 128 on; without zero words at its end.
  private var more: ContiguousArray<UInt64> = []

  /// No members.
  init() {}

  var isEmpty: Bool { low == 0 && high == 0 && more.isEmpty }

  var count: Int {
    more.reduce(low.nonzeroBitCount + high.nonzeroBitCount) { $0 + $1.nonzeroBitCount }
  }

  func contains(_ slot: Int) -> Bool { word(slot >> 6) & 1 << UInt64(slot & 63) != 0 }

  mutating func insert(_ slot: Int) {
    let bit: UInt64 = 1 << UInt64(slot & 63)
    switch slot >> 6 {
    case 0: low |= bit
    case 1: high |= bit
    case let number:
      if more.count <= number - 2 {
        more.reserveCapacity(number - 1)
        while more.count <= number - 2 { more.append(0) }
      }
      more[number - 2] |= bit
    }
  }

  mutating func remove(_ slot: Int) {
    let bit: UInt64 = 1 << UInt64(slot & 63)
    switch slot >> 6 {
    case 0: low &= ~bit
    case 1: high &= ~bit
    case let number:
      guard number - 2 < more.count else { return }
      more[number - 2] &= ~bit
      dropZeros()
    }
  }

  mutating func formUnion(_ other: MemberSet) {
    low |= other.low
    high |= other.high
    if more.isEmpty {
      more = other.more
    } else {
      for (place, word) in other.more.enumerated() {
        if place < more.count { more[place] |= word } else { more.append(word) }
      }
    }
  }

  mutating func subtract(_ other: MemberSet) {
    low &= ~other.low
    high &= ~other.high
    guard !more.isEmpty, !other.more.isEmpty else { return }
    for place in 0..<min(more.count, other.more.count) { more[place] &= ~other.more[place] }
    dropZeros()
  }

  private mutating func dropZeros() {
    while more.last == 0 { more.removeLast() }
    more.trim()
  }

  /// Calls `body` with every slot, ascending.
  func forEach(_ body: (Int) -> Void) {
    for number in 0..<(2 + more.count) {
      var word = word(number)
      while word != 0 {
        body(number * 64 + word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  /// The most bytes it takes beside itself, counted from what is in it.
  var heapBytes: Int { ContiguousArray<UInt64>.chargedBytes(more.count) }
  /// What it really takes beside itself.
  var measuredBytes: Int { more.measuredBytes }

  private func word(_ number: Int) -> UInt64 {
    switch number {
    case 0: low
    case 1: high
    default: number - 2 < more.count ? more[number - 2] : 0
    }
  }
}

// Arrays that are at most about a quarter larger than they need to be: what they take can then be
// told from what they hold. What was allocated would be no use for that, as it differs from run to
// run, and decisions are made by it that must not.

extension ContiguousArray {
  /// What an array takes beside its elements: its header and the allocator's.
  static var headerBytes: Int { 48 }

  /// The most memory an array of `count` elements takes; 0 for none.
  static func chargedBytes(_ count: Int) -> Int {
    count == 0 ? 0 : roomiest(count) * MemoryLayout<Element>.stride + headerBytes
  }

  /// What this array really takes.
  var measuredBytes: Int {
    capacity == 0 ? 0 : capacity * MemoryLayout<Element>.stride + Self.headerBytes
  }

  /// Makes room for one more element, and for a quarter more than there are.
  mutating func growByQuarter() {
    if count == capacity { reserveCapacity(count + count / 4 + 1) }
  }

  /// Gives back what is more than ``chargedBytes(_:)`` says.
  mutating func trim() { trim(to: Self.roomiest(count)) }

  /// Gives back what is more than `roomiest` elements, and everything if there are none.
  mutating func trim(to roomiest: Int) {
    guard capacity > roomiest || (isEmpty && capacity > 0) else { return }
    var exact = ContiguousArray()
    exact.reserveCapacity(count)
    exact.append(contentsOf: self)
    self = exact
  }

  /// Two elements beyond the quarter: the allocator rounds up.
  private static func roomiest(_ count: Int) -> Int { count + count / 4 + 3 }
}

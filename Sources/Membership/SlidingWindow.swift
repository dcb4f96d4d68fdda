/// Which of a sender's numbers were seen: the highest, and which of those just below it
/// (RFC 4303 §3.4.3). Takes each number once, and none that is too old to tell.
struct SlidingWindow: Hashable, Sendable {
  /// How far below the highest number the window reaches.
  static let width: UInt64 = 256

  private(set) var highest: UInt64 = 0
  /// Bit i of the four words: `highest - i` was seen.
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// Marks the number as seen.
  /// - Returns: whether it was not, and is not too old.
  mutating func insert(_ number: UInt64) -> Bool {
    guard !contains(number) else { return false }
    if number > highest || isEmpty {
      shift(by: isEmpty ? Self.width : number - highest)
      highest = number
    }
    let age = highest - number
    self[age / 64] |= 1 << (age % 64)
    return true
  }

  /// Whether the number was seen, or is too old to tell.
  func contains(_ number: UInt64) -> Bool {
    guard number <= highest, !isEmpty else { return false }
    let age = highest - number
    return age >= Self.width || self[age / 64] & 1 << (age % 64) != 0
  }

  /// The highest number is always marked, so only a new window has no bit set.
  private var isEmpty: Bool { words.0 == 0 }

  private subscript(index: UInt64) -> UInt64 {
    get {
      switch index {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    }
    set {
      switch index {
      case 0: words.0 = newValue
      case 1: words.1 = newValue
      case 2: words.2 = newValue
      default: words.3 = newValue
      }
    }
  }

  private mutating func shift(by count: UInt64) {
    guard count < Self.width else {
      words = (0, 0, 0, 0)
      return
    }
    for _ in 0..<count / 64 { words = (0, words.0, words.1, words.2) }
    let bits = count % 64
    guard bits > 0 else { return }
    let carry = 64 - bits
    words = (
      words.0 << bits, words.1 << bits | words.0 >> carry, words.2 << bits | words.1 >> carry,
      words.3 << bits | words.2 >> carry
    )
  }

  static func == (lhs: SlidingWindow, rhs: SlidingWindow) -> Bool {
    lhs.highest == rhs.highest && lhs.words == rhs.words
  }

  func hash(into hasher: inout Hasher) { hasher.combine(highest) }
}

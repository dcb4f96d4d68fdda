/// When peers join and readers begin.
public enum ArrivalPattern: Hashable, Sendable, CustomStringConvertible {
  /// All peers are there, and all readers begin at once.
  case barrier
  /// All peers are there; the readers begin one after the other within so many seconds.
  case stagger(seconds: Double)
  /// Peers join one after the other within so many seconds, and each one's reader begins with it.
  case rolling(seconds: Double)
  /// As `barrier`, but one peer joins when the others are done.
  case late

  /// Reads `barrier`, `stagger:SECONDS`, `rolling:SECONDS` or `late`; nil for anything else.
  public init?(_ text: String) {
    let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let seconds = words.count == 2 ? Double(words[1]) : nil
    switch (words.first, words.count) {
    case ("barrier", 1): self = .barrier
    case ("late", 1): self = .late
    case ("stagger", 2):
      guard let seconds, (0...3600).contains(seconds) else { return nil }
      self = .stagger(seconds: seconds)
    case ("rolling", 2):
      guard let seconds, (0...3600).contains(seconds) else { return nil }
      self = .rolling(seconds: seconds)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .barrier: "barrier"
    case .stagger(let seconds): "stagger:\(Text.number(seconds))"
    case .rolling(let seconds): "rolling:\(Text.number(seconds))"
    case .late: "late"
    }
  }

  /// When one of several begins, in seconds after the first.
  /// - Parameter index: from zero.
  public func offset(of index: Int, count: Int) -> Double {
    switch self {
    case .barrier, .late: 0
    case .stagger(let seconds), .rolling(let seconds):
      count > 1 ? seconds * Double(index) / Double(count - 1) : 0
    }
  }
}

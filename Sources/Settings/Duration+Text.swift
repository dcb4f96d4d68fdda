extension Duration {
  /// Reads `500us`, `500ms`, `90s`, `2m`, `6h` or `7d`: a whole number and a unit.
  ///
  /// nil for anything else, for a number without a unit, and beyond 2^53 of the unit.
  public init?(configurationText text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, let count = Int64(digits), count <= 1 << 53 else { return nil }
    switch text[digits.endIndex...] {
    case "us": self = .microseconds(count)
    case "ms": self = .milliseconds(count)
    case "s": self = .seconds(count)
    case "m", "min": self = .seconds(count) * 60
    case "h": self = .seconds(count) * 3600
    case "d": self = .seconds(count) * 86_400
    default: return nil
    }
  }
}

/// Figures for people.
public enum Text {
  /// `1.5 MiB`; plain bytes below 1 KiB.
  public static func bytes(_ count: Int) -> String {
    var value = Double(count)
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(fixed(value, digits: 1)) \(units[unit])"
  }

  /// Reads `512`, `64KiB`, `16MiB`, `1GiB`; nil for anything else and beyond 2^62.
  public static func byteCount(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let shifts: [Substring: Int] = ["": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]
    guard let count = Int(digits), let shift = shifts[text.dropFirst(digits.count)],
      count <= (Int.max >> 1) >> shift
    else { return nil }
    return count << shift
  }

  /// With so many digits behind the point.
  public static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((abs(value) * scale).rounded())
    let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = String(repeating: "0", count: digits - "\(rest)".count) + "\(rest)"
    return "\(sign)\(whole).\(fraction)"
  }

  /// Without needless digits: `0.5`, `10`.
  public static func number(_ value: Double) -> String {
    var text = fixed(value, digits: 3)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// `12 ms`, `3.4 s`.
  public static func seconds(_ value: Double) -> String {
    value < 1 ? "\(fixed(value * 1000, digits: 0)) ms" : "\(fixed(value, digits: 2)) s"
  }

  /// Columns as wide as their widest cell, the first to the left, the others to the right.
  public static func table(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = row.enumerated().map { column, cell in
        let room = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + room : room + cell
      }.joined(separator: "   ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

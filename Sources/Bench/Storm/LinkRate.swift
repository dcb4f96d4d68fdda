/// How much a link takes, as `tc` writes it: `100mbit`, `1gbit`, `512kbit`.
public struct LinkRate: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Positive.
  public let bitsPerSecond: Int

  /// - Parameter bitsPerSecond: at least one.
  public init(bitsPerSecond: Int) { self.bitsPerSecond = max(1, bitsPerSecond) }

  /// Reads a whole number with `kbit`, `mbit` or `gbit` (powers of 1000); nil for anything else,
  /// for zero and for more than a terabit.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), count > 0,
      let factor = Self.factors[text.dropFirst(digits.count)]
    else { return nil }
    let (bits, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, bits <= 1_000_000_000_000 else { return nil }
    bitsPerSecond = bits
  }

  private static let factors: [Substring: Int] = [
    "kbit": 1000, "mbit": 1_000_000, "gbit": 1_000_000_000,
  ]

  public var bytesPerSecond: Double { Double(bitsPerSecond) / 8 }

  /// Seconds that so many bytes take.
  public func seconds(for bytes: Int) -> Double { Double(bytes) / bytesPerSecond }

  /// The largest unit that divides it.
  public var description: String {
    for (unit, factor) in [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1000)]
    where bitsPerSecond % factor == 0 {
      return "\(bitsPerSecond / factor)\(unit)"
    }
    return "\(bitsPerSecond)bit"
  }

  /// The token bucket of `tc … tbf` for such a link: what 10 ms let through, and at least what one
  /// of the kernel's segments takes, lest it be cut.
  public var burstBytes: Int { max(65_536, Int(bytesPerSecond / 100)) }

  public static func < (left: Self, right: Self) -> Bool {
    left.bitsPerSecond < right.bitsPerSecond
  }
}

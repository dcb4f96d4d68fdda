/// A number of bytes as people write it: `4096`, `512MiB`, `10GB`.
///
/// `KiB`, `MiB`, `GiB`, `TiB` and `PiB` are powers of 1024; `kB` (or `KB`), `MB`, `GB`, `TB` and
/// `PB` are powers of 1000. A bare `K`, `M` or `G` is refused, since people mean both by it.
public struct ByteSize: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Never negative.
  public let bytes: Int

  /// A size that is known already. Negative counts are taken as 0.
  public init(bytes: Int) {
    self.bytes = max(0, bytes)
  }

  /// Reads `512MiB`, `512 MiB`, `512B` or `536870912`; nil for anything else and beyond 2^63 − 1.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, let count = Int(digits) else { return nil }
    var unit = text[digits.endIndex...]
    if unit.first == " ", unit.count > 1 { unit = unit.dropFirst() }
    guard let factor = Self.factors[String(unit)] else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    self.bytes = bytes
  }

  /// The largest binary unit that divides the size: `512MiB`, else plain bytes.
  public var description: String {
    for (unit, shift) in [("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
    where bytes > 0 && bytes & ((1 << shift) - 1) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
  }

  /// By the number of bytes.
  public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

  private static let factors: [String: Int] = [
    "": 1, "B": 1,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
    "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    "PB": 1_000_000_000_000_000,
  ]
}

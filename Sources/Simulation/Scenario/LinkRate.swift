import Settings

/// A rate as people write it: `100Mbit`, `10Gbit`, `12MB/s`, `unlimited`.
struct LinkRate: Hashable {
  /// At least 1; nil for "unlimited".
  var bytesPerSecond: Int?

  /// Completes "expected …".
  static let expected = "a rate such as 100Mbit, 10Gbit, 12MB/s or unlimited"

  private static let factors = [
    "bit": 1, "kbit": 1000, "Mbit": 1_000_000, "Gbit": 1_000_000_000, "Tbit": 1_000_000_000_000,
  ]

  /// nil for anything else, for less than a byte a second and more than 2^50 bytes a second.
  init?(_ text: String) {
    if text == "unlimited" { return }
    let limit = 1 << 50
    if text.hasSuffix("/s") {
      guard let size = ByteSize(String(text.dropLast(2))), (1...limit).contains(size.bytes) else {
        return nil
      }
      bytesPerSecond = size.bytes
      return
    }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), let factor = Self.factors[String(text[digits.endIndex...])]
    else { return nil }
    let (bits, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, (8...8 * limit).contains(bits) else { return nil }
    bytesPerSecond = bits / 8
  }
}

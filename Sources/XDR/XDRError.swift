/// Why bytes are not the XDR value that was asked for (RFC 4506).
public enum XDRError: Error, Equatable, Sendable {
  /// The input ended inside a value.
  case truncated
  /// Bytes were left where the value had to end.
  case trailingBytes(count: Int)
  /// A variable-length value claims more than its limit. Nothing was allocated for it.
  case tooLong(claimed: UInt32, limit: Int)
  /// A padding byte was not zero (RFC 4506 §3).
  case nonZeroPadding
  /// A boolean was neither 0 nor 1 (RFC 4506 §4.4).
  case badBoolean(UInt32)
  /// An enumeration or a union's discriminant has no such value (RFC 4506 §4.3, §4.15).
  case badEnumeration(type: StaticString, value: UInt32)
  /// A value is well formed but not allowed where it stands.
  case badValue(StaticString)

  public static func == (lhs: XDRError, rhs: XDRError) -> Bool {
    switch (lhs, rhs) {
    case (.truncated, .truncated), (.nonZeroPadding, .nonZeroPadding): true
    case (.trailingBytes(let a), .trailingBytes(let b)): a == b
    case (.tooLong(let a, let m), .tooLong(let b, let n)): a == b && m == n
    case (.badBoolean(let a), .badBoolean(let b)): a == b
    case (.badEnumeration(let s, let a), .badEnumeration(let t, let b)):
      a == b && s.description == t.description
    case (.badValue(let a), .badValue(let b)): a.description == b.description
    default: false
    }
  }
}

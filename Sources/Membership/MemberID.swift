/// Names a member of the cluster, across its restarts and changes of address.
public struct MemberID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number itself; every value is allowed.
  public var rawValue: UInt64

  /// The member of this number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The member of this number.
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// 16 hexadecimal digits.
  public var description: String {
    let digits = String(rawValue, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  public static func < (lhs: MemberID, rhs: MemberID) -> Bool { lhs.rawValue < rhs.rawValue }
}

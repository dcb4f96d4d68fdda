public import XDR

/// Asks how the current object or its parent may be accessed; the current filehandle is gone
/// after it (RFC 8881 §18.45).
public enum SECINFO_NO_NAME: NfsOperation {
  public typealias Arguments = SECINFO_NO_NAME4args
  public typealias Resok = SECINFO4resok
  public static let opnum = NfsOpnum4.OP_SECINFO_NO_NAME
}

///     typedef secinfo_style4 SECINFO_NO_NAME4args;
public struct SECINFO_NO_NAME4args: XDRCodable, Hashable, Sendable {
  public var style: SecinfoStyle4

  public init(style: SecinfoStyle4) {
    self.style = style
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    style = try SecinfoStyle4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    style.encode(to: &encoder)
  }
}

/// Whose flavors are asked for.
///
///     enum secinfo_style4 { SECINFO_STYLE4_CURRENT_FH = 0, SECINFO_STYLE4_PARENT = 1 };
public enum SecinfoStyle4: UInt32, XDRCodable, Sendable {
  case SECINFO_STYLE4_CURRENT_FH = 0
  case SECINFO_STYLE4_PARENT = 1

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "secinfo_style4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

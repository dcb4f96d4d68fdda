public import XDR

/// Asks which rights the caller has (RFC 8881 §18.1).
public enum ACCESS: NfsOperation {
  public typealias Arguments = ACCESS4args
  public typealias Resok = ACCESS4resok
  public static let opnum = NfsOpnum4.OP_ACCESS
}

///     struct ACCESS4args { uint32_t access; };
public struct ACCESS4args: XDRCodable, Hashable, Sendable {
  public var access: Access4

  public init(access: Access4) {
    self.access = access
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    access = Access4(rawValue: try decoder.uint32())
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(access.rawValue)
  }
}

///     struct ACCESS4resok { uint32_t supported; uint32_t access; };
public struct ACCESS4resok: XDRCodable, Hashable, Sendable {
  /// What the server can tell.
  public var supported: Access4
  /// What is granted.
  public var access: Access4

  public init(supported: Access4, access: Access4) {
    self.supported = supported
    self.access = access
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    supported = Access4(rawValue: try decoder.uint32())
    access = Access4(rawValue: try decoder.uint32())
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(supported.rawValue)
    encoder.uint32(access.rawValue)
  }
}

/// `ACCESS4_*`: rights that are asked for or granted (RFC 8881 §18.1.1, RFC 8276 §8.5).
public struct Access4: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let READ = Access4(rawValue: 0x1)
  public static let LOOKUP = Access4(rawValue: 0x2)
  public static let MODIFY = Access4(rawValue: 0x4)
  public static let EXTEND = Access4(rawValue: 0x8)
  public static let DELETE = Access4(rawValue: 0x10)
  public static let EXECUTE = Access4(rawValue: 0x20)
  /// RFC 8276 §8.5.
  public static let XAREAD = Access4(rawValue: 0x40)
  public static let XAWRITE = Access4(rawValue: 0x80)
  public static let XALIST = Access4(rawValue: 0x100)
}

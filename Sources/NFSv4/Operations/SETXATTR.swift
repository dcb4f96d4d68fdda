public import NIOCore
public import XDR

/// Sets an extended attribute (RFC 8276 §8.4.2).
public enum SETXATTR: NfsOperation {
  public typealias Arguments = SETXATTR4args
  public typealias Resok = SETXATTR4resok
  public static let opnum = NfsOpnum4.OP_SETXATTR
}

///     struct SETXATTR4args {
///         setxattr_option4 sxa_option; xattrkey4 sxa_key; xattrvalue4 sxa_value;
///     };
public struct SETXATTR4args: XDRCodable, Hashable, Sendable {
  public var option: SetxattrOption4
  public var key: Xattrkey4
  /// A slice of the request.
  public var value: ByteBuffer

  public init(option: SetxattrOption4, key: Xattrkey4, value: ByteBuffer) {
    self.option = option
    self.key = key
    self.value = value
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    option = try SetxattrOption4(from: &decoder)
    key = try decoder.bytes(limit: NFS4.componentLimitBytes)
    value = try decoder.opaque(limit: NFS4.xattrvalueLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    option.encode(to: &encoder)
    encoder.opaque(key)
    encoder.opaque(value)
  }
}

///     union SETXATTR4res switch (nfsstat4 sxr_status) {
///         case NFS4_OK: change_info4 sxr_info;
///         default:      void;
///     };
public struct SETXATTR4resok: XDRCodable, Hashable, Sendable {
  /// Of the file.
  public var info: ChangeInfo4

  public init(info: ChangeInfo4) {
    self.info = info
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    info = try ChangeInfo4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    info.encode(to: &encoder)
  }
}

///     enum setxattr_option4 { SETXATTR4_EITHER = 0, SETXATTR4_CREATE = 1, SETXATTR4_REPLACE = 2 };
public enum SetxattrOption4: UInt32, XDRCodable, Sendable {
  case SETXATTR4_EITHER = 0
  case SETXATTR4_CREATE = 1
  case SETXATTR4_REPLACE = 2

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "setxattr_option4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

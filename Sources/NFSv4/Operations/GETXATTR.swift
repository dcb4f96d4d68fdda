public import NIOCore
public import XDR

/// Reads an extended attribute (RFC 8276 §8.4.1).
public enum GETXATTR: NfsOperation {
  public typealias Arguments = GETXATTR4args
  public typealias Resok = GETXATTR4resok
  public static let opnum = NfsOpnum4.OP_GETXATTR
}

///     struct GETXATTR4args { xattrkey4 gxa_name; };
public struct GETXATTR4args: XDRCodable, Hashable, Sendable {
  public var name: Xattrkey4

  public init(name: Xattrkey4) {
    self.name = name
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    name = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(name)
  }
}

///     union GETXATTR4res switch (nfsstat4 gxr_status) {
///         case NFS4_OK: xattrvalue4 gxr_value;
///         default:      void;
///     };
public struct GETXATTR4resok: XDRCodable, Hashable, Sendable {
  /// A slice of the reply.
  public var value: ByteBuffer

  public init(value: ByteBuffer) {
    self.value = value
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    value = try decoder.opaque(limit: NFS4.xattrvalueLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(value)
  }
}

/// The name of an extended attribute, without its name space.
///
///     typedef component4 xattrkey4;
public typealias Xattrkey4 = Component4

extension NFS4 {
  /// Bytes of an extended attribute's value that are decoded. More than file systems take: one too
  /// large is for the operation to refuse with NFS4ERR_XATTR2BIG rather than malformed.
  public static let xattrvalueLimitBytes = 1024 * 1024
}

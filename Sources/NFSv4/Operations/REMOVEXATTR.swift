public import XDR

/// Removes an extended attribute (RFC 8276 §8.4.4).
public enum REMOVEXATTR: NfsOperation {
  public typealias Arguments = REMOVEXATTR4args
  public typealias Resok = REMOVEXATTR4resok
  public static let opnum = NfsOpnum4.OP_REMOVEXATTR
}

///     struct REMOVEXATTR4args { xattrkey4 rxa_name; };
public struct REMOVEXATTR4args: XDRCodable, Hashable, Sendable {
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

///     union REMOVEXATTR4res switch (nfsstat4 rxr_status) {
///         case NFS4_OK: change_info4 rxr_info;
///         default:      void;
///     };
public struct REMOVEXATTR4resok: XDRCodable, Hashable, Sendable {
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

public import XDR

/// Lists extended attributes (RFC 8276 §8.4.3).
public enum LISTXATTRS: NfsOperation {
  public typealias Arguments = LISTXATTRS4args
  public typealias Resok = LISTXATTRS4resok
  public static let opnum = NfsOpnum4.OP_LISTXATTRS
}

///     struct LISTXATTRS4args { nfs_cookie4 lxa_cookie; count4 lxa_maxcount; };
public struct LISTXATTRS4args: XDRCodable, Hashable, Sendable {
  /// 0 starts.
  public var cookie: UInt64
  /// Bytes that the whole `LISTXATTRS4resok` may have.
  public var maxcount: UInt32

  public init(cookie: UInt64, maxcount: UInt32) {
    self.cookie = cookie
    self.maxcount = maxcount
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookie = try decoder.uint64()
    maxcount = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookie)
    encoder.uint32(maxcount)
  }
}

///     struct LISTXATTRS4resok { nfs_cookie4 lxr_cookie; xattrkey4 lxr_names<>; bool lxr_eof; };
public struct LISTXATTRS4resok: XDRCodable, Hashable, Sendable {
  /// Names that are read.
  public static let countLimit = 32768

  public var cookie: UInt64
  public var names: [Xattrkey4]
  public var eof: Bool

  public init(cookie: UInt64, names: [Xattrkey4], eof: Bool) {
    self.cookie = cookie
    self.names = names
    self.eof = eof
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookie = try decoder.uint64()
    names = try decoder.array(limit: Self.countLimit) { d throws(XDRError) in
      try d.bytes(limit: NFS4.componentLimitBytes)
    }
    eof = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookie)
    encoder.array(names) { $1.opaque($0) }
    encoder.bool(eof)
  }
}

public import XDR

/// Reads entries of a directory, with attributes (RFC 8881 §18.23).
public enum READDIR: NfsOperation {
  public typealias Arguments = READDIR4args
  public typealias Resok = READDIR4resok
  public static let opnum = NfsOpnum4.OP_READDIR
}

///     struct READDIR4args {
///         nfs_cookie4 cookie; verifier4 cookieverf; count4 dircount; count4 maxcount;
///         bitmap4 attr_request;
///     };
public struct READDIR4args: XDRCodable, Hashable, Sendable {
  /// Of the last entry that is known; 0 starts.
  public var cookie: UInt64
  public var cookieverf: Verifier4
  /// Bytes of names and cookies, encoded, that are wanted: a hint.
  public var dircount: UInt32
  /// Bytes that the whole `READDIR4resok` may have.
  public var maxcount: UInt32
  public var attrRequest: Bitmap4

  public init(
    cookie: UInt64, cookieverf: Verifier4, dircount: UInt32, maxcount: UInt32, attrRequest: Bitmap4
  ) {
    self.cookie = cookie
    self.cookieverf = cookieverf
    self.dircount = dircount
    self.maxcount = maxcount
    self.attrRequest = attrRequest
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookie = try decoder.uint64()
    cookieverf = try decoder.uint64()
    dircount = try decoder.uint32()
    maxcount = try decoder.uint32()
    attrRequest = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookie)
    encoder.uint64(cookieverf)
    encoder.uint32(dircount)
    encoder.uint32(maxcount)
    attrRequest.encode(to: &encoder)
  }
}

/// One entry, without the link to the next.
///
///     struct entry4 { nfs_cookie4 cookie; component4 name; fattr4 attrs; entry4 *nextentry; };
public struct Entry4: XDRCodable, Hashable, Sendable {
  public var cookie: UInt64
  public var name: Component4
  public var attrs: Fattr4

  public init(cookie: UInt64, name: Component4, attrs: Fattr4) {
    self.cookie = cookie
    self.name = name
    self.attrs = attrs
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookie = try decoder.uint64()
    name = try decoder.bytes(limit: NFS4.componentLimitBytes)
    attrs = try Fattr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookie)
    encoder.opaque(name)
    attrs.encode(to: &encoder)
  }
}

/// A server writes it with `ReaddirWriter`.
///
///     struct dirlist4 { entry4 *entries; bool eof; };
///     struct READDIR4resok { verifier4 cookieverf; dirlist4 reply; };
public struct READDIR4resok: XDRCodable, Hashable, Sendable {
  /// Entries of one reply that are read.
  public static let entryLimit = 65536

  public var cookieverf: Verifier4
  public var entries: [Entry4]
  /// The directory has no more.
  public var eof: Bool

  public init(cookieverf: Verifier4, entries: [Entry4], eof: Bool) {
    self.cookieverf = cookieverf
    self.entries = entries
    self.eof = eof
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookieverf = try decoder.uint64()
    entries = []
    while try decoder.bool() {
      guard entries.count < Self.entryLimit else { throw .badValue("READDIR entry count") }
      entries.append(try Entry4(from: &decoder))
    }
    eof = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookieverf)
    for entry in entries {
      encoder.bool(true)
      entry.encode(to: &encoder)
    }
    encoder.bool(false)
    encoder.bool(eof)
  }
}

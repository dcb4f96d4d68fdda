public import XDR

/// All devices of a file system (RFC 8881 §18.41). Not to be used in minor version 2
/// (RFC 7862 §13).
public enum GETDEVICELIST: NfsOperation {
  public typealias Arguments = GETDEVICELIST4args
  public typealias Resok = GETDEVICELIST4resok
  public static let opnum = NfsOpnum4.OP_GETDEVICELIST
}

///     struct GETDEVICELIST4args {
///         layouttype4 gdla_layout_type; count4 gdla_maxdevices; nfs_cookie4 gdla_cookie;
///         verifier4 gdla_cookieverf;
///     };
public struct GETDEVICELIST4args: XDRCodable, Hashable, Sendable {
  public var layoutType: Layouttype4
  public var maxdevices: UInt32
  public var cookie: UInt64
  public var cookieverf: Verifier4

  public init(layoutType: Layouttype4, maxdevices: UInt32, cookie: UInt64, cookieverf: Verifier4) {
    self.layoutType = layoutType
    self.maxdevices = maxdevices
    self.cookie = cookie
    self.cookieverf = cookieverf
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    layoutType = try Layouttype4(from: &decoder)
    maxdevices = try decoder.uint32()
    cookie = try decoder.uint64()
    cookieverf = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    layoutType.encode(to: &encoder)
    encoder.uint32(maxdevices)
    encoder.uint64(cookie)
    encoder.uint64(cookieverf)
  }
}

///     struct GETDEVICELIST4resok {
///         nfs_cookie4 gdlr_cookie; verifier4 gdlr_cookieverf; deviceid4 gdlr_deviceid_list<>;
///         bool gdlr_eof;
///     };
public struct GETDEVICELIST4resok: XDRCodable, Hashable, Sendable {
  /// Device ids that are read.
  static let deviceLimit = 4096

  public var cookie: UInt64
  public var cookieverf: Verifier4
  public var deviceidList: [Deviceid4]
  public var eof: Bool

  public init(cookie: UInt64, cookieverf: Verifier4, deviceidList: [Deviceid4], eof: Bool) {
    self.cookie = cookie
    self.cookieverf = cookieverf
    self.deviceidList = deviceidList
    self.eof = eof
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookie = try decoder.uint64()
    cookieverf = try decoder.uint64()
    deviceidList = try decoder.array(limit: Self.deviceLimit, elementBytes: NFS4.DEVICEID4_SIZE) {
      d throws(XDRError) in try Deviceid4(from: &d)
    }
    eof = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookie)
    encoder.uint64(cookieverf)
    encoder.array(deviceidList) { $0.encode(to: &$1) }
    encoder.bool(eof)
  }
}

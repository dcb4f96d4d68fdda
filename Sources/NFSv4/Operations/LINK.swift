public import XDR

/// Makes a hard link (RFC 8881 §18.9).
public enum LINK: NfsOperation {
  public typealias Arguments = LINK4args
  public typealias Resok = LINK4resok
  public static let opnum = NfsOpnum4.OP_LINK
}

///     struct LINK4args { component4 newname; };
public struct LINK4args: XDRCodable, Hashable, Sendable {
  public var newname: Component4

  public init(newname: Component4) {
    self.newname = newname
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    newname = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(newname)
  }
}

///     struct LINK4resok { change_info4 cinfo; };
public struct LINK4resok: XDRCodable, Hashable, Sendable {
  public var cinfo: ChangeInfo4

  public init(cinfo: ChangeInfo4) {
    self.cinfo = cinfo
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cinfo = try ChangeInfo4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    cinfo.encode(to: &encoder)
  }
}

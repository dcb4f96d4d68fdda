public import XDR

/// Removes an entry of a directory (RFC 8881 §18.25).
public enum REMOVE: NfsOperation {
  public typealias Arguments = REMOVE4args
  public typealias Resok = REMOVE4resok
  public static let opnum = NfsOpnum4.OP_REMOVE
}

///     struct REMOVE4args { component4 target; };
public struct REMOVE4args: XDRCodable, Hashable, Sendable {
  public var target: Component4

  public init(target: Component4) {
    self.target = target
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    target = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(target)
  }
}

///     struct REMOVE4resok { change_info4 cinfo; };
public struct REMOVE4resok: XDRCodable, Hashable, Sendable {
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

public import XDR

/// Goes from a directory to an entry of it (RFC 8881 §18.13).
public enum LOOKUP: NfsOperation {
  public typealias Arguments = LOOKUP4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_LOOKUP
}

///     struct LOOKUP4args { component4 objname; };
public struct LOOKUP4args: XDRCodable, Hashable, Sendable {
  public var objname: Component4

  public init(objname: Component4) {
    self.objname = objname
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    objname = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(objname)
  }
}

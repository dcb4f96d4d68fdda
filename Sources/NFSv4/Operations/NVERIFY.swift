public import XDR

/// Goes on only if attributes differ (RFC 8881 §18.15).
public enum NVERIFY: NfsOperation {
  public typealias Arguments = NVERIFY4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_NVERIFY
}

///     struct NVERIFY4args { fattr4 obj_attributes; };
public struct NVERIFY4args: XDRCodable, Hashable, Sendable {
  public var objAttributes: Fattr4

  public init(objAttributes: Fattr4) {
    self.objAttributes = objAttributes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    objAttributes = try Fattr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    objAttributes.encode(to: &encoder)
  }
}

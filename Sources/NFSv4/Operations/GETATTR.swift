public import XDR

/// Reads attributes (RFC 8881 §18.7).
public enum GETATTR: NfsOperation {
  public typealias Arguments = GETATTR4args
  public typealias Resok = GETATTR4resok
  public static let opnum = NfsOpnum4.OP_GETATTR
}

///     struct GETATTR4args { bitmap4 attr_request; };
public struct GETATTR4args: XDRCodable, Hashable, Sendable {
  public var attrRequest: Bitmap4

  public init(attrRequest: Bitmap4) {
    self.attrRequest = attrRequest
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    attrRequest = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    attrRequest.encode(to: &encoder)
  }
}

/// A server writes it with `FileAttributes.encode(mask:to:)`.
///
///     struct GETATTR4resok { fattr4 obj_attributes; };
public struct GETATTR4resok: XDRCodable, Hashable, Sendable {
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

public import XDR

/// What the holder of a write delegation made of a file's attributes (RFC 8881 §20.1).
public enum CB_GETATTR: NfsCbOperation {
  public typealias Arguments = CB_GETATTR4args
  public typealias Resok = CB_GETATTR4resok
  public static let opnum = NfsCbOpnum4.OP_CB_GETATTR
}

///     struct CB_GETATTR4args { nfs_fh4 fh; bitmap4 attr_request; };
public struct CB_GETATTR4args: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var attrRequest: Bitmap4

  public init(fh: NfsFh4, attrRequest: Bitmap4) {
    self.fh = fh
    self.attrRequest = attrRequest
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    attrRequest = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    attrRequest.encode(to: &encoder)
  }
}

///     struct CB_GETATTR4resok { fattr4 obj_attributes; };
public struct CB_GETATTR4resok: XDRCodable, Hashable, Sendable {
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

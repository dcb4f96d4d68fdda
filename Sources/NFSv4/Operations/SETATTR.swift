public import XDR

/// Changes attributes; its result says with every status which were set (RFC 8881 §18.30).
public enum SETATTR: NfsOperation {
  public typealias Arguments = SETATTR4args
  public typealias Resok = SETATTR4resok
  public static let opnum = NfsOpnum4.OP_SETATTR

  /// Says that nothing was set: who knows better writes `encodeRefusal(attrsset:to:)` instead.
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {
    encodeRefusal(attrsset: Bitmap4(), to: &encoder)
  }

  /// Writes what follows a status other than NFS4_OK.
  /// - Parameter attrsset: what was set before something could not be.
  public static func encodeRefusal(attrsset: Bitmap4, to encoder: inout XDREncoder) {
    attrsset.encode(to: &encoder)
  }

  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    _ = try Bitmap4(from: &decoder)
  }
}

///     struct SETATTR4args { stateid4 stateid; fattr4 obj_attributes; };
public struct SETATTR4args: XDRCodable, Hashable, Sendable {
  /// Used where the size is changed.
  public var stateid: Stateid4
  public var objAttributes: Fattr4

  public init(stateid: Stateid4, objAttributes: Fattr4) {
    self.stateid = stateid
    self.objAttributes = objAttributes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    objAttributes = try Fattr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    objAttributes.encode(to: &encoder)
  }
}

/// What follows the status.
///
///     struct SETATTR4res { nfsstat4 status; bitmap4 attrsset; };
public struct SETATTR4resok: XDRCodable, Hashable, Sendable {
  public var attrsset: Bitmap4

  public init(attrsset: Bitmap4) {
    self.attrsset = attrsset
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    attrsset = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    attrsset.encode(to: &encoder)
  }
}

public import XDR

/// Moves an entry from the saved directory to the current one (RFC 8881 §18.26).
public enum RENAME: NfsOperation {
  public typealias Arguments = RENAME4args
  public typealias Resok = RENAME4resok
  public static let opnum = NfsOpnum4.OP_RENAME
}

///     struct RENAME4args { component4 oldname; component4 newname; };
public struct RENAME4args: XDRCodable, Hashable, Sendable {
  public var oldname: Component4
  public var newname: Component4

  public init(oldname: Component4, newname: Component4) {
    self.oldname = oldname
    self.newname = newname
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    oldname = try decoder.bytes(limit: NFS4.componentLimitBytes)
    newname = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(oldname)
    encoder.opaque(newname)
  }
}

///     struct RENAME4resok { change_info4 source_cinfo; change_info4 target_cinfo; };
public struct RENAME4resok: XDRCodable, Hashable, Sendable {
  public var sourceCinfo: ChangeInfo4
  public var targetCinfo: ChangeInfo4

  public init(sourceCinfo: ChangeInfo4, targetCinfo: ChangeInfo4) {
    self.sourceCinfo = sourceCinfo
    self.targetCinfo = targetCinfo
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sourceCinfo = try ChangeInfo4(from: &decoder)
    targetCinfo = try ChangeInfo4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    sourceCinfo.encode(to: &encoder)
    targetCinfo.encode(to: &encoder)
  }
}

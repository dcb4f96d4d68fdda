public import XDR

/// Takes rights from an open (RFC 8881 §18.18).
public enum OPEN_DOWNGRADE: NfsOperation {
  public typealias Arguments = OPEN_DOWNGRADE4args
  public typealias Resok = OPEN_DOWNGRADE4resok
  public static let opnum = NfsOpnum4.OP_OPEN_DOWNGRADE
}

///     struct OPEN_DOWNGRADE4args {
///         stateid4 open_stateid; seqid4 seqid; uint32_t share_access; uint32_t share_deny;
///     };
public struct OPEN_DOWNGRADE4args: XDRCodable, Hashable, Sendable {
  public var openStateid: Stateid4
  /// Of NFSv4.0; to be ignored.
  public var seqid: UInt32
  /// `OPEN4.SHARE_ACCESS_*`.
  public var shareAccess: UInt32
  /// `OPEN4.SHARE_DENY_*`.
  public var shareDeny: UInt32

  public init(openStateid: Stateid4, seqid: UInt32, shareAccess: UInt32, shareDeny: UInt32) {
    self.openStateid = openStateid
    self.seqid = seqid
    self.shareAccess = shareAccess
    self.shareDeny = shareDeny
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    openStateid = try Stateid4(from: &decoder)
    seqid = try decoder.uint32()
    shareAccess = try decoder.uint32()
    shareDeny = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    openStateid.encode(to: &encoder)
    encoder.uint32(seqid)
    encoder.uint32(shareAccess)
    encoder.uint32(shareDeny)
  }
}

///     struct OPEN_DOWNGRADE4resok { stateid4 open_stateid; };
public struct OPEN_DOWNGRADE4resok: XDRCodable, Hashable, Sendable {
  public var openStateid: Stateid4

  public init(openStateid: Stateid4) {
    self.openStateid = openStateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    openStateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    openStateid.encode(to: &encoder)
  }
}

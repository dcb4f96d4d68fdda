public import XDR

/// Opens or creates a regular file (RFC 8881 §18.16).
public enum OPEN: NfsOperation {
  public typealias Arguments = OPEN4args
  public typealias Resok = OPEN4resok
  public static let opnum = NfsOpnum4.OP_OPEN
}

///     struct OPEN4args {
///         seqid4 seqid; uint32_t share_access; uint32_t share_deny; open_owner4 owner;
///         openflag4 openhow; open_claim4 claim;
///     };
public struct OPEN4args: XDRCodable, Hashable, Sendable {
  /// Of NFSv4.0; to be ignored.
  public var seqid: UInt32
  /// `OPEN4.SHARE_ACCESS_*`, with what delegation is wanted.
  public var shareAccess: UInt32
  /// `OPEN4.SHARE_DENY_*`.
  public var shareDeny: UInt32
  /// The client id is to be ignored.
  public var owner: StateOwner4
  public var openhow: Openflag4
  public var claim: OpenClaim4

  public init(
    seqid: UInt32, shareAccess: UInt32, shareDeny: UInt32, owner: StateOwner4, openhow: Openflag4,
    claim: OpenClaim4
  ) {
    self.seqid = seqid
    self.shareAccess = shareAccess
    self.shareDeny = shareDeny
    self.owner = owner
    self.openhow = openhow
    self.claim = claim
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    seqid = try decoder.uint32()
    shareAccess = try decoder.uint32()
    shareDeny = try decoder.uint32()
    owner = try StateOwner4(from: &decoder)
    openhow = try Openflag4(from: &decoder)
    claim = try OpenClaim4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(seqid)
    encoder.uint32(shareAccess)
    encoder.uint32(shareDeny)
    owner.encode(to: &encoder)
    openhow.encode(to: &encoder)
    claim.encode(to: &encoder)
  }
}

///     struct OPEN4resok {
///         stateid4 stateid; change_info4 cinfo; uint32_t rflags; bitmap4 attrset;
///         open_delegation4 delegation;
///     };
public struct OPEN4resok: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  /// Of the directory.
  public var cinfo: ChangeInfo4
  /// `OPEN4.RESULT_*`.
  public var rflags: UInt32
  /// What was set of the attributes in the request.
  public var attrset: Bitmap4
  public var delegation: OpenDelegation4

  public init(
    stateid: Stateid4, cinfo: ChangeInfo4, rflags: UInt32, attrset: Bitmap4,
    delegation: OpenDelegation4
  ) {
    self.stateid = stateid
    self.cinfo = cinfo
    self.rflags = rflags
    self.attrset = attrset
    self.delegation = delegation
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    cinfo = try ChangeInfo4(from: &decoder)
    rflags = try decoder.uint32()
    attrset = try Bitmap4(from: &decoder)
    delegation = try OpenDelegation4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    cinfo.encode(to: &encoder)
    encoder.uint32(rflags)
    attrset.encode(to: &encoder)
    delegation.encode(to: &encoder)
  }
}

/// `OPEN4_*`: share reservations, wanted delegations and result flags (RFC 8881 §18.16.1).
public enum OPEN4 {
  public static let SHARE_ACCESS_READ: UInt32 = 0x1
  public static let SHARE_ACCESS_WRITE: UInt32 = 0x2
  public static let SHARE_ACCESS_BOTH: UInt32 = 0x3
  public static let SHARE_DENY_NONE: UInt32 = 0x0
  public static let SHARE_DENY_READ: UInt32 = 0x1
  public static let SHARE_DENY_WRITE: UInt32 = 0x2
  public static let SHARE_DENY_BOTH: UInt32 = 0x3
  /// The bits of `share_access` with one of the values that follow.
  public static let SHARE_ACCESS_WANT_DELEG_MASK: UInt32 = 0xFF00
  public static let SHARE_ACCESS_WANT_NO_PREFERENCE: UInt32 = 0x0000
  public static let SHARE_ACCESS_WANT_READ_DELEG: UInt32 = 0x0100
  public static let SHARE_ACCESS_WANT_WRITE_DELEG: UInt32 = 0x0200
  public static let SHARE_ACCESS_WANT_ANY_DELEG: UInt32 = 0x0300
  public static let SHARE_ACCESS_WANT_NO_DELEG: UInt32 = 0x0400
  public static let SHARE_ACCESS_WANT_CANCEL: UInt32 = 0x0500
  public static let SHARE_ACCESS_WANT_SIGNAL_DELEG_WHEN_RESRC_AVAIL: UInt32 = 0x1_0000
  public static let SHARE_ACCESS_WANT_PUSH_DELEG_WHEN_UNCONTENDED: UInt32 = 0x2_0000
  /// Of NFSv4.0.
  public static let RESULT_CONFIRM: UInt32 = 0x2
  public static let RESULT_LOCKTYPE_POSIX: UInt32 = 0x4
  /// A file that is removed while open stays until it is closed.
  public static let RESULT_PRESERVE_UNLINKED: UInt32 = 0x8
  public static let RESULT_MAY_NOTIFY_LOCK: UInt32 = 0x20
}

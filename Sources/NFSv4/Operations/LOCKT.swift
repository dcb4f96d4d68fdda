public import XDR

/// Asks whether a range could be locked (RFC 8881 §18.11).
public enum LOCKT: NfsOperation {
  public typealias Arguments = LOCKT4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_LOCKT

  /// The denied arm without a holder: who can name it writes `encodeDenied` instead.
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {
    if status == .NFS4ERR_DENIED { LOCK4denied.unknown.encode(to: &encoder) }
  }

  /// Writes what follows NFS4ERR_DENIED.
  public static func encodeDenied(_ denied: LOCK4denied, to encoder: inout XDREncoder) {
    denied.encode(to: &encoder)
  }

  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    if status == .NFS4ERR_DENIED { _ = try LOCK4denied(from: &decoder) }
  }
}

///     struct LOCKT4args {
///         nfs_lock_type4 locktype; offset4 offset; length4 length; lock_owner4 owner;
///     };
public struct LOCKT4args: XDRCodable, Hashable, Sendable {
  public var locktype: NfsLockType4
  public var offset: UInt64
  /// Bytes; all ones reaches to the end of the file, wherever that is.
  public var length: UInt64
  public var owner: StateOwner4

  public init(locktype: NfsLockType4, offset: UInt64, length: UInt64, owner: StateOwner4) {
    self.locktype = locktype
    self.offset = offset
    self.length = length
    self.owner = owner
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    locktype = try NfsLockType4(from: &decoder)
    offset = try decoder.uint64()
    length = try decoder.uint64()
    owner = try StateOwner4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    locktype.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint64(length)
    owner.encode(to: &encoder)
  }
}

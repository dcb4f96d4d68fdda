public import XDR

/// Unlocks a range of bytes (RFC 8881 §18.12).
public enum LOCKU: NfsOperation {
  public typealias Arguments = LOCKU4args
  public typealias Resok = LOCKU4resok
  public static let opnum = NfsOpnum4.OP_LOCKU
}

///     struct LOCKU4args {
///         nfs_lock_type4 locktype; seqid4 seqid; stateid4 lock_stateid; offset4 offset;
///         length4 length;
///     };
public struct LOCKU4args: XDRCodable, Hashable, Sendable {
  public var locktype: NfsLockType4
  /// Of NFSv4.0; to be ignored.
  public var seqid: UInt32
  public var lockStateid: Stateid4
  public var offset: UInt64
  /// Bytes; all ones reaches to the end of the file, wherever that is.
  public var length: UInt64

  public init(
    locktype: NfsLockType4, seqid: UInt32, lockStateid: Stateid4, offset: UInt64, length: UInt64
  ) {
    self.locktype = locktype
    self.seqid = seqid
    self.lockStateid = lockStateid
    self.offset = offset
    self.length = length
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    locktype = try NfsLockType4(from: &decoder)
    seqid = try decoder.uint32()
    lockStateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    length = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    locktype.encode(to: &encoder)
    encoder.uint32(seqid)
    lockStateid.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint64(length)
  }
}

///     union LOCKU4res switch (nfsstat4 status) {
///         case NFS4_OK: stateid4 lock_stateid;
///         default:      void;
///     };
public struct LOCKU4resok: XDRCodable, Hashable, Sendable {
  public var lockStateid: Stateid4

  public init(lockStateid: Stateid4) {
    self.lockStateid = lockStateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    lockStateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    lockStateid.encode(to: &encoder)
  }
}

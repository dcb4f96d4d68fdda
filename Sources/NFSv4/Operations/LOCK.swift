public import XDR

/// Locks a range of bytes (RFC 8881 §18.10).
public enum LOCK: NfsOperation {
  public typealias Arguments = LOCK4args
  public typealias Resok = LOCK4resok
  public static let opnum = NfsOpnum4.OP_LOCK

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

///     struct LOCK4args {
///         nfs_lock_type4 locktype; bool reclaim; offset4 offset; length4 length; locker4 locker;
///     };
public struct LOCK4args: XDRCodable, Hashable, Sendable {
  public var locktype: NfsLockType4
  public var reclaim: Bool
  public var offset: UInt64
  /// Bytes; all ones reaches to the end of the file, wherever that is.
  public var length: UInt64
  public var locker: Locker4

  public init(
    locktype: NfsLockType4, reclaim: Bool, offset: UInt64, length: UInt64, locker: Locker4
  ) {
    self.locktype = locktype
    self.reclaim = reclaim
    self.offset = offset
    self.length = length
    self.locker = locker
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    locktype = try NfsLockType4(from: &decoder)
    reclaim = try decoder.bool()
    offset = try decoder.uint64()
    length = try decoder.uint64()
    locker = try Locker4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    locktype.encode(to: &encoder)
    encoder.bool(reclaim)
    encoder.uint64(offset)
    encoder.uint64(length)
    locker.encode(to: &encoder)
  }
}

///     struct LOCK4resok { stateid4 lock_stateid; };
public struct LOCK4resok: XDRCodable, Hashable, Sendable {
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

/// A first lock of this owner under an open.
///
///     struct open_to_lock_owner4 {
///         seqid4 open_seqid; stateid4 open_stateid; seqid4 lock_seqid; lock_owner4 lock_owner;
///     };
public struct OpenToLockOwner4: XDRCodable, Hashable, Sendable {
  /// Of NFSv4.0; to be ignored.
  public var openSeqid: UInt32
  public var openStateid: Stateid4
  /// Of NFSv4.0; to be ignored.
  public var lockSeqid: UInt32
  public var lockOwner: StateOwner4

  public init(openSeqid: UInt32, openStateid: Stateid4, lockSeqid: UInt32, lockOwner: StateOwner4) {
    self.openSeqid = openSeqid
    self.openStateid = openStateid
    self.lockSeqid = lockSeqid
    self.lockOwner = lockOwner
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    openSeqid = try decoder.uint32()
    openStateid = try Stateid4(from: &decoder)
    lockSeqid = try decoder.uint32()
    lockOwner = try StateOwner4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(openSeqid)
    openStateid.encode(to: &encoder)
    encoder.uint32(lockSeqid)
    lockOwner.encode(to: &encoder)
  }
}

/// A further lock of an owner.
///
///     struct exist_lock_owner4 { stateid4 lock_stateid; seqid4 lock_seqid; };
public struct ExistLockOwner4: XDRCodable, Hashable, Sendable {
  public var lockStateid: Stateid4
  /// Of NFSv4.0; to be ignored.
  public var lockSeqid: UInt32

  public init(lockStateid: Stateid4, lockSeqid: UInt32) {
    self.lockStateid = lockStateid
    self.lockSeqid = lockSeqid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    lockStateid = try Stateid4(from: &decoder)
    lockSeqid = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    lockStateid.encode(to: &encoder)
    encoder.uint32(lockSeqid)
  }
}

/// For whom a lock is.
///
///     union locker4 switch (bool new_lock_owner) {
///         case TRUE:  open_to_lock_owner4 open_owner;
///         case FALSE: exist_lock_owner4 lock_owner;
///     };
public enum Locker4: XDRCodable, Hashable, Sendable {
  case openOwner(OpenToLockOwner4)
  case lockOwner(ExistLockOwner4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    if try decoder.bool() {
      self = .openOwner(try OpenToLockOwner4(from: &decoder))
    } else {
      self = .lockOwner(try ExistLockOwner4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .openOwner(let value):
      encoder.bool(true)
      value.encode(to: &encoder)
    case .lockOwner(let value):
      encoder.bool(false)
      value.encode(to: &encoder)
    }
  }
}

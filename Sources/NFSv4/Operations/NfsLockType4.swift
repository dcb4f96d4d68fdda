public import XDR

/// A kind of lock; the last two would wait for it.
///
///     enum nfs_lock_type4 { READ_LT = 1, WRITE_LT = 2, READW_LT = 3, WRITEW_LT = 4 };
public enum NfsLockType4: UInt32, XDRCodable, Sendable {
  case READ_LT = 1
  case WRITE_LT = 2
  case READW_LT = 3
  case WRITEW_LT = 4

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "nfs_lock_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// A lock that stands in the way.
///
///     struct LOCK4denied {
///         offset4 offset; length4 length; nfs_lock_type4 locktype; lock_owner4 owner;
///     };
public struct LOCK4denied: XDRCodable, Hashable, Sendable {
  /// A lock on the whole file by nobody in particular.
  public static let unknown = LOCK4denied(
    offset: 0, length: NFS4.UINT64_MAX, locktype: .WRITE_LT,
    owner: StateOwner4(clientid: 0, owner: []))

  public var offset: UInt64
  /// Bytes; all ones reaches to the end of the file.
  public var length: UInt64
  public var locktype: NfsLockType4
  public var owner: StateOwner4

  public init(offset: UInt64, length: UInt64, locktype: NfsLockType4, owner: StateOwner4) {
    self.offset = offset
    self.length = length
    self.locktype = locktype
    self.owner = owner
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
    locktype = try NfsLockType4(from: &decoder)
    owner = try StateOwner4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
    locktype.encode(to: &encoder)
    owner.encode(to: &encoder)
  }
}

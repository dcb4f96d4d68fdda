public import XDR

/// One entry of an access control list (RFC 8881 §6.2.1).
///
///     struct nfsace4 {
///         acetype4 type; aceflag4 flag; acemask4 access_mask; utf8str_mixed who;
///     };
public struct Nfsace4: XDRCodable, Hashable, Sendable {
  /// Entries of one list that are decoded.
  public static let countLimit = 1024

  /// `ACE4.ACCESS_ALLOWED_ACE_TYPE` and so on.
  public var type: UInt32
  public var flag: UInt32
  public var accessMask: UInt32
  /// A user or group, or a special name such as `OWNER@`.
  public var who: [UInt8]

  public init(type: UInt32, flag: UInt32, accessMask: UInt32, who: [UInt8]) {
    self.type = type
    self.flag = flag
    self.accessMask = accessMask
    self.who = who
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    type = try decoder.uint32()
    flag = try decoder.uint32()
    accessMask = try decoder.uint32()
    who = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(type)
    encoder.uint32(flag)
    encoder.uint32(accessMask)
    encoder.opaque(who)
  }
}

/// `ACE4_*` and `ACL4_SUPPORT_*`: the values of an entry's words (RFC 8881 §6.2.1).
public enum ACE4 {
  public static let ACCESS_ALLOWED_ACE_TYPE: UInt32 = 0x0
  public static let ACCESS_DENIED_ACE_TYPE: UInt32 = 0x1
  public static let SYSTEM_AUDIT_ACE_TYPE: UInt32 = 0x2
  public static let SYSTEM_ALARM_ACE_TYPE: UInt32 = 0x3
  public static let FILE_INHERIT_ACE: UInt32 = 0x1
  public static let DIRECTORY_INHERIT_ACE: UInt32 = 0x2
  public static let NO_PROPAGATE_INHERIT_ACE: UInt32 = 0x4
  public static let INHERIT_ONLY_ACE: UInt32 = 0x8
  public static let IDENTIFIER_GROUP: UInt32 = 0x40
  public static let INHERITED_ACE: UInt32 = 0x80
  public static let READ_DATA: UInt32 = 0x1
  public static let WRITE_DATA: UInt32 = 0x2
  public static let APPEND_DATA: UInt32 = 0x4
  public static let READ_NAMED_ATTRS: UInt32 = 0x8
  public static let WRITE_NAMED_ATTRS: UInt32 = 0x10
  public static let EXECUTE: UInt32 = 0x20
  public static let DELETE_CHILD: UInt32 = 0x40
  public static let READ_ATTRIBUTES: UInt32 = 0x80
  public static let WRITE_ATTRIBUTES: UInt32 = 0x100
  public static let DELETE: UInt32 = 0x1_0000
  public static let READ_ACL: UInt32 = 0x2_0000
  public static let WRITE_ACL: UInt32 = 0x4_0000
  public static let WRITE_OWNER: UInt32 = 0x8_0000
  public static let SYNCHRONIZE: UInt32 = 0x10_0000
  public static let GENERIC_READ: UInt32 = 0x12_0081
  public static let GENERIC_WRITE: UInt32 = 0x16_0106
  public static let GENERIC_EXECUTE: UInt32 = 0x12_00A0
  public static let SUPPORT_ALLOW_ACL: UInt32 = 0x1
  public static let SUPPORT_DENY_ACL: UInt32 = 0x2
}

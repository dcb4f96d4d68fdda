/// Sizes that the protocol fixes, and those this implementation accepts where it leaves them open.
public enum NFS4 {
  /// RFC 8881 §3.1.
  public static let FHSIZE = 128
  public static let VERIFIER_SIZE = 8
  public static let OPAQUE_LIMIT = 1024
  public static let SESSIONID_SIZE = 16
  public static let OTHER_SIZE = 12
  public static let DEVICEID4_SIZE = 16
  public static let UINT64_MAX = UInt64.max

  /// The program's number and version, and the procedures (RFC 8881 §16, §17).
  public static let program: UInt32 = 100_003
  public static let version: UInt32 = 4
  public static let PROC_NULL: UInt32 = 0
  public static let PROC_COMPOUND: UInt32 = 1
  public static let CB_NULL: UInt32 = 0
  public static let CB_COMPOUND: UInt32 = 1
  public static let cbVersion: UInt32 = 1

  /// Bytes of a file name: no file system served has longer ones.
  public static let nameLimitBytes = 255
  /// Bytes of a symbolic link's text (PATH_MAX).
  public static let linktextLimitBytes = 4096
  /// Bytes of a COMPOUND's tag.
  public static let tagLimitBytes = 1024
  /// Operations in one COMPOUND before the session's own limit is known.
  public static let compoundOperationLimit = 1024
  /// Bytes of an encoded attribute list or one attribute of variable length.
  public static let attrlistLimitBytes = 64 * 1024
  /// Words of a bitmap that are read; bits beyond the third are attributes nobody defined.
  public static let bitmapWordLimit = 8
  /// Bytes of one READ or WRITE payload.
  public static let payloadLimitBytes = 4 * 1024 * 1024
}

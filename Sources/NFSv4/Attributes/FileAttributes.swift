/// An object's attributes, each of them known or not (RFC 8881 §5.6, §5.7, §5.8, RFC 7862 §12.2,
/// RFC 8275, RFC 8276).
///
/// Those that no POSIX file system has are left out: a mask may ask for them, and nothing is sent.
public struct FileAttributes: Hashable, Sendable {
  /// Layout types of one attribute that are decoded.
  public static let layoutTypeLimit = 64

  public var supportedAttrs: Bitmap4?
  public var type: NfsFtype4?
  /// `FH4.PERSISTENT` and so on.
  public var fhExpireType: UInt32?
  public var change: Changeid4?
  /// Bytes.
  public var size: UInt64?
  public var linkSupport: Bool?
  public var symlinkSupport: Bool?
  public var namedAttr: Bool?
  public var fsid: Fsid4?
  public var uniqueHandles: Bool?
  /// Seconds.
  public var leaseTime: UInt32?
  /// Why READDIR could not get an entry's attributes.
  public var rdattrError: Nfsstat4?
  public var acl: [Nfsace4]?
  /// `ACE4.SUPPORT_ALLOW_ACL` and so on.
  public var aclsupport: UInt32?
  public var cansettime: Bool?
  public var caseInsensitive: Bool?
  public var casePreserving: Bool?
  public var chownRestricted: Bool?
  public var filehandle: NfsFh4?
  public var fileid: UInt64?
  public var filesAvail: UInt64?
  public var filesFree: UInt64?
  public var filesTotal: UInt64?
  public var homogeneous: Bool?
  /// Bytes.
  public var maxfilesize: UInt64?
  public var maxlink: UInt32?
  /// Bytes.
  public var maxname: UInt32?
  /// Bytes.
  public var maxread: UInt64?
  /// Bytes.
  public var maxwrite: UInt64?
  /// The lower 12 bits of `st_mode`.
  public var mode: UInt32?
  public var noTrunc: Bool?
  public var numlinks: UInt32?
  public var owner: OwnerName?
  public var ownerGroup: OwnerName?
  /// Bytes.
  public var quotaAvailHard: UInt64?
  /// Bytes.
  public var quotaAvailSoft: UInt64?
  /// Bytes.
  public var quotaUsed: UInt64?
  public var rawdev: Specdata4?
  /// Bytes.
  public var spaceAvail: UInt64?
  /// Bytes.
  public var spaceFree: UInt64?
  /// Bytes.
  public var spaceTotal: UInt64?
  /// Bytes.
  public var spaceUsed: UInt64?
  public var timeAccess: Nfstime4?
  /// Write-only.
  public var timeAccessSet: Settime4?
  public var timeCreate: Nfstime4?
  /// The granularity of times.
  public var timeDelta: Nfstime4?
  public var timeMetadata: Nfstime4?
  public var timeModify: Nfstime4?
  /// Write-only.
  public var timeModifySet: Settime4?
  public var mountedOnFileid: UInt64?
  /// Raw values of `Layouttype4`.
  public var fsLayoutTypes: [UInt32]?
  /// Raw values of `Layouttype4`.
  public var layoutTypes: [UInt32]?
  /// Bytes.
  public var layoutBlksize: UInt32?
  /// Bytes.
  public var layoutAlignment: UInt32?
  public var mdsthreshold: [ThresholdItem4]?
  /// Write-only.
  public var modeSetMasked: ModeMasked4?
  /// What EXCLUSIVE4_1 may set.
  public var suppattrExclcreat: Bitmap4?
  public var fsCharsetCap: UInt32?
  /// Bytes.
  public var cloneBlksize: UInt32?
  /// Bytes.
  public var spaceFreed: UInt64?
  public var changeAttrType: ChangeAttrType4?
  /// Write-only.
  public var modeUmask: ModeUmask4?
  public var xattrSupport: Bool?

  public init() {}
}

extension FileAttributes {
  /// All that this type has a field for.
  public static let known = Bitmap4(attributes: [
    FATTR4.SUPPORTED_ATTRS, FATTR4.TYPE, FATTR4.FH_EXPIRE_TYPE, FATTR4.CHANGE, FATTR4.SIZE,
    FATTR4.LINK_SUPPORT, FATTR4.SYMLINK_SUPPORT, FATTR4.NAMED_ATTR, FATTR4.FSID,
    FATTR4.UNIQUE_HANDLES, FATTR4.LEASE_TIME, FATTR4.RDATTR_ERROR, FATTR4.ACL, FATTR4.ACLSUPPORT,
    FATTR4.CANSETTIME, FATTR4.CASE_INSENSITIVE, FATTR4.CASE_PRESERVING, FATTR4.CHOWN_RESTRICTED,
    FATTR4.FILEHANDLE, FATTR4.FILEID, FATTR4.FILES_AVAIL, FATTR4.FILES_FREE, FATTR4.FILES_TOTAL,
    FATTR4.HOMOGENEOUS, FATTR4.MAXFILESIZE, FATTR4.MAXLINK, FATTR4.MAXNAME, FATTR4.MAXREAD,
    FATTR4.MAXWRITE, FATTR4.MODE, FATTR4.NO_TRUNC, FATTR4.NUMLINKS, FATTR4.OWNER,
    FATTR4.OWNER_GROUP, FATTR4.QUOTA_AVAIL_HARD, FATTR4.QUOTA_AVAIL_SOFT, FATTR4.QUOTA_USED,
    FATTR4.RAWDEV, FATTR4.SPACE_AVAIL, FATTR4.SPACE_FREE, FATTR4.SPACE_TOTAL, FATTR4.SPACE_USED,
    FATTR4.TIME_ACCESS, FATTR4.TIME_ACCESS_SET, FATTR4.TIME_CREATE, FATTR4.TIME_DELTA,
    FATTR4.TIME_METADATA, FATTR4.TIME_MODIFY, FATTR4.TIME_MODIFY_SET, FATTR4.MOUNTED_ON_FILEID,
    FATTR4.FS_LAYOUT_TYPES, FATTR4.LAYOUT_TYPES, FATTR4.LAYOUT_BLKSIZE, FATTR4.LAYOUT_ALIGNMENT,
    FATTR4.MDSTHRESHOLD, FATTR4.MODE_SET_MASKED, FATTR4.SUPPATTR_EXCLCREAT, FATTR4.FS_CHARSET_CAP,
    FATTR4.CLONE_BLKSIZE, FATTR4.SPACE_FREED, FATTR4.CHANGE_ATTR_TYPE, FATTR4.MODE_UMASK,
    FATTR4.XATTR_SUPPORT,
  ])

  /// Those that can only be set: a request to read one is NFS4ERR_INVAL (RFC 8881 §5.5).
  public static let writeOnly = Bitmap4(attributes: [
    FATTR4.TIME_ACCESS_SET, FATTR4.TIME_MODIFY_SET, FATTR4.LAYOUT_HINT, FATTR4.RETENTION_SET,
    FATTR4.RETENTEVT_SET, FATTR4.MODE_SET_MASKED, FATTR4.MODE_UMASK,
  ])

  /// Those that SETATTR, OPEN and CREATE may set (RFC 8881 §5.5).
  public static let writable = Bitmap4(attributes: [
    FATTR4.SIZE, FATTR4.ACL, FATTR4.ARCHIVE, FATTR4.HIDDEN, FATTR4.MIMETYPE, FATTR4.MODE,
    FATTR4.OWNER, FATTR4.OWNER_GROUP, FATTR4.SYSTEM, FATTR4.TIME_ACCESS_SET, FATTR4.TIME_BACKUP,
    FATTR4.TIME_CREATE, FATTR4.TIME_MODIFY_SET, FATTR4.DIR_NOTIF_DELAY, FATTR4.DIRENT_NOTIF_DELAY,
    FATTR4.DACL, FATTR4.SACL, FATTR4.LAYOUT_HINT, FATTR4.RETENTION_SET, FATTR4.RETENTEVT_SET,
    FATTR4.RETENTION_HOLD, FATTR4.MODE_SET_MASKED, FATTR4.SEC_LABEL, FATTR4.MODE_UMASK,
  ])

  /// Those that every server has (RFC 8881 §5.6).
  public static let required = Bitmap4(attributes: [
    FATTR4.SUPPORTED_ATTRS, FATTR4.TYPE, FATTR4.FH_EXPIRE_TYPE, FATTR4.CHANGE, FATTR4.SIZE,
    FATTR4.LINK_SUPPORT, FATTR4.SYMLINK_SUPPORT, FATTR4.NAMED_ATTR, FATTR4.FSID,
    FATTR4.UNIQUE_HANDLES, FATTR4.LEASE_TIME, FATTR4.RDATTR_ERROR, FATTR4.FILEHANDLE,
    FATTR4.SUPPATTR_EXCLCREAT,
  ])
}

extension Bitmap4 {
  /// - Parameter attributes: `FATTR4` numbers.
  public init(attributes: [Int]) {
    self.init()
    for number in attributes { insert(bit: number) }
  }
}

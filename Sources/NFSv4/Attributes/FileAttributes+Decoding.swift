public import XDR

extension FileAttributes {
  /// Reads the values that `fattr` says it has.
  /// - Throws: `badValue` for an attribute without a field here, of which nobody can tell how long
  ///   it is, and `trailingBytes` where more than the attributes is there. Who has to tell apart
  ///   an attribute that is not supported (NFS4ERR_ATTRNOTSUPP) looks at the mask first.
  public init(decoding fattr: Fattr4) throws(XDRError) {
    guard fattr.attrmask.isSubset(of: Self.known) else { throw .badValue("attribute number") }
    self.init()
    var decoder = XDRDecoder(fattr.attrVals)
    try decodeWord0(fattr.attrmask.word0, from: &decoder)
    try decodeWord1(fattr.attrmask.word1, from: &decoder)
    try decodeWord2(fattr.attrmask.word2, from: &decoder)
    try decoder.finish()
  }

  private mutating func decodeWord0(
    _ mask: UInt32, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    var bits = mask
    while bits != 0 {
      let number = bits.trailingZeroBitCount
      bits &= bits - 1
      switch number {
      case FATTR4.SUPPORTED_ATTRS: supportedAttrs = try Bitmap4(from: &decoder)
      case FATTR4.TYPE: type = try NfsFtype4(from: &decoder)
      case FATTR4.FH_EXPIRE_TYPE: fhExpireType = try decoder.uint32()
      case FATTR4.CHANGE: change = try decoder.uint64()
      case FATTR4.SIZE: size = try decoder.uint64()
      case FATTR4.LINK_SUPPORT: linkSupport = try decoder.bool()
      case FATTR4.SYMLINK_SUPPORT: symlinkSupport = try decoder.bool()
      case FATTR4.NAMED_ATTR: namedAttr = try decoder.bool()
      case FATTR4.FSID: fsid = try Fsid4(from: &decoder)
      case FATTR4.UNIQUE_HANDLES: uniqueHandles = try decoder.bool()
      case FATTR4.LEASE_TIME: leaseTime = try decoder.uint32()
      case FATTR4.RDATTR_ERROR: rdattrError = try Nfsstat4(from: &decoder)
      case FATTR4.ACL:
        acl = try decoder.array(limit: Nfsace4.countLimit, elementBytes: 16) { d throws(XDRError) in
          try Nfsace4(from: &d)
        }
      case FATTR4.ACLSUPPORT: aclsupport = try decoder.uint32()
      case FATTR4.CANSETTIME: cansettime = try decoder.bool()
      case FATTR4.CASE_INSENSITIVE: caseInsensitive = try decoder.bool()
      case FATTR4.CASE_PRESERVING: casePreserving = try decoder.bool()
      case FATTR4.CHOWN_RESTRICTED: chownRestricted = try decoder.bool()
      case FATTR4.FILEHANDLE: filehandle = try NfsFh4(from: &decoder)
      case FATTR4.FILEID: fileid = try decoder.uint64()
      case FATTR4.FILES_AVAIL: filesAvail = try decoder.uint64()
      case FATTR4.FILES_FREE: filesFree = try decoder.uint64()
      case FATTR4.FILES_TOTAL: filesTotal = try decoder.uint64()
      case FATTR4.HOMOGENEOUS: homogeneous = try decoder.bool()
      case FATTR4.MAXFILESIZE: maxfilesize = try decoder.uint64()
      case FATTR4.MAXLINK: maxlink = try decoder.uint32()
      case FATTR4.MAXNAME: maxname = try decoder.uint32()
      case FATTR4.MAXREAD: maxread = try decoder.uint64()
      case FATTR4.MAXWRITE: maxwrite = try decoder.uint64()
      default: throw .badValue("attribute number")
      }
    }
  }

  private mutating func decodeWord1(
    _ mask: UInt32, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    var bits = mask
    while bits != 0 {
      let number = 32 + bits.trailingZeroBitCount
      bits &= bits - 1
      switch number {
      case FATTR4.MODE: mode = try decoder.uint32()
      case FATTR4.NO_TRUNC: noTrunc = try decoder.bool()
      case FATTR4.NUMLINKS: numlinks = try decoder.uint32()
      case FATTR4.OWNER: owner = try OwnerName(from: &decoder)
      case FATTR4.OWNER_GROUP: ownerGroup = try OwnerName(from: &decoder)
      case FATTR4.QUOTA_AVAIL_HARD: quotaAvailHard = try decoder.uint64()
      case FATTR4.QUOTA_AVAIL_SOFT: quotaAvailSoft = try decoder.uint64()
      case FATTR4.QUOTA_USED: quotaUsed = try decoder.uint64()
      case FATTR4.RAWDEV: rawdev = try Specdata4(from: &decoder)
      case FATTR4.SPACE_AVAIL: spaceAvail = try decoder.uint64()
      case FATTR4.SPACE_FREE: spaceFree = try decoder.uint64()
      case FATTR4.SPACE_TOTAL: spaceTotal = try decoder.uint64()
      case FATTR4.SPACE_USED: spaceUsed = try decoder.uint64()
      case FATTR4.TIME_ACCESS: timeAccess = try Nfstime4(from: &decoder)
      case FATTR4.TIME_ACCESS_SET: timeAccessSet = try Settime4(from: &decoder)
      case FATTR4.TIME_CREATE: timeCreate = try Nfstime4(from: &decoder)
      case FATTR4.TIME_DELTA: timeDelta = try Nfstime4(from: &decoder)
      case FATTR4.TIME_METADATA: timeMetadata = try Nfstime4(from: &decoder)
      case FATTR4.TIME_MODIFY: timeModify = try Nfstime4(from: &decoder)
      case FATTR4.TIME_MODIFY_SET: timeModifySet = try Settime4(from: &decoder)
      case FATTR4.MOUNTED_ON_FILEID: mountedOnFileid = try decoder.uint64()
      case FATTR4.FS_LAYOUT_TYPES:
        fsLayoutTypes = try decoder.array(limit: FileAttributes.layoutTypeLimit) {
          d throws(XDRError) in try d.uint32()
        }
      default: throw .badValue("attribute number")
      }
    }
  }

  private mutating func decodeWord2(
    _ mask: UInt32, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    var bits = mask
    while bits != 0 {
      let number = 64 + bits.trailingZeroBitCount
      bits &= bits - 1
      switch number {
      case FATTR4.LAYOUT_TYPES:
        layoutTypes = try decoder.array(limit: FileAttributes.layoutTypeLimit) {
          d throws(XDRError) in try d.uint32()
        }
      case FATTR4.LAYOUT_BLKSIZE: layoutBlksize = try decoder.uint32()
      case FATTR4.LAYOUT_ALIGNMENT: layoutAlignment = try decoder.uint32()
      case FATTR4.MDSTHRESHOLD:
        mdsthreshold = try decoder.array(limit: FileAttributes.layoutTypeLimit, elementBytes: 12) {
          d throws(XDRError) in try ThresholdItem4(from: &d)
        }
      case FATTR4.MODE_SET_MASKED: modeSetMasked = try ModeMasked4(from: &decoder)
      case FATTR4.SUPPATTR_EXCLCREAT: suppattrExclcreat = try Bitmap4(from: &decoder)
      case FATTR4.FS_CHARSET_CAP: fsCharsetCap = try decoder.uint32()
      case FATTR4.CLONE_BLKSIZE: cloneBlksize = try decoder.uint32()
      case FATTR4.SPACE_FREED: spaceFreed = try decoder.uint64()
      case FATTR4.CHANGE_ATTR_TYPE: changeAttrType = try ChangeAttrType4(from: &decoder)
      case FATTR4.MODE_UMASK: modeUmask = try ModeUmask4(from: &decoder)
      case FATTR4.XATTR_SUPPORT: xattrSupport = try decoder.bool()
      default: throw .badValue("attribute number")
      }
    }
  }
}

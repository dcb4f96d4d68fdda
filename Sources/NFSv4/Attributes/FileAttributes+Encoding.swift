public import XDR

extension FileAttributes {
  /// Which attributes are set.
  public var present: Bitmap4 { Bitmap4(presentWord0, presentWord1, presentWord2) }

  /// Writes a whole `fattr4`: those attributes that are set and in `mask`.
  public func encode(mask: Bitmap4, to encoder: inout XDREncoder) {
    let chosen = present.intersection(mask)
    chosen.encode(to: &encoder)
    let lengthIndex = encoder.reserveUInt32()
    let start = encoder.byteCount
    encodeValues(chosen, to: &encoder)
    encoder.setUInt32(
      UInt32(truncatingIfNeeded: encoder.byteCount - start), at: lengthIndex)
  }

  /// Writes the values of an `attrlist4`, without its length, in the order of their numbers.
  func encodeValues(_ chosen: Bitmap4, to encoder: inout XDREncoder) {
    if chosen.word0 != 0 { encodeWord0(chosen.word0, to: &encoder) }
    if chosen.word1 != 0 { encodeWord1(chosen.word1, to: &encoder) }
    if chosen.word2 != 0 { encodeWord2(chosen.word2, to: &encoder) }
  }

  private var presentWord0: UInt32 {
    var word: UInt32 = 0
    if supportedAttrs != nil { word |= bit0(FATTR4.SUPPORTED_ATTRS) }
    if type != nil { word |= bit0(FATTR4.TYPE) }
    if fhExpireType != nil { word |= bit0(FATTR4.FH_EXPIRE_TYPE) }
    if change != nil { word |= bit0(FATTR4.CHANGE) }
    if size != nil { word |= bit0(FATTR4.SIZE) }
    if linkSupport != nil { word |= bit0(FATTR4.LINK_SUPPORT) }
    if symlinkSupport != nil { word |= bit0(FATTR4.SYMLINK_SUPPORT) }
    if namedAttr != nil { word |= bit0(FATTR4.NAMED_ATTR) }
    if fsid != nil { word |= bit0(FATTR4.FSID) }
    if uniqueHandles != nil { word |= bit0(FATTR4.UNIQUE_HANDLES) }
    if leaseTime != nil { word |= bit0(FATTR4.LEASE_TIME) }
    if rdattrError != nil { word |= bit0(FATTR4.RDATTR_ERROR) }
    if acl != nil { word |= bit0(FATTR4.ACL) }
    if aclsupport != nil { word |= bit0(FATTR4.ACLSUPPORT) }
    if cansettime != nil { word |= bit0(FATTR4.CANSETTIME) }
    if caseInsensitive != nil { word |= bit0(FATTR4.CASE_INSENSITIVE) }
    if casePreserving != nil { word |= bit0(FATTR4.CASE_PRESERVING) }
    if chownRestricted != nil { word |= bit0(FATTR4.CHOWN_RESTRICTED) }
    if filehandle != nil { word |= bit0(FATTR4.FILEHANDLE) }
    if fileid != nil { word |= bit0(FATTR4.FILEID) }
    if filesAvail != nil { word |= bit0(FATTR4.FILES_AVAIL) }
    if filesFree != nil { word |= bit0(FATTR4.FILES_FREE) }
    if filesTotal != nil { word |= bit0(FATTR4.FILES_TOTAL) }
    if homogeneous != nil { word |= bit0(FATTR4.HOMOGENEOUS) }
    if maxfilesize != nil { word |= bit0(FATTR4.MAXFILESIZE) }
    if maxlink != nil { word |= bit0(FATTR4.MAXLINK) }
    if maxname != nil { word |= bit0(FATTR4.MAXNAME) }
    if maxread != nil { word |= bit0(FATTR4.MAXREAD) }
    if maxwrite != nil { word |= bit0(FATTR4.MAXWRITE) }
    return word
  }

  private var presentWord1: UInt32 {
    var word: UInt32 = 0
    if mode != nil { word |= bit1(FATTR4.MODE) }
    if noTrunc != nil { word |= bit1(FATTR4.NO_TRUNC) }
    if numlinks != nil { word |= bit1(FATTR4.NUMLINKS) }
    if owner != nil { word |= bit1(FATTR4.OWNER) }
    if ownerGroup != nil { word |= bit1(FATTR4.OWNER_GROUP) }
    if quotaAvailHard != nil { word |= bit1(FATTR4.QUOTA_AVAIL_HARD) }
    if quotaAvailSoft != nil { word |= bit1(FATTR4.QUOTA_AVAIL_SOFT) }
    if quotaUsed != nil { word |= bit1(FATTR4.QUOTA_USED) }
    if rawdev != nil { word |= bit1(FATTR4.RAWDEV) }
    if spaceAvail != nil { word |= bit1(FATTR4.SPACE_AVAIL) }
    if spaceFree != nil { word |= bit1(FATTR4.SPACE_FREE) }
    if spaceTotal != nil { word |= bit1(FATTR4.SPACE_TOTAL) }
    if spaceUsed != nil { word |= bit1(FATTR4.SPACE_USED) }
    if timeAccess != nil { word |= bit1(FATTR4.TIME_ACCESS) }
    if timeAccessSet != nil { word |= bit1(FATTR4.TIME_ACCESS_SET) }
    if timeCreate != nil { word |= bit1(FATTR4.TIME_CREATE) }
    if timeDelta != nil { word |= bit1(FATTR4.TIME_DELTA) }
    if timeMetadata != nil { word |= bit1(FATTR4.TIME_METADATA) }
    if timeModify != nil { word |= bit1(FATTR4.TIME_MODIFY) }
    if timeModifySet != nil { word |= bit1(FATTR4.TIME_MODIFY_SET) }
    if mountedOnFileid != nil { word |= bit1(FATTR4.MOUNTED_ON_FILEID) }
    if fsLayoutTypes != nil { word |= bit1(FATTR4.FS_LAYOUT_TYPES) }
    return word
  }

  private var presentWord2: UInt32 {
    var word: UInt32 = 0
    if layoutTypes != nil { word |= bit2(FATTR4.LAYOUT_TYPES) }
    if layoutBlksize != nil { word |= bit2(FATTR4.LAYOUT_BLKSIZE) }
    if layoutAlignment != nil { word |= bit2(FATTR4.LAYOUT_ALIGNMENT) }
    if mdsthreshold != nil { word |= bit2(FATTR4.MDSTHRESHOLD) }
    if modeSetMasked != nil { word |= bit2(FATTR4.MODE_SET_MASKED) }
    if suppattrExclcreat != nil { word |= bit2(FATTR4.SUPPATTR_EXCLCREAT) }
    if fsCharsetCap != nil { word |= bit2(FATTR4.FS_CHARSET_CAP) }
    if cloneBlksize != nil { word |= bit2(FATTR4.CLONE_BLKSIZE) }
    if spaceFreed != nil { word |= bit2(FATTR4.SPACE_FREED) }
    if changeAttrType != nil { word |= bit2(FATTR4.CHANGE_ATTR_TYPE) }
    if modeUmask != nil { word |= bit2(FATTR4.MODE_UMASK) }
    if xattrSupport != nil { word |= bit2(FATTR4.XATTR_SUPPORT) }
    return word
  }

  private func encodeWord0(_ chosen: UInt32, to encoder: inout XDREncoder) {
    if chosen & bit0(FATTR4.SUPPORTED_ATTRS) != 0, let supportedAttrs {
      supportedAttrs.encode(to: &encoder)
    }
    if chosen & bit0(FATTR4.TYPE) != 0, let type { type.encode(to: &encoder) }
    if chosen & bit0(FATTR4.FH_EXPIRE_TYPE) != 0, let fhExpireType { encoder.uint32(fhExpireType) }
    if chosen & bit0(FATTR4.CHANGE) != 0, let change { encoder.uint64(change) }
    if chosen & bit0(FATTR4.SIZE) != 0, let size { encoder.uint64(size) }
    if chosen & bit0(FATTR4.LINK_SUPPORT) != 0, let linkSupport { encoder.bool(linkSupport) }
    if chosen & bit0(FATTR4.SYMLINK_SUPPORT) != 0, let symlinkSupport {
      encoder.bool(symlinkSupport)
    }
    if chosen & bit0(FATTR4.NAMED_ATTR) != 0, let namedAttr { encoder.bool(namedAttr) }
    if chosen & bit0(FATTR4.FSID) != 0, let fsid { fsid.encode(to: &encoder) }
    if chosen & bit0(FATTR4.UNIQUE_HANDLES) != 0, let uniqueHandles { encoder.bool(uniqueHandles) }
    if chosen & bit0(FATTR4.LEASE_TIME) != 0, let leaseTime { encoder.uint32(leaseTime) }
    if chosen & bit0(FATTR4.RDATTR_ERROR) != 0, let rdattrError { rdattrError.encode(to: &encoder) }
    if chosen & bit0(FATTR4.ACL) != 0, let acl { encoder.array(acl) { $0.encode(to: &$1) } }
    if chosen & bit0(FATTR4.ACLSUPPORT) != 0, let aclsupport { encoder.uint32(aclsupport) }
    if chosen & bit0(FATTR4.CANSETTIME) != 0, let cansettime { encoder.bool(cansettime) }
    if chosen & bit0(FATTR4.CASE_INSENSITIVE) != 0, let caseInsensitive {
      encoder.bool(caseInsensitive)
    }
    if chosen & bit0(FATTR4.CASE_PRESERVING) != 0, let casePreserving {
      encoder.bool(casePreserving)
    }
    if chosen & bit0(FATTR4.CHOWN_RESTRICTED) != 0, let chownRestricted {
      encoder.bool(chownRestricted)
    }
    if chosen & bit0(FATTR4.FILEHANDLE) != 0, let filehandle { filehandle.encode(to: &encoder) }
    if chosen & bit0(FATTR4.FILEID) != 0, let fileid { encoder.uint64(fileid) }
    if chosen & bit0(FATTR4.FILES_AVAIL) != 0, let filesAvail { encoder.uint64(filesAvail) }
    if chosen & bit0(FATTR4.FILES_FREE) != 0, let filesFree { encoder.uint64(filesFree) }
    if chosen & bit0(FATTR4.FILES_TOTAL) != 0, let filesTotal { encoder.uint64(filesTotal) }
    if chosen & bit0(FATTR4.HOMOGENEOUS) != 0, let homogeneous { encoder.bool(homogeneous) }
    if chosen & bit0(FATTR4.MAXFILESIZE) != 0, let maxfilesize { encoder.uint64(maxfilesize) }
    if chosen & bit0(FATTR4.MAXLINK) != 0, let maxlink { encoder.uint32(maxlink) }
    if chosen & bit0(FATTR4.MAXNAME) != 0, let maxname { encoder.uint32(maxname) }
    if chosen & bit0(FATTR4.MAXREAD) != 0, let maxread { encoder.uint64(maxread) }
    if chosen & bit0(FATTR4.MAXWRITE) != 0, let maxwrite { encoder.uint64(maxwrite) }
  }

  private func encodeWord1(_ chosen: UInt32, to encoder: inout XDREncoder) {
    if chosen & bit1(FATTR4.MODE) != 0, let mode { encoder.uint32(mode) }
    if chosen & bit1(FATTR4.NO_TRUNC) != 0, let noTrunc { encoder.bool(noTrunc) }
    if chosen & bit1(FATTR4.NUMLINKS) != 0, let numlinks { encoder.uint32(numlinks) }
    if chosen & bit1(FATTR4.OWNER) != 0, let owner { owner.encode(to: &encoder) }
    if chosen & bit1(FATTR4.OWNER_GROUP) != 0, let ownerGroup { ownerGroup.encode(to: &encoder) }
    if chosen & bit1(FATTR4.QUOTA_AVAIL_HARD) != 0, let quotaAvailHard {
      encoder.uint64(quotaAvailHard)
    }
    if chosen & bit1(FATTR4.QUOTA_AVAIL_SOFT) != 0, let quotaAvailSoft {
      encoder.uint64(quotaAvailSoft)
    }
    if chosen & bit1(FATTR4.QUOTA_USED) != 0, let quotaUsed { encoder.uint64(quotaUsed) }
    if chosen & bit1(FATTR4.RAWDEV) != 0, let rawdev { rawdev.encode(to: &encoder) }
    if chosen & bit1(FATTR4.SPACE_AVAIL) != 0, let spaceAvail { encoder.uint64(spaceAvail) }
    if chosen & bit1(FATTR4.SPACE_FREE) != 0, let spaceFree { encoder.uint64(spaceFree) }
    if chosen & bit1(FATTR4.SPACE_TOTAL) != 0, let spaceTotal { encoder.uint64(spaceTotal) }
    if chosen & bit1(FATTR4.SPACE_USED) != 0, let spaceUsed { encoder.uint64(spaceUsed) }
    if chosen & bit1(FATTR4.TIME_ACCESS) != 0, let timeAccess { timeAccess.encode(to: &encoder) }
    if chosen & bit1(FATTR4.TIME_ACCESS_SET) != 0, let timeAccessSet {
      timeAccessSet.encode(to: &encoder)
    }
    if chosen & bit1(FATTR4.TIME_CREATE) != 0, let timeCreate { timeCreate.encode(to: &encoder) }
    if chosen & bit1(FATTR4.TIME_DELTA) != 0, let timeDelta { timeDelta.encode(to: &encoder) }
    if chosen & bit1(FATTR4.TIME_METADATA) != 0, let timeMetadata {
      timeMetadata.encode(to: &encoder)
    }
    if chosen & bit1(FATTR4.TIME_MODIFY) != 0, let timeModify { timeModify.encode(to: &encoder) }
    if chosen & bit1(FATTR4.TIME_MODIFY_SET) != 0, let timeModifySet {
      timeModifySet.encode(to: &encoder)
    }
    if chosen & bit1(FATTR4.MOUNTED_ON_FILEID) != 0, let mountedOnFileid {
      encoder.uint64(mountedOnFileid)
    }
    if chosen & bit1(FATTR4.FS_LAYOUT_TYPES) != 0, let fsLayoutTypes {
      encoder.array(fsLayoutTypes) { $1.uint32($0) }
    }
  }

  private func encodeWord2(_ chosen: UInt32, to encoder: inout XDREncoder) {
    if chosen & bit2(FATTR4.LAYOUT_TYPES) != 0, let layoutTypes {
      encoder.array(layoutTypes) { $1.uint32($0) }
    }
    if chosen & bit2(FATTR4.LAYOUT_BLKSIZE) != 0, let layoutBlksize {
      encoder.uint32(layoutBlksize)
    }
    if chosen & bit2(FATTR4.LAYOUT_ALIGNMENT) != 0, let layoutAlignment {
      encoder.uint32(layoutAlignment)
    }
    if chosen & bit2(FATTR4.MDSTHRESHOLD) != 0, let mdsthreshold {
      encoder.array(mdsthreshold) { $0.encode(to: &$1) }
    }
    if chosen & bit2(FATTR4.MODE_SET_MASKED) != 0, let modeSetMasked {
      modeSetMasked.encode(to: &encoder)
    }
    if chosen & bit2(FATTR4.SUPPATTR_EXCLCREAT) != 0, let suppattrExclcreat {
      suppattrExclcreat.encode(to: &encoder)
    }
    if chosen & bit2(FATTR4.FS_CHARSET_CAP) != 0, let fsCharsetCap { encoder.uint32(fsCharsetCap) }
    if chosen & bit2(FATTR4.CLONE_BLKSIZE) != 0, let cloneBlksize { encoder.uint32(cloneBlksize) }
    if chosen & bit2(FATTR4.SPACE_FREED) != 0, let spaceFreed { encoder.uint64(spaceFreed) }
    if chosen & bit2(FATTR4.CHANGE_ATTR_TYPE) != 0, let changeAttrType {
      changeAttrType.encode(to: &encoder)
    }
    if chosen & bit2(FATTR4.MODE_UMASK) != 0, let modeUmask { modeUmask.encode(to: &encoder) }
    if chosen & bit2(FATTR4.XATTR_SUPPORT) != 0, let xattrSupport { encoder.bool(xattrSupport) }
  }
}

@inline(__always)
private func bit0(_ number: Int) -> UInt32 { 1 << UInt32(number) }

@inline(__always)
private func bit1(_ number: Int) -> UInt32 { 1 << UInt32(number - 32) }

@inline(__always)
private func bit2(_ number: Int) -> UInt32 { 1 << UInt32(number - 64) }

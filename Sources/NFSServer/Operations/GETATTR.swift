import NFSv4
import XDR

extension MetadataOperations {
  /// GETATTR (RFC 8881 §18.7).
  func getattr(
    _ arguments: GETATTR4args, _ context: Context, _ encoder: inout XDREncoder
  ) throws(Nfsstat4) {
    let object = try context.object()
    guard arguments.attrRequest.intersection(FileAttributes.writeOnly).isEmpty else {
      throw .NFS4ERR_INVAL
    }
    var attributes = try tree.attributes(of: object, mask: arguments.attrRequest)
    addServerAttributes(mask: arguments.attrRequest, to: &attributes)
    attributes.encode(mask: arguments.attrRequest, to: &encoder)
  }

  /// Attributes that are the server's rather than the file system's.
  func addServerAttributes(mask: Bitmap4, to attributes: inout FileAttributes) {
    attributes.supportedAttrs = ServedAttributes.supported
    attributes.leaseTime = policy.leaseSeconds
    attributes.maxread = UInt64(policy.maxReadBytes)
    attributes.maxwrite = UInt64(policy.maxReadBytes)
    attributes.suppattrExclcreat = Bitmap4()
    attributes.changeAttrType = .NFS4_CHANGE_TYPE_IS_TIME_METADATA
    if attributes.rdattrError == nil { attributes.rdattrError = .NFS4_OK }
    // One type only: a stock client offered both prefers flexible files. The attribute is there
    // without layouts too, as it is in the supported ones.
    guard mask.contains(bit: FATTR4.FS_LAYOUT_TYPES) else { return }
    attributes.fsLayoutTypes = policy.grantsLayouts ? [Layouttype4.NFSV4_1_FILES.rawValue] : []
  }
}

/// Attributes that the metadata server serves.
enum ServedAttributes {
  /// What can be read. Nothing is settable, as exports are read-only.
  static let supported = Bitmap4(attributes: [
    FATTR4.SUPPORTED_ATTRS, FATTR4.TYPE, FATTR4.FH_EXPIRE_TYPE, FATTR4.CHANGE, FATTR4.SIZE,
    FATTR4.LINK_SUPPORT, FATTR4.SYMLINK_SUPPORT, FATTR4.NAMED_ATTR, FATTR4.FSID,
    FATTR4.UNIQUE_HANDLES, FATTR4.LEASE_TIME, FATTR4.RDATTR_ERROR, FATTR4.ACLSUPPORT,
    FATTR4.CANSETTIME, FATTR4.CASE_INSENSITIVE, FATTR4.CASE_PRESERVING,
    FATTR4.CHOWN_RESTRICTED, FATTR4.FILEHANDLE, FATTR4.FILEID, FATTR4.FILES_AVAIL,
    FATTR4.FILES_FREE, FATTR4.FILES_TOTAL, FATTR4.HOMOGENEOUS, FATTR4.MAXFILESIZE,
    FATTR4.MAXLINK, FATTR4.MAXNAME, FATTR4.MAXREAD, FATTR4.MAXWRITE, FATTR4.MODE,
    FATTR4.NO_TRUNC, FATTR4.NUMLINKS, FATTR4.OWNER, FATTR4.OWNER_GROUP, FATTR4.RAWDEV,
    FATTR4.SPACE_AVAIL, FATTR4.SPACE_FREE, FATTR4.SPACE_TOTAL, FATTR4.SPACE_USED,
    FATTR4.TIME_ACCESS, FATTR4.TIME_CREATE, FATTR4.TIME_DELTA, FATTR4.TIME_METADATA,
    FATTR4.TIME_MODIFY, FATTR4.MOUNTED_ON_FILEID, FATTR4.FS_LAYOUT_TYPES,
    FATTR4.SUPPATTR_EXCLCREAT, FATTR4.CHANGE_ATTR_TYPE,
  ])
}

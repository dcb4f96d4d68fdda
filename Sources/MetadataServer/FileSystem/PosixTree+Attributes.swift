import CLinux
import Glibc
import NFSServer
public import NFSv4

/// Attributes: GETATTR and the entries of READDIR (RFC 8881 §5).
///
/// An fsid is the export's id and the mount's below it (major); the minor is 0, or the device's
/// number for what is not the mount's own device (a btrfs subvolume). So it is the same after a
/// restart whatever device numbers the kernel hands out, two exports never share one, and the
/// pseudo file system is (0, 0). Owners are numbers as text. Named attributes are not offered; ACLs
/// and extended attributes are where the file system has them.
extension PosixTree {
  public func attributes(
    of object: PosixObject, mask: Bitmap4
  ) throws(Nfsstat4) -> FileAttributes {
    switch object.backing {
    case .pseudo(let index):
      return attributes(ofPlace: index, mask: mask, handle: object.handle)
    case .file(let file):
      let status = try liveStatus(of: object, file)
      var mountedOn: UInt64?
      if file.isExportRoot {
        mountedOn = file.export.place == 0 ? nil : pseudo.directories[file.export.place].fileid
      } else if file.isMountRoot {
        mountedOn = file.mount.coveredFileid
      }
      var attributes = try attributes(
        status, file.export, file.mount, file.descriptor, mask: mask, mountedOn: mountedOn)
      attributes.filehandle = object.handle
      if mask.contains(bit: FATTR4.ACL), file.mount.hasACLs {
        attributes.acl = try acl(of: file.descriptor, status)
      }
      return attributes
    }
  }

  /// The ACL of an object, and what a directory's new entries inherit.
  private func acl(of descriptor: Descriptor, _ status: FileStatus) throws(Nfsstat4) -> [Nfsace4] {
    func list(_ name: [UInt8]) throws(Nfsstat4) -> PosixACL? {
      do throws(Errno) {
        let encoded = try Linux.extendedAttribute(name, of: descriptor)
        guard let acl = PosixACL(encoded: encoded) else { throw Errno(EIO) }
        return acl
      } catch {
        if error.code == ENODATA || error.code == EOPNOTSUPP { return nil }
        throw Nfsstat4(error)
      }
    }
    let isDirectory = status.isDirectory
    let ofMode = PosixACL(mode: UInt32(status.mode))
    // A link has none, and asking by its descriptor would not say so on every kernel.
    guard status.type != .NF4LNK else { return ofMode.aces(isDirectory: false) }
    var aces = (try list(PosixACL.accessName) ?? ofMode).aces(isDirectory: isDirectory)
    if isDirectory, let inherited = try list(PosixACL.defaultName) {
      aces += inherited.aces(isDirectory: true, isDefault: true)
    }
    return aces
  }

  /// The attributes of a directory's entry.
  /// - Parameter seen: what has to be indexed is added.
  func attributes(
    of record: DirectoryRecord, _ name: [UInt8], in directory: PosixObject.File, mask: Bitmap4,
    seen: inout [PathIndex.Entry]
  ) throws(Nfsstat4) -> FileAttributes {
    guard !mask.isSubset(of: Self.withoutStatus) else {
      var attributes = FileAttributes()
      attributes.rdattrError = .NFS4_OK
      return attributes
    }
    let status: FileStatus
    do throws(Errno) {
      status = try Linux.status(of: record.name, in: directory.descriptor)
    } catch {
      throw Nfsstat4(error)
    }
    let mount = try mount(of: status, directory.export, near: directory.mount)
    let isCrossing = mount.kernelID != directory.mount.kernelID
    var attributes = try attributes(
      status, directory.export, mount, directory.descriptor, mask: mask,
      mountedOn: isCrossing ? record.ino : nil)
    if mask.contains(bit: FATTR4.ACL), mount.hasACLs {
      attributes.acl = try acl(of: try open(name, directory, as: nil), status)
    }
    if mask.contains(bit: FATTR4.FILEHANDLE) {
      let filehandle: Filehandle
      do throws(Errno) {
        filehandle = try self.filehandle(
          of: directory.descriptor, name: record.name, status, directory.export, mount)
      } catch {
        throw Nfsstat4(error)
      }
      if case .indexed(let identity) = filehandle.body {
        seen.append(
          PathIndex.Entry(identity: identity, parent: directory.identity, name: name))
      }
      attributes.filehandle = filehandle.sealed(key)
    }
    return attributes
  }

  private static let withoutStatus = Bitmap4(attributes: [FATTR4.RDATTR_ERROR])
  private static let ofFileSystem = Bitmap4(attributes: [
    FATTR4.FILES_AVAIL, FATTR4.FILES_FREE, FATTR4.FILES_TOTAL, FATTR4.SPACE_AVAIL,
    FATTR4.SPACE_FREE, FATTR4.SPACE_TOTAL, FATTR4.MAXNAME,
  ])

  /// - Parameters:
  ///   - descriptor: any object of the file system, or the directory above it.
  ///   - mountedOn: the fileid of what the object is mounted on; nil: it is not a mount's root.
  private func attributes(
    _ status: FileStatus, _ export: Export, _ mount: FileSystemMount, _ descriptor: Descriptor,
    mask: Bitmap4, mountedOn: UInt64?
  ) throws(Nfsstat4) -> FileAttributes {
    guard let type = status.type else { throw .NFS4ERR_SERVERFAULT }
    var attributes = Self.constant
    attributes.type = type
    attributes.change = change(status, mount)
    attributes.size = status.size
    attributes.fsid = Fsid4(
      major: UInt64(export.id) << 32 | UInt64(mount.id),
      minor: status.device == mount.device ? 0 : status.device)
    attributes.fileid = status.ino
    attributes.mountedOnFileid = mountedOn ?? status.ino
    attributes.mode = UInt32(status.mode) & 0o7777
    attributes.numlinks = status.nlink
    attributes.owner = .id(status.uid)
    attributes.ownerGroup = .id(status.gid)
    attributes.rawdev = Specdata4(specdata1: status.rdev_major, specdata2: status.rdev_minor)
    attributes.spaceUsed = status.blocks.multipliedReportingOverflow(by: 512).partialValue
    attributes.timeAccess = status.atime.nfsTime
    attributes.timeMetadata = status.ctime.nfsTime
    attributes.timeModify = status.mtime.nfsTime
    if status.mask & UInt32(CLINUX_STATX_BTIME) != 0 {
      attributes.timeCreate = status.btime.nfsTime
    }
    attributes.maxlink = mount.linkLimit
    attributes.aclsupport =
      mount.hasACLs ? ACE4.SUPPORT_ALLOW_ACL | ACE4.SUPPORT_DENY_ACL : 0
    attributes.xattrSupport = mount.hasExtendedAttributes
    attributes.cloneBlksize = mount.cloneBlockBytes
    if !mask.intersection(Self.ofFileSystem).isEmpty {
      let fileSystem: clinux_statfs
      do throws(Errno) {
        fileSystem = try Linux.fileSystemStatus(of: mount.id == 0 ? descriptor : mount.root)
      } catch {
        throw Nfsstat4(error)
      }
      func bytes(_ blocks: UInt64) -> UInt64 {
        let (bytes, overflow) = blocks.multipliedReportingOverflow(by: fileSystem.block_bytes)
        return overflow ? .max : bytes
      }
      attributes.filesAvail = fileSystem.files_free
      attributes.filesFree = fileSystem.files_free
      attributes.filesTotal = fileSystem.files
      attributes.spaceAvail = bytes(fileSystem.blocks_available)
      attributes.spaceFree = bytes(fileSystem.blocks_free)
      attributes.spaceTotal = bytes(fileSystem.blocks)
      attributes.maxname = UInt32(
        min(fileSystem.name_limit_bytes, UInt64(NFS4.nameLimitBytes)))
    }
    return attributes
  }

  private func attributes(
    ofPlace index: Int, mask: Bitmap4, handle: NfsFh4
  ) -> FileAttributes {
    let directory = pseudo.directories[index]
    var attributes = Self.constant
    attributes.type = .NF4DIR
    attributes.change = directory.change
    attributes.size = 4096
    attributes.fsid = Fsid4(major: 0, minor: 0)
    attributes.fileid = directory.fileid
    attributes.mountedOnFileid = directory.fileid
    attributes.mode = 0o555
    attributes.numlinks = UInt32(clamping: 2 + directory.children.count)
    attributes.owner = .id(0)
    attributes.ownerGroup = .id(0)
    attributes.rawdev = Specdata4(specdata1: 0, specdata2: 0)
    attributes.spaceUsed = 0
    attributes.timeAccess = birth
    attributes.timeCreate = birth
    attributes.timeMetadata = birth
    attributes.timeModify = birth
    attributes.filesAvail = 0
    attributes.filesFree = 0
    attributes.filesTotal = UInt64(pseudo.directories.count)
    attributes.spaceAvail = 0
    attributes.spaceFree = 0
    attributes.spaceTotal = 0
    attributes.maxname = UInt32(NFS4.nameLimitBytes)
    attributes.maxlink = 255
    attributes.filehandle = handle
    return attributes
  }

  /// What is the same for every object.
  private static let constant: FileAttributes = {
    var attributes = FileAttributes()
    attributes.rdattrError = .NFS4_OK
    // FH4_PERSISTENT
    attributes.fhExpireType = 0
    attributes.linkSupport = true
    attributes.symlinkSupport = true
    attributes.namedAttr = false
    attributes.uniqueHandles = true
    attributes.aclsupport = 0
    attributes.cansettime = true
    attributes.caseInsensitive = false
    attributes.casePreserving = true
    attributes.chownRestricted = true
    attributes.noTrunc = true
    attributes.homogeneous = true
    attributes.maxfilesize = UInt64(Int64.max)
    attributes.timeDelta = Nfstime4(seconds: 0, nseconds: 1)
    // FSCHARSET_CAP4_CONTAINS_NON_UTF8
    attributes.fsCharsetCap = 1
    attributes.changeAttrType = .NFS4_CHANGE_TYPE_IS_TIME_METADATA
    attributes.xattrSupport = false
    return attributes
  }()

  /// The attributes that a tree of this kind can know: what the server adds is not among them.
  public static let knownAttributes = Bitmap4(attributes: [
    FATTR4.TYPE, FATTR4.FH_EXPIRE_TYPE, FATTR4.CHANGE, FATTR4.SIZE, FATTR4.LINK_SUPPORT,
    FATTR4.SYMLINK_SUPPORT, FATTR4.NAMED_ATTR, FATTR4.FSID, FATTR4.UNIQUE_HANDLES,
    FATTR4.RDATTR_ERROR, FATTR4.ACLSUPPORT, FATTR4.CANSETTIME, FATTR4.CASE_INSENSITIVE,
    FATTR4.CASE_PRESERVING, FATTR4.CHOWN_RESTRICTED, FATTR4.FILEHANDLE, FATTR4.FILEID,
    FATTR4.FILES_AVAIL, FATTR4.FILES_FREE, FATTR4.FILES_TOTAL, FATTR4.HOMOGENEOUS,
    FATTR4.MAXFILESIZE, FATTR4.MAXLINK, FATTR4.MAXNAME, FATTR4.MODE, FATTR4.NO_TRUNC,
    FATTR4.NUMLINKS, FATTR4.OWNER, FATTR4.OWNER_GROUP, FATTR4.RAWDEV, FATTR4.SPACE_AVAIL,
    FATTR4.SPACE_FREE, FATTR4.SPACE_TOTAL, FATTR4.SPACE_USED, FATTR4.TIME_ACCESS,
    FATTR4.TIME_CREATE, FATTR4.TIME_DELTA, FATTR4.TIME_METADATA, FATTR4.TIME_MODIFY,
    FATTR4.MOUNTED_ON_FILEID, FATTR4.FS_CHARSET_CAP, FATTR4.CHANGE_ATTR_TYPE,
    FATTR4.XATTR_SUPPORT,
  ])
}

extension FileAttributes {
  /// An entry whose attributes cannot be read: only why.
  static func refused(_ status: Nfsstat4) -> FileAttributes {
    var attributes = FileAttributes()
    attributes.rdattrError = status
    return attributes
  }
}

extension clinux_time {
  var nfsTime: Nfstime4 { Nfstime4(seconds: seconds, nseconds: nanoseconds) }
}

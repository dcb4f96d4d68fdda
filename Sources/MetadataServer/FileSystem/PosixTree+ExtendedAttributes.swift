import CLinux
import Glibc
public import NFSServer
public import NFSv4

/// Extended attributes (RFC 8276): those that this host calls "user.*". The kernel keeps them on
/// files and directories only, and who may read or write the object may read or write them.
extension PosixTree {
  private static let namespace = Array("user.".utf8)

  public func extendedAttribute(
    _ name: [UInt8], of object: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> [UInt8] {
    let (file, identity, status) = try attributed(object, caller)
    let name = try Self.kernelName(name)
    do throws(Errno) {
      return try callers.attempt(as: identity) { () throws(Errno) in
        try callers.checkReading(status, for: identity)
        return try Linux.extendedAttribute(name, of: file.descriptor)
      }
    } catch {
      throw Self.failure(error)
    }
  }

  public func setExtendedAttribute(
    _ name: [UInt8], to value: UnsafeRawBufferPointer, _ option: SetxattrOption4,
    of object: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    let (file, identity) = try changeable(object, caller)
    let (_, _, status) = try attributed(object, caller)
    let name = try Self.kernelName(name)
    let flags: Int32 =
      switch option {
      case .SETXATTR4_EITHER: 0
      case .SETXATTR4_CREATE: Int32(CLINUX_XATTR_CREATE)
      case .SETXATTR4_REPLACE: Int32(CLINUX_XATTR_REPLACE)
      }
    let change = try changing(file.descriptor, file.mount) { () throws(Nfsstat4) in
      do throws(Errno) {
        try callers.attempt(as: identity) { () throws(Errno) in
          try Self.checkKind(status, identity, callers)
          try callers.checkWriting(status, for: identity)
          try Linux.setExtendedAttribute(
            name, of: file.descriptor, to: value, flags: flags)
        }
      } catch {
        throw Self.failure(error)
      }
    }.change
    try synchronize(file, object.type)
    return change
  }

  public func removeExtendedAttribute(
    _ name: [UInt8], of object: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    let (file, identity) = try changeable(object, caller)
    let (_, _, status) = try attributed(object, caller)
    let name = try Self.kernelName(name)
    let change = try changing(file.descriptor, file.mount) { () throws(Nfsstat4) in
      do throws(Errno) {
        try callers.attempt(as: identity) { () throws(Errno) in
          try Self.checkKind(status, identity, callers)
          try callers.checkWriting(status, for: identity)
          try Linux.removeExtendedAttribute(name, of: file.descriptor)
        }
      } catch {
        throw Self.failure(error)
      }
    }.change
    try synchronize(file, object.type)
    return change
  }

  /// A cookie is a digest of the name, and names come in the order of their cookies: so one that
  /// comes or goes moves no other.
  public func listExtendedAttributes(
    of object: PosixObject, after cookie: UInt64, for caller: Caller,
    _ body: (_ name: [UInt8], _ cookie: UInt64) -> Bool
  ) throws(Nfsstat4) -> Bool {
    let (file, identity, status) = try attributed(object, caller)
    let all: [[UInt8]]
    do throws(Errno) {
      all = try callers.attempt(as: identity) { () throws(Errno) in
        try callers.checkReading(status, for: identity)
        return try Linux.extendedAttributes(of: file.descriptor)
      }
    } catch {
      throw Self.failure(error)
    }
    let names = all.filter { $0.starts(with: Self.namespace) && $0.count > Self.namespace.count }
      .map { Array($0.dropFirst(Self.namespace.count)) }
      .map { (cookie: max(1, stableHash($0)), name: $0) }
      .sorted { $0.cookie < $1.cookie }
    for (next, name) in names where next > cookie {
      guard body(name, next) else { return false }
    }
    return true
  }

  private func attributed(
    _ object: PosixObject, _ caller: Caller
  ) throws(Nfsstat4) -> (PosixObject.File, CallerIdentity, FileStatus) {
    try checkAllowed(object, caller)
    guard case .file(let file) = object.backing else { throw .NFS4ERR_NOTSUPP }
    guard file.export.isAllowed(caller.address) else { throw .NFS4ERR_ACCESS }
    let status = try liveStatus(of: object, file)
    guard file.mount.hasExtendedAttributes else { throw .NFS4ERR_NOTSUPP }
    return (file, CallerIdentity(caller.principal, export: file.export.definition), status)
  }

  /// In a sticky directory only its owner sets any.
  private static func checkKind(
    _ status: FileStatus, _ identity: CallerIdentity, _ callers: CallerMode
  ) throws(Errno) {
    guard status.type == .NF4REG || status.isDirectory else { throw Errno(EPERM) }
    if status.isDirectory, status.mode & 0o1000 != 0 {
      try callers.checkOwning(status, for: identity)
    }
  }

  private static func kernelName(_ name: [UInt8]) throws(Nfsstat4) -> [UInt8] {
    if name.isEmpty { throw .NFS4ERR_INVAL }
    if name.contains(0) { throw .NFS4ERR_BADCHAR }
    if name.count > NFS4.nameLimitBytes - namespace.count { throw .NFS4ERR_NAMETOOLONG }
    return namespace + name
  }

  private static func failure(_ error: Errno) -> Nfsstat4 {
    switch error.code {
    case ENODATA: .NFS4ERR_NOXATTR
    case E2BIG, ERANGE: .NFS4ERR_XATTR2BIG
    default: Nfsstat4(error)
    }
  }
}

import CLinux
import Glibc
import NFSServer
import NFSv4

/// Whether something may be changed: by the export, and, where the kernel cannot be asked as the
/// caller, by rules of the kernel's written out here.
extension PosixTree {
  public func isReadOnly(_ object: PosixObject) -> Bool {
    guard case .file(let file) = object.backing else { return true }
    return !file.export.definition.isWritable
  }

  func checkWritable(_ file: PosixObject.File) throws(Nfsstat4) {
    guard file.export.definition.isWritable else { throw .NFS4ERR_ROFS }
  }

  /// The object as something that the caller may try to change, and who he is.
  func changeable(
    _ object: PosixObject, _ caller: Caller
  ) throws(Nfsstat4) -> (PosixObject.File, CallerIdentity) {
    try checkAllowed(object, caller)
    guard case .file(let file) = object.backing else { throw .NFS4ERR_ROFS }
    guard file.export.isAllowed(caller.address) else { throw .NFS4ERR_ACCESS }
    try checkWritable(file)
    return (file, CallerIdentity(caller.principal, export: file.export.definition))
  }

  /// The directory as one that the caller may try to change entries of.
  /// - Parameter names: of the entries.
  func changeableDirectory(
    _ directory: PosixObject, _ names: [[UInt8]], _ caller: Caller
  ) throws(Nfsstat4) -> (PosixObject.File, CallerIdentity) {
    guard directory.type == .NF4DIR else {
      throw directory.type == .NF4LNK ? .NFS4ERR_SYMLINK : .NFS4ERR_NOTDIR
    }
    for name in names { try Self.checkName(name) }
    let (file, identity) = try changeable(directory, caller)
    _ = try liveStatus(of: directory, file)
    guard file.export.contains(file.descriptor, self.names) else {
      forget(directory)
      throw .NFS4ERR_STALE
    }
    return (file, identity)
  }

  /// Whether another export's place covers this name.
  func isCovered(_ name: [UInt8], in directory: PosixObject) -> Bool {
    guard let place = place(of: directory) else { return false }
    return pseudo.child(name, of: place) != nil
  }
}

/// The kernel's rules, for `CallerMode.checking`: each throws what the kernel would.
extension CallerMode {
  /// Whether this process may make files others' property.
  private var mayGiveAway: Bool {
    clinux_effective_capabilities() >> UInt64(CLINUX_CAP_CHOWN) & 1 == 1
  }

  /// Naming something in a directory.
  func checkCreatingName(
    in directory: FileStatus, for identity: CallerIdentity
  ) throws(Errno) {
    guard case .checking = self, !identity.isGranted(W_OK | X_OK, by: directory) else { return }
    throw Errno(EACCES)
  }

  /// Making something in a directory.
  func checkCreating(
    in directory: FileStatus, for identity: CallerIdentity
  ) throws(Errno) {
    guard case .checking = self else { return }
    try checkCreatingName(in: directory, for: identity)
    // What he could not own afterwards is not made in his name.
    guard mayGiveAway || identity.uid == geteuid() else { throw Errno(EACCES) }
  }

  /// Removing or moving an entry.
  func checkRemoving(
    _ entry: FileStatus, in directory: FileStatus, for identity: CallerIdentity
  ) throws(Errno) {
    guard case .checking = self else { return }
    guard identity.isGranted(W_OK | X_OK, by: directory) else { throw Errno(EACCES) }
    let isSticky = directory.mode & 0o1000 != 0
    guard
      !isSticky || identity.uid == 0 || identity.uid == entry.uid || identity.uid == directory.uid
    else { throw Errno(EPERM) }
  }

  /// Moving a directory to another one changes its "..".
  func checkMoving(_ entry: FileStatus, for identity: CallerIdentity) throws(Errno) {
    guard case .checking = self, entry.isDirectory else { return }
    guard identity.isGranted(W_OK, by: entry) else { throw Errno(EACCES) }
  }

  /// Naming a file of somebody else (as with `fs.protected_hardlinks`).
  func checkLinking(_ entry: FileStatus, for identity: CallerIdentity) throws(Errno) {
    guard case .checking = self, identity.uid != 0, identity.uid != entry.uid else { return }
    let isPrivileged = entry.mode & 0o4000 != 0 || entry.mode & 0o2010 == 0o2010
    guard entry.type == .NF4REG, !isPrivileged, identity.isGranted(R_OK | W_OK, by: entry) else {
      throw Errno(EPERM)
    }
  }

  /// Setting what only the owner may set.
  func checkOwning(_ entry: FileStatus, for identity: CallerIdentity) throws(Errno) {
    guard case .checking = self, identity.uid != 0, identity.uid != entry.uid else { return }
    throw Errno(EPERM)
  }

  /// Changing content, or what goes with the right to.
  func checkWriting(_ entry: FileStatus, for identity: CallerIdentity) throws(Errno) {
    guard case .checking = self, !identity.isGranted(W_OK, by: entry) else { return }
    throw Errno(EACCES)
  }

  func checkReading(_ entry: FileStatus, for identity: CallerIdentity) throws(Errno) {
    guard case .checking = self, !identity.isGranted(R_OK, by: entry) else { return }
    throw Errno(EACCES)
  }

  /// Giving a file to another user or group.
  func checkGiving(
    _ entry: FileStatus, uid: UInt32?, gid: UInt32?, for identity: CallerIdentity
  ) throws(Errno) {
    guard case .checking = self, identity.uid != 0 else { return }
    guard identity.uid == entry.uid, uid ?? entry.uid == entry.uid,
      gid.map({ $0 == entry.gid || identity.isMember(of: $0) }) ?? true
    else { throw Errno(EPERM) }
  }

  /// The mode without a set-group-ID bit that the caller may not set.
  func settable(_ mode: UInt32, gid: UInt32, by identity: CallerIdentity) -> UInt32 {
    guard case .checking = self, identity.uid != 0, !identity.isMember(of: gid) else { return mode }
    return mode & ~0o2000
  }
}

extension CallerIdentity {
  func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }
}

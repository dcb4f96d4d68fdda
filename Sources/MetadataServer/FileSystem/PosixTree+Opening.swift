import Glibc
public import NFSServer
public import NFSv4

/// Opening regular files.
extension PosixTree {
  /// Opens a regular file in the caller's name.
  ///
  /// Who may execute a file may read it too, even with mode 0111: a client must read what it runs
  /// (RFC 8881 §18.22.4).
  public func open(
    _ object: PosixObject, access: FileAccess, ownerOverride: Bool, for caller: Caller
  ) throws(Nfsstat4) -> PosixFile {
    try opened(object, access, ownerOverride: ownerOverride, caller, extending: nil)
  }

  public func upgrade(
    _ file: PosixFile, adding access: FileAccess, for caller: Caller
  ) throws(Nfsstat4) -> PosixFile {
    let missing = access.subtracting(file.access)
    if missing.isEmpty { return file }
    return try opened(file.object, missing, ownerOverride: false, caller, extending: file)
  }

  public func openUnchecked(_ object: PosixObject) throws(Nfsstat4) -> PosixFile {
    let file = try regularFile(object)
    let descriptor = try reopen(file.descriptor, access: .read, as: nil)
    return PosixFile(descriptor, object, file, access: .read, writer: nil, tree: self)
  }

  private func opened(
    _ object: PosixObject, _ access: FileAccess, ownerOverride: Bool, _ caller: Caller,
    extending other: PosixFile?
  ) throws(Nfsstat4) -> PosixFile {
    let file = try regularFile(object)
    try checkAllowed(object, caller)
    if access.contains(.write) { try checkWritable(file) }
    let status = try liveStatus(of: object, file)
    let identity = CallerIdentity(caller.principal, export: file.export.definition)
    let isGranted = try isGranted(access, to: identity, object, file)
    guard isGranted || (ownerOverride && status.uid == identity.uid) else {
      throw .NFS4ERR_ACCESS
    }
    let descriptor: Descriptor
    do {
      descriptor = try reopen(file.descriptor, access: access, as: identity)
    } catch {
      guard error == .NFS4ERR_ACCESS else { throw error }
      descriptor = try reopen(file.descriptor, access: access, as: nil)
    }
    return PosixFile(
      descriptor, object, file, access: access, writer: identity, extending: other, tree: self)
  }

  /// Whether the mode or an ACL lets the caller open a file.
  private func isGranted(
    _ access: FileAccess, to identity: CallerIdentity, _ object: PosixObject,
    _ file: PosixObject.File
  ) throws(Nfsstat4) -> Bool {
    if access.contains(.write), try !isGranted(W_OK, to: identity, object, file) { return false }
    guard access.contains(.read), try !isGranted(R_OK, to: identity, object, file) else {
      return true
    }
    return try isGranted(X_OK, to: identity, object, file)
  }

  func regularFile(_ object: PosixObject) throws(Nfsstat4) -> PosixObject.File {
    switch object.type {
    case .NF4REG: break
    case .NF4DIR: throw .NFS4ERR_ISDIR
    case .NF4LNK: throw .NFS4ERR_SYMLINK
    default: throw .NFS4ERR_WRONG_TYPE
    }
    guard case .file(let file) = object.backing else { throw .NFS4ERR_WRONG_TYPE }
    return file
  }

  /// Opens a regular file's content.
  private func reopen(
    _ descriptor: Descriptor, access: FileAccess, as identity: CallerIdentity?
  ) throws(Nfsstat4) -> Descriptor {
    let mode =
      access.contains(.write) ? access.contains(.read) ? O_RDWR : O_WRONLY : O_RDONLY
    let name = Array("\(descriptor.number)".utf8)
    let opened = try withDescriptors { () throws(Errno) in
      try callers.attempt(as: identity) { () throws(Errno) in
        try Linux.open(name, in: names, flags: mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      }
    }
    setFlags(of: opened)
    return opened
  }

  /// Serving is not using: the time of the last access stays, where the process may say so.
  func setFlags(of descriptor: Descriptor) {
    _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK | Linux.noAccessTimeFlag)
  }
}

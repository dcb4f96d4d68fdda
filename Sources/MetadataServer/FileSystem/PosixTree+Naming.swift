import Glibc
public import NFSServer
public import NFSv4

/// LINK, REMOVE and RENAME.
///
/// Errors are those that RFC 8881 §15.2 lists for these operations: what the kernel calls EPERM (a
/// sticky directory) is NFS4ERR_ACCESS, and what it calls EBUSY (a mount point) NFS4ERR_FILE_OPEN.
extension PosixTree {
  public func link(
    _ object: PosixObject, as name: [UInt8], in directory: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    let (parent, identity) = try changeableDirectory(directory, [name], caller)
    if object.type == .NF4DIR { throw .NFS4ERR_ISDIR }
    let (file, _) = try changeable(object, caller)
    let status = try liveStatus(of: object, file)
    guard file.export.id == parent.export.id, file.mount.id == parent.mount.id else {
      throw .NFS4ERR_XDEV
    }
    guard !isCovered(name, in: directory) else { throw .NFS4ERR_EXIST }
    let above = try self.status(of: parent.descriptor)
    let change = try changing(parent.descriptor, parent.mount) { () throws(Nfsstat4) in
      try changing(file.descriptor, file.mount) { () throws(Nfsstat4) in
        try attemptNaming(as: identity) { () throws(Errno) in
          try callers.checkCreatingName(in: above, for: identity)
          try callers.checkLinking(status, for: identity)
          try Linux.link(
            file.descriptor, as: name, in: parent.descriptor, descriptors: names)
        }
      }
    }.change
    try synchronize(file, object.type)
    try synchronize(parent, .NF4DIR)
    return change
  }

  public func remove(
    _ name: [UInt8], in directory: PosixObject, expecting expected: ExpectedName,
    for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    let (parent, identity) = try changeableDirectory(directory, [name], caller)
    guard !isCovered(name, in: directory) else { throw .NFS4ERR_FILE_OPEN }
    let above = try status(of: parent.descriptor)
    let entry = try self.entry(name, parent, above, as: identity)
    try check(entry, expected)
    let change = try changing(parent.descriptor, parent.mount) { () throws(Nfsstat4) in
      try changing(entry.descriptor, parent.mount) { () throws(Nfsstat4) in
        try attemptNaming(as: identity, taken: .NFS4ERR_NOTEMPTY) { () throws(Errno) in
          try callers.checkRemoving(entry.status, in: above, for: identity)
          try Linux.remove(
            name, in: parent.descriptor, isDirectory: entry.status.isDirectory)
        }
      }
    }.change
    forgetIfGone(entry, parent)
    try synchronize(parent, .NF4DIR)
    return change
  }

  public func rename(
    _ name: [UInt8], in directory: PosixObject, to newName: [UInt8],
    in newDirectory: PosixObject, expecting expectedSource: ExpectedName,
    replacing expectedTarget: ExpectedName, for caller: Caller
  ) throws(Nfsstat4) -> RenameChange {
    let (from, identity) = try changeableDirectory(directory, [name], caller)
    let (to, _) = try changeableDirectory(newDirectory, [newName], caller)
    guard from.export.id == to.export.id, from.mount.id == to.mount.id else {
      throw .NFS4ERR_XDEV
    }
    guard !isCovered(name, in: directory) else { throw .NFS4ERR_FILE_OPEN }
    guard !isCovered(newName, in: newDirectory) else { throw .NFS4ERR_EXIST }
    let above = (from: try status(of: from.descriptor), to: try status(of: to.descriptor))
    let source = try entry(name, from, above.from, as: identity)
    try check(source, expectedSource)
    let target = try existingEntry(newName, to, above.to, as: identity)
    if let target {
      try check(target, expectedTarget)
      if ChangesInFlight.Key(source.status) == ChangesInFlight.Key(target.status) {
        return RenameChange(
          source: unchanged(above.from, from), target: unchanged(above.to, to))
      }
    } else if case .object = expectedTarget {
      throw .NFS4ERR_DELAY
    }
    let isMismatch = target.map { $0.status.isDirectory != source.status.isDirectory } ?? false
    var ofTarget: ChangeInfo4?
    let ofSource = try changing(from.descriptor, from.mount) { () throws(Nfsstat4) in
      ofTarget = try changing(to.descriptor, to.mount) { () throws(Nfsstat4) in
        try changing(source.descriptor, from.mount) { () throws(Nfsstat4) in
          try changingIfAny(target?.descriptor, to.mount) { () throws(Nfsstat4) in
            try attemptNaming(
              as: identity, mismatch: isMismatch ? .NFS4ERR_EXIST : .NFS4ERR_DELAY
            ) { () throws(Errno) in
              try callers.checkRemoving(source.status, in: above.from, for: identity)
              if from.identity != to.identity {
                try callers.checkMoving(source.status, for: identity)
              }
              try callers.checkCreatingName(in: above.to, for: identity)
              if let target {
                try callers.checkRemoving(target.status, in: above.to, for: identity)
              }
              try Linux.rename(name, in: from.descriptor, to: newName, in: to.descriptor)
            }
          }
        }
      }.change
    }.change
    if case .indexed(let identity) = source.filehandle.body {
      index.record(
        [PathIndex.Entry(identity: identity, parent: to.identity, name: newName)],
        exportID: to.export.id)
    }
    if let target { forgetIfGone(target, to) }
    try synchronize(to, .NF4DIR)
    if from.identity != to.identity { try synchronize(from, .NF4DIR) }
    return RenameChange(source: ofSource, target: ofTarget ?? ofSource)
  }

  private func unchanged(_ status: FileStatus, _ file: PosixObject.File) -> ChangeInfo4 {
    let change = change(status, file.mount)
    return ChangeInfo4(atomic: false, before: change, after: change)
  }

  private func changingIfAny(
    _ descriptor: Descriptor?, _ mount: FileSystemMount, _ body: () throws(Nfsstat4) -> Void
  ) throws(Nfsstat4) {
    guard let descriptor else { return try body() }
    _ = try changing(descriptor, mount, body)
  }

  // MARK: Entries

  /// What a name stands for, looked at in the caller's name.
  private struct Entry {
    var descriptor: Descriptor
    var status: FileStatus
    var filehandle: Filehandle
  }

  /// - Throws: NFS4ERR_FILE_OPEN for a mount point.
  private func entry(
    _ name: [UInt8], _ parent: PosixObject.File, _ above: FileStatus,
    as identity: CallerIdentity
  ) throws(Nfsstat4) -> Entry {
    if case .checking = callers, !identity.isGranted(X_OK, by: above) {
      throw .NFS4ERR_ACCESS
    }
    let descriptor = try open(name, parent, as: identity)
    let status = try status(of: descriptor)
    guard status.mnt_id == parent.mount.kernelID else { throw .NFS4ERR_FILE_OPEN }
    do throws(Errno) {
      let filehandle = try filehandle(
        of: descriptor, name: nil, status, parent.export, parent.mount)
      return Entry(descriptor: descriptor, status: status, filehandle: filehandle)
    } catch {
      throw Nfsstat4(error)
    }
  }

  private func existingEntry(
    _ name: [UInt8], _ parent: PosixObject.File, _ above: FileStatus,
    as identity: CallerIdentity
  ) throws(Nfsstat4) -> Entry? {
    do {
      return try entry(name, parent, above, as: identity)
    } catch {
      if error == .NFS4ERR_NOENT { return nil }
      throw error
    }
  }

  private func check(_ entry: Entry, _ expected: ExpectedName) throws(Nfsstat4) {
    switch expected {
    case .anything: return
    case .nothing: throw .NFS4ERR_DELAY
    case .object(let handle):
      guard entry.filehandle.sealed(key) == handle else { throw .NFS4ERR_DELAY }
    }
  }

  /// Drops what is kept of an object whose last name is gone. If it is open it stays usable.
  private func forgetIfGone(_ entry: Entry, _ parent: PosixObject.File) {
    guard let status = try? status(of: entry.descriptor), status.nlink == 0 || status.isDirectory
    else { return }
    forget(entry.filehandle.sealed(key))
    if case .indexed(let identity) = entry.filehandle.body {
      index.forget(identity, exportID: parent.export.id)
    }
  }

  /// Changes names in a caller's name, with the errors of operations on names.
  /// - Parameters:
  ///   - taken: what a name is that stands for something else, or a directory with entries.
  ///   - mismatch: what a directory is where there should be none, and the other way round. Unless
  ///     it was so before, the name is another one's than a moment ago.
  private func attemptNaming(
    as identity: CallerIdentity, taken: Nfsstat4 = .NFS4ERR_EXIST,
    mismatch: Nfsstat4 = .NFS4ERR_DELAY,
    _ body: () throws(Errno) -> Void
  ) throws(Nfsstat4) {
    do throws(Errno) {
      try callers.attempt(as: identity, body)
    } catch {
      switch error.code {
      case EPERM: throw .NFS4ERR_ACCESS
      case EBUSY: throw .NFS4ERR_FILE_OPEN
      case EEXIST, ENOTEMPTY: throw taken
      case EISDIR, ENOTDIR: throw mismatch
      default: throw Nfsstat4(error)
      }
    }
  }
}

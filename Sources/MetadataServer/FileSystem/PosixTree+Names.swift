import Glibc
public import NFSServer
public import NFSv4

/// Names: LOOKUP and LOOKUPP.
extension PosixTree {
  /// - Throws: NFS4ERR_INVAL for an empty name, NFS4ERR_NAMETOOLONG beyond 255 bytes,
  ///   NFS4ERR_BADCHAR for a slash or NUL in it, NFS4ERR_BADNAME for `.` and `..`
  ///   (RFC 8881 §14.5, §18.13). All other bytes are allowed.
  static func checkName(_ name: [UInt8]) throws(Nfsstat4) {
    if name.isEmpty { throw .NFS4ERR_INVAL }
    if name.count > NFS4.nameLimitBytes { throw .NFS4ERR_NAMETOOLONG }
    if name.contains(0) || name.contains(UInt8(ascii: "/")) { throw .NFS4ERR_BADCHAR }
    let dot = UInt8(ascii: ".")
    if name == [dot] || name == [dot, dot] { throw .NFS4ERR_BADNAME }
  }

  public func lookup(
    _ name: [UInt8], in directory: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> PosixObject {
    guard directory.type == .NF4DIR else {
      throw directory.type == .NF4LNK ? .NFS4ERR_SYMLINK : .NFS4ERR_NOTDIR
    }
    try Self.checkName(name)
    if let place = place(of: directory), let child = pseudo.child(name, of: place) {
      guard isVisible(child, to: caller) else { throw .NFS4ERR_NOENT }
      return try objectAt(child, for: caller)
    }
    guard case .file(let file) = directory.backing else { throw .NFS4ERR_NOENT }
    guard file.export.isAllowed(caller.address) else { throw .NFS4ERR_ACCESS }
    guard file.export.contains(file.descriptor, names) else {
      forget(directory)
      throw .NFS4ERR_STALE
    }
    let identity = CallerIdentity(caller.principal, export: file.export.definition)
    if case .checking = callers {
      let status = try liveStatus(of: directory, file)
      guard identity.isGranted(X_OK, by: status) else { throw .NFS4ERR_ACCESS }
    }
    let child: Descriptor
    do {
      child = try open(name, file, as: identity)
    } catch {
      // A removed directory has no entries: say so rather than "no such entry".
      if error == .NFS4ERR_NOENT { _ = try liveStatus(of: directory, file) }
      throw error
    }
    let status = try status(of: child)
    let mount = try mount(of: status, file.export, near: file.mount)
    return try object(
      child, status, file.export, mount, seenAs: (file.identity, name))
  }

  public func parent(
    of directory: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> PosixObject {
    guard directory.type == .NF4DIR else {
      throw directory.type == .NF4LNK ? .NFS4ERR_SYMLINK : .NFS4ERR_NOTDIR
    }
    if let place = place(of: directory) {
      guard let above = pseudo.directories[place].parent else { throw .NFS4ERR_NOENT }
      return try objectAt(above, for: caller)
    }
    guard case .file(let file) = directory.backing else { throw .NFS4ERR_NOENT }
    guard file.export.isAllowed(caller.address) else { throw .NFS4ERR_ACCESS }
    guard file.export.contains(file.descriptor, names) else {
      forget(directory)
      throw .NFS4ERR_STALE
    }
    let identity = CallerIdentity(caller.principal, export: file.export.definition)
    if case .checking = callers {
      let status = try liveStatus(of: directory, file)
      guard identity.isGranted(X_OK, by: status) else { throw .NFS4ERR_ACCESS }
    }
    let dot = UInt8(ascii: ".")
    let above = try open([dot, dot], file, as: identity)
    // It may have been moved meanwhile.
    guard file.export.contains(above, names) else { throw .NFS4ERR_STALE }
    let status = try status(of: above)
    let mount = try mount(of: status, file.export, near: file.mount)
    let parent = try object(above, status, file.export, mount, seenAs: nil)
    return parent
  }

  /// Opens an entry of a directory, whatever it is, in a caller's name or (nil) the server's.
  func open(
    _ name: [UInt8], _ file: PosixObject.File, as identity: CallerIdentity?
  ) throws(Nfsstat4) -> Descriptor {
    try withDescriptors { () throws(Errno) in
      try callers.attempt(as: identity) { () throws(Errno) in
        try Linux.open(name, in: file.descriptor, flags: Linux.pathFlags)
      }
    }
  }

  /// The pseudo directory an object is, or whose place it takes as an export's root.
  func place(of object: PosixObject) -> Int? {
    switch object.backing {
    case .pseudo(let index): index
    case .file(let file): file.isExportRoot ? file.export.place : nil
    }
  }

  /// What a caller sees at a place: the export there if he may use it, else the pseudo directory
  /// that leads to those below.
  func objectAt(_ place: Int, for caller: Caller) throws(Nfsstat4) -> PosixObject {
    guard let export = pseudo.directories[place].export,
      place == 0 || exports[export].isAllowed(caller.address)
    else { return pseudoObject(place) }
    return try rootObject(of: exports[export])
  }

  // MARK: Mounts below an export

  /// The mount that an object is on.
  /// - Parameter near: the one it is most likely on.
  func mount(
    of status: FileStatus, _ export: Export, near: FileSystemMount
  ) throws(Nfsstat4) -> FileSystemMount {
    if status.mnt_id == near.kernelID { return near }
    if let known = export.mount(kernelID: status.mnt_id) { return known }
    return try mount(export) { $0.kernelID == status.mnt_id }
  }

  /// The mount that a handle names.
  func mount(id: UInt32, _ export: Export) throws(Nfsstat4) -> FileSystemMount {
    if let known = export.mount(id: id) { return known }
    return try mount(export) { mountID(of: $0, export) == id }
  }

  private func mount(
    _ export: Export, where isWanted: (MountInfo) -> Bool
  ) throws(Nfsstat4) -> FileSystemMount {
    guard let info = MountInfo.all().last(where: isWanted),
      let path = relativePath(of: info, export), !path.isEmpty,
      let id = mountID(of: info, export)
    else { throw .NFS4ERR_STALE }
    let root: Descriptor
    let status: FileStatus
    do throws(Errno) {
      root = try Linux.openBeneath(path, in: export.root)
      status = try Linux.status(of: root)
      if KernelFileSystem.contains(try Linux.fileSystemStatus(of: root).type) {
        throw Errno(EACCES)
      }
    } catch {
      throw Nfsstat4(error)
    }
    guard status.mnt_id == info.kernelID else { throw .NFS4ERR_STALE }
    let mount = FileSystemMount(
      id: id, root: root, status: status, coveredFileid: coveredFileid(path, export),
      forcesIndex: options.forcesIndex, isWritable: export.definition.isWritable)
    if mount.handleMount == nil, export.rootMount.handleMount != nil {
      logger.notice(
        "file handles of a mount below an export come from an index in the state directory",
        metadata: ["export": "\(export.definition.pseudo)"])
    }
    export.add(mount)
    return mount
  }

  private func relativePath(of info: MountInfo, _ export: Export) -> [UInt8]? {
    guard var top = try? Linux.linkText("\(export.root.number)", in: names.number) else {
      return nil
    }
    if info.point == top { return [] }
    if top.last != UInt8(ascii: "/") { top.append(UInt8(ascii: "/")) }
    return info.point.starts(with: top) ? Array(info.point.dropFirst(top.count)) : nil
  }

  private func mountID(of info: MountInfo, _ export: Export) -> UInt32? {
    guard let path = relativePath(of: info, export), !path.isEmpty else { return nil }
    return max(1, UInt32(truncatingIfNeeded: stableHash(path)))
  }

  /// The inode number that a mount point's parent directory lists.
  private func coveredFileid(_ path: [UInt8], _ export: Export) -> UInt64? {
    let slash = UInt8(ascii: "/")
    let cut = path.lastIndex(of: slash)
    let parentPath = cut.map { Array(path[..<$0]) } ?? [UInt8(ascii: ".")]
    let name = cut.map { Array(path[($0 + 1)...]) } ?? path
    guard let parent = try? Linux.openBeneath(parentPath, in: export.root) else { return nil }
    var found: UInt64?
    try? scan(parent) { record in
      if record.nameBytes == name { found = record.ino }
      return found == nil
    }
    return found
  }

  /// All entries of a directory, as the process itself.
  func scan(
    _ directory: Descriptor, _ body: (DirectoryRecord) -> Bool
  ) throws(Errno) {
    let stream = try Linux.open(
      Array("\(directory.number)".utf8), in: names,
      flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    var buffer = DirectoryBuffer()
    while try buffer.refill(stream) {
      while let goesOn = buffer.next({ (isConsumed: true, result: body($0)) }) {
        if !goesOn { return }
      }
    }
  }

  // MARK: The index

  /// Opens an indexed object by the names it was last seen under.
  func walk(
    to identity: FileIdentity, _ export: Export
  ) throws(Nfsstat4) -> (Descriptor, FileSystemMount) {
    var names: [(identity: FileIdentity, name: [UInt8])] = []
    var current = identity
    while current != export.rootIdentity {
      guard names.count < 2048, let place = index.place(of: current, exportID: export.id) else {
        throw .NFS4ERR_STALE
      }
      names.append((current, place.name))
      current = place.parent
    }
    var descriptor = export.root
    var mount = export.rootMount
    var parent = export.rootIdentity
    for step in names.reversed() {
      let found = try child(step.identity, step.name, in: descriptor, parent, mount, export)
      (descriptor, mount) = found
      parent = step.identity
    }
    return (descriptor, mount)
  }

  /// Opens one step of the way; looks for it under another name of the same directory if it is
  /// not where it was.
  private func child(
    _ identity: FileIdentity, _ name: [UInt8], in directory: Descriptor, _ parent: FileIdentity,
    _ near: FileSystemMount, _ export: Export
  ) throws(Nfsstat4) -> (Descriptor, FileSystemMount) {
    if let found = try openChild(identity, name, in: directory, near, export) { return found }
    var candidates: [[UInt8]] = []
    do throws(Errno) {
      try scan(directory) { record in
        if record.ino == identity.inode, !record.isDot { candidates.append(record.nameBytes) }
        return true
      }
    } catch {
      throw Nfsstat4(error)
    }
    for candidate in candidates {
      guard let found = try openChild(identity, candidate, in: directory, near, export) else {
        continue
      }
      index.record(
        [PathIndex.Entry(identity: identity, parent: parent, name: candidate)],
        exportID: export.id)
      return found
    }
    index.forget(identity, exportID: export.id)
    throw .NFS4ERR_STALE
  }

  /// - Returns: nil if the name is gone or another object's.
  private func openChild(
    _ identity: FileIdentity, _ name: [UInt8], in directory: Descriptor,
    _ near: FileSystemMount, _ export: Export
  ) throws(Nfsstat4) -> (Descriptor, FileSystemMount)? {
    let descriptor: Descriptor
    do {
      descriptor = try withDescriptors { () throws(Errno) in
        try Linux.openBeneath(name, in: directory)
      }
    } catch {
      if error == .NFS4ERR_NOENT || error == .NFS4ERR_NOTDIR || error == .NFS4ERR_SYMLINK {
        return nil
      }
      throw error
    }
    let status = try status(of: descriptor)
    let mount = try mount(of: status, export, near: near)
    return FileIdentity(status, mountID: mount.id) == identity ? (descriptor, mount) : nil
  }
}

/// File systems that show the kernel's own state: not entered below an export.
enum KernelFileSystem {
  private static let types: Set<UInt64> = [
    0x9fa0,  // proc
    0x6265_6572,  // sysfs
    0x1cd1,  // devpts
    0x0027_e0eb,  // cgroup
    0x6367_7270,  // cgroup2
    0x6462_6720,  // debugfs
    0x7472_6163,  // tracefs
    0x7363_6673,  // securityfs
    0xcafe_4a11,  // bpf
    0x6265_6570,  // configfs
    0xde5e_81e4,  // efivarfs
    0x6165_676c,  // pstore
    0x1980_0202,  // mqueue
    0xf97c_ff8c,  // selinuxfs
    0x6e73_6673,  // nsfs
    0x0187,  // autofs
    0x4249_4e4d,  // binfmt_misc
  ]

  static func contains(_ type: UInt64) -> Bool { types.contains(type) }
}

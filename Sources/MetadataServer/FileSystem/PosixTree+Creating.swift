import CLinux
import Glibc
public import NFSServer
public import NFSv4

/// Creating files (OPEN) and everything else (CREATE).
///
/// A file is made without a name, gets its attributes and only then its name, where the file system
/// can do that (ext4, xfs, btrfs, tmpfs): so nobody ever sees it half made, and a crash leaves
/// nothing. Elsewhere (an NFS mount) it is named first and taken back if something fails.
///
/// The verifier of an exclusive create is kept in the file's times, 31 bits in each: they are
/// written together with the file, survive restarts, cost nothing and need no right. An extended
/// attribute would stay for good, and not every file system has any. The client sets the times when
/// it has its answer, as `attributesSet` tells it to (RFC 8881 §18.16.3); from then on, and once
/// the file was written to, it is nobody's repeated request any more.
extension PosixTree {
  /// How often a name may come and go while a file is created.
  private static let createAttemptLimit = 16

  public func create(
    _ name: [UInt8], in directory: PosixObject, _ mode: CreateMode, attributes: FileAttributes,
    access: FileAccess, for caller: Caller
  ) throws(Nfsstat4) -> NewObject<PosixObject, PosixFile> {
    let (parent, identity) = try changeableDirectory(directory, [name], caller)
    let new = try NewAttributes(
      attributes, supported: Self.supportedAttributes(on: parent.mount), type: .NF4REG,
      isNew: true)
    var verifier: Verifier4?
    if case .exclusive(let value) = mode {
      guard new.asked.isSubset(of: Self.exclusiveCreateAttributes(on: parent.mount)) else {
        throw .NFS4ERR_INVAL
      }
      verifier = value
    }
    for _ in 0..<Self.createAttemptLimit {
      if let found = try existing(name, in: directory, for: caller) {
        return try used(found, directory, parent, mode, new)
      }
      let made: Descriptor
      let change: ChangeInfo4
      do throws(Nfsstat4) {
        (made, change) = try changing(parent.descriptor, parent.mount) {
          () throws(Nfsstat4) in
          try makeFile(name, parent, new, verifier, as: identity)
        }
      } catch {
        // Somebody was faster.
        if error == .NFS4ERR_EXIST { continue }
        throw error
      }
      try synchronizeNew(made, parent)
      let (object, file) = try named(name, parent, made)
      setFlags(of: made)
      return NewObject(
        object: object,
        file: PosixFile(made, object, file, access: access, writer: identity, tree: self),
        attributesSet: verifier == nil ? new.asked : new.asked.union(NewAttributes.times),
        directoryChange: change)
    }
    throw .NFS4ERR_DELAY
  }

  /// - Returns: nil if there is no such entry.
  private func existing(
    _ name: [UInt8], in directory: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> PosixObject? {
    do {
      return try lookup(name, in: directory, for: caller)
    } catch {
      if error == .NFS4ERR_NOENT { return nil }
      throw error
    }
  }

  /// What a create comes to that finds the name taken.
  private func used(
    _ found: PosixObject, _ directory: PosixObject, _ parent: PosixObject.File,
    _ mode: CreateMode, _ new: NewAttributes
  ) throws(Nfsstat4) -> NewObject<PosixObject, PosixFile> {
    var set = Bitmap4()
    switch mode {
    case .unchecked:
      break
    case .guarded:
      throw .NFS4ERR_EXIST
    case .exclusive(let verifier):
      guard found.type == .NF4REG, case .file(let file) = found.backing else {
        throw .NFS4ERR_EXIST
      }
      let status = try liveStatus(of: found, file)
      let (access, modify) = Self.times(keeping: verifier)
      guard status.size == 0, Self.isTime(access, status.atime), Self.isTime(modify, status.mtime)
      else { throw .NFS4ERR_EXIST }
      set = new.asked.union(NewAttributes.times)
    }
    let change = change(try status(of: parent.descriptor), parent.mount)
    return NewObject(
      object: found, file: nil, attributesSet: set,
      directoryChange: ChangeInfo4(atomic: false, before: change, after: change))
  }

  /// Whole seconds that every file system keeps: 31 bits each.
  private static func times(keeping verifier: Verifier4) -> (Linux.NewTime, Linux.NewTime) {
    let mask: UInt64 = 0x7fff_ffff
    return (
      .at(seconds: Int64(verifier >> 32 & mask), nanoseconds: 0),
      .at(seconds: Int64(verifier & mask), nanoseconds: 0)
    )
  }

  private static func isTime(_ wanted: Linux.NewTime, _ time: clinux_time) -> Bool {
    wanted == .at(seconds: time.seconds, nanoseconds: time.nanoseconds)
  }

  // MARK: Files

  /// Makes a file with all its attributes.
  /// - Returns: it, open for reading and writing.
  private func makeFile(
    _ name: [UInt8], _ parent: PosixObject.File, _ new: NewAttributes, _ verifier: Verifier4?,
    as identity: CallerIdentity
  ) throws(Nfsstat4) -> Descriptor {
    let directory = try status(of: parent.descriptor)
    let mode = newMode(new, parent, without: 0o600)
    let nameless = try withDescriptors { () throws(Errno) -> Descriptor? in
      do throws(Errno) {
        return try callers.attempt(as: identity) { () throws(Errno) in
          try callers.checkCreating(in: directory, for: identity)
          return try Linux.createNameless(in: parent.descriptor, mode: mode)
        }
      } catch {
        // Not known here, or (before Linux 3.11, and some that pass it on) taken for a directory.
        if error.code == EOPNOTSUPP || error.code == EISDIR || error.code == EINVAL { return nil }
        throw error
      }
    }
    if let nameless {
      try complete(nameless, new, mode, verifier, directory, as: identity)
      try callers.run(as: identity) { () throws(Errno) in
        try Linux.link(
          nameless, as: name, in: parent.descriptor, descriptors: names)
      }
      return nameless
    }
    let made = try withDescriptors { () throws(Errno) in
      try callers.attempt(as: identity) { () throws(Errno) in
        try Linux.create(name, in: parent.descriptor, mode: mode)
      }
    }
    do throws(Nfsstat4) {
      try complete(made, new, mode, verifier, directory, as: identity)
    } catch {
      takeBack(name, parent, isDirectory: false, as: identity)
      throw error
    }
    return made
  }

  /// What a new object's mode is before the kernel takes the directory's default ACL into account.
  private func newMode(
    _ new: NewAttributes, _ parent: PosixObject.File, without standard: UInt32
  ) -> UInt32 {
    guard let mode = new.mode?.applied(to: 0) else { return standard }
    if new.umask == 0 { return mode }
    // With a default ACL the umask does not count (RFC 8275 §4).
    let hasDefault =
      (try? Linux.extendedAttribute(PosixACL.defaultName, of: parent.descriptor)) != nil
    return hasDefault ? mode : mode & ~new.umask
  }

  /// Gives a new object its owner and its attributes.
  private func complete(
    _ descriptor: Descriptor, _ new: NewAttributes, _ mode: UInt32, _ verifier: Verifier4?,
    _ directory: FileStatus, as identity: CallerIdentity
  ) throws(Nfsstat4) {
    try giveAway(descriptor, mode, in: directory, to: identity)
    if let size = new.size, size != 0 {
      do throws(Errno) {
        try callers.attempt(as: identity) { () throws(Errno) in
          try Linux.setSize(of: descriptor, to: size)
        }
      } catch {
        throw error.code == EINVAL ? .NFS4ERR_FBIG : Nfsstat4(error)
      }
    }
    if new.uid != nil || new.gid != nil {
      let status = try status(of: descriptor)
      try callers.run(as: identity) { () throws(Errno) in
        try callers.checkGiving(status, uid: new.uid, gid: new.gid, for: identity)
        try Linux.setOwner(of: descriptor, uid: new.uid, gid: new.gid)
      }
    }
    if mode & 0o6000 != 0, new.size ?? 0 != 0 || new.uid != nil || new.gid != nil {
      try restoreSpecialBits(mode, of: descriptor, as: identity)
    }
    if let acl = new.acl { try setACL(acl, of: descriptor, as: identity) }
    var (access, modify) = (new.access, new.modify)
    if let verifier { (access, modify) = Self.times(keeping: verifier) }
    if access != .unchanged || modify != .unchanged {
      try callers.run(as: identity) { () throws(Errno) in
        try Linux.setTimes(of: descriptor, access: access, modify: modify)
      }
    }
  }

  /// Where the process itself makes things: makes them the caller's.
  private func giveAway(
    _ descriptor: Descriptor, _ mode: UInt32, in directory: FileStatus,
    to identity: CallerIdentity
  ) throws(Nfsstat4) {
    guard case .checking = callers else { return }
    let status = try status(of: descriptor)
    let gid = directory.mode & 0o2000 != 0 ? status.gid : identity.gid
    let kept = UInt32(status.mode) & 0o7777
    do throws(Errno) {
      if status.uid != identity.uid || status.gid != gid {
        try Linux.setOwner(of: descriptor, uid: identity.uid, gid: gid)
      }
    } catch {
      // A group that an unprivileged server is not in: the file keeps the server's.
      guard status.uid == identity.uid else { throw .NFS4ERR_ACCESS }
    }
    guard status.type != .NF4LNK, !status.isDirectory else { return }
    let wanted = callers.settable(kept, gid: gid, by: identity)
    do throws(Errno) {
      try Linux.setMode(of: descriptor, to: wanted, descriptors: names)
    } catch {
      throw Nfsstat4(error)
    }
  }

  /// Sets again what the kernel takes away when size or owner change.
  private func restoreSpecialBits(
    _ mode: UInt32, of descriptor: Descriptor, as identity: CallerIdentity
  ) throws(Nfsstat4) {
    let status = try status(of: descriptor)
    let wanted = UInt32(status.mode) & 0o7777 | mode & 0o6000
    try callers.run(as: identity) { () throws(Errno) in
      try Linux.setMode(
        of: descriptor, to: callers.settable(wanted, gid: status.gid, by: identity),
        descriptors: names)
    }
  }

  private func takeBack(
    _ name: [UInt8], _ parent: PosixObject.File, isDirectory: Bool, as identity: CallerIdentity
  ) {
    try? callers.run(as: identity) { () throws(Errno) in
      try Linux.remove(name, in: parent.descriptor, isDirectory: isDirectory)
    }
  }

  /// The object that was just made, by its name: a path is known of it then.
  private func named(
    _ name: [UInt8], _ parent: PosixObject.File, _ made: Descriptor
  ) throws(Nfsstat4) -> (PosixObject, PosixObject.File) {
    let status = try status(of: made)
    let descriptor: Descriptor
    if let found = try? open(name, parent, as: nil), let named = try? self.status(of: found),
      ChangesInFlight.Key(named) == ChangesInFlight.Key(status)
    {
      descriptor = found
    } else {
      // Renamed or removed already.
      descriptor = try reopen(made, flags: Linux.pathFlag | O_CLOEXEC, as: nil)
    }
    let mount = try mount(of: status, parent.export, near: parent.mount)
    let object = try object(
      descriptor, status, parent.export, mount, seenAs: (parent.identity, name))
    guard case .file(let file) = object.backing else { throw .NFS4ERR_SERVERFAULT }
    return (object, file)
  }

  private func synchronizeNew(
    _ made: Descriptor?, _ parent: PosixObject.File
  ) throws(Nfsstat4) {
    guard parent.export.definition.isSynchronous else { return }
    if let made { try synchronize(made) }
    try synchronize(parent, .NF4DIR)
  }

  // MARK: Everything else

  public func makeNode(
    _ type: Createtype4, named name: [UInt8], in directory: PosixObject,
    attributes: FileAttributes, for caller: Caller
  ) throws(Nfsstat4) -> NewObject<PosixObject, PosixFile> {
    let node = try Node(type)
    let (parent, identity) = try changeableDirectory(directory, [name], caller)
    let new = try NewAttributes(
      attributes, supported: Self.supportedAttributes(on: parent.mount), type: node.type,
      isNew: true)
    guard !isCovered(name, in: directory) else { throw .NFS4ERR_EXIST }
    let (made, change) = try changing(parent.descriptor, parent.mount) {
      () throws(Nfsstat4) in
      try make(node, name, parent, new, as: identity)
    }
    let mount = try mount(
      of: try status(of: made), parent.export, near: parent.mount)
    let object = try object(
      made, try status(of: made), parent.export, mount, seenAs: (parent.identity, name))
    if node.type == .NF4DIR, case .file(let file) = object.backing {
      try synchronize(file, .NF4DIR)
    }
    try synchronizeNew(nil, parent)
    return NewObject(
      object: object, file: nil, attributesSet: new.asked, directoryChange: change)
  }

  /// What CREATE can make here.
  private struct Node {
    var type: NfsFtype4
    /// The type's bits of `st_mode`.
    var typeBits: UInt32 = 0
    var device = Specdata4(specdata1: 0, specdata2: 0)
    var text: [UInt8] = []

    init(_ type: Createtype4) throws(Nfsstat4) {
      switch type {
      case .dir: self.type = .NF4DIR
      case .lnk(let text):
        guard !text.isEmpty, !text.contains(0) else { throw .NFS4ERR_INVAL }
        guard text.count < NFS4.linktextLimitBytes else { throw .NFS4ERR_NAMETOOLONG }
        self.type = .NF4LNK
        self.text = text
      case .fifo: (self.type, typeBits) = (.NF4FIFO, S_IFIFO)
      case .sock: (self.type, typeBits) = (.NF4SOCK, S_IFSOCK)
      case .blk(let device): (self.type, typeBits, self.device) = (.NF4BLK, S_IFBLK, device)
      case .chr(let device): (self.type, typeBits, self.device) = (.NF4CHR, S_IFCHR, device)
      case .reg, .attrdir, .namedattr: throw .NFS4ERR_BADTYPE
      }
      // As wide as the kernel's numbers are.
      guard device.specdata1 < 1 << 12, device.specdata2 < 1 << 20 else { throw .NFS4ERR_INVAL }
    }
  }

  private func make(
    _ node: Node, _ name: [UInt8], _ parent: PosixObject.File, _ new: NewAttributes,
    as identity: CallerIdentity
  ) throws(Nfsstat4) -> Descriptor {
    let directory = try status(of: parent.descriptor)
    let mode = newMode(new, parent, without: node.type == .NF4DIR ? 0o700 : 0o600)
    try callers.run(as: identity) { () throws(Errno) in
      try callers.checkCreating(in: directory, for: identity)
      switch node.type {
      case .NF4DIR: try Linux.makeDirectory(name, in: parent.descriptor, mode: mode)
      case .NF4LNK: try Linux.makeLink(name, in: parent.descriptor, text: node.text)
      default:
        let isDevice = node.type == .NF4BLK || node.type == .NF4CHR
        if case .checking = callers, isDevice, identity.uid != 0 { throw Errno(EPERM) }
        try Linux.makeNode(
          name, in: parent.descriptor, mode: node.typeBits | mode, device: node.device)
      }
    }
    do throws(Nfsstat4) {
      let made = try open(name, parent, as: nil)
      guard try status(of: made).type == node.type else { throw .NFS4ERR_DELAY }
      try complete(made, new, mode, nil, directory, as: identity)
      return made
    } catch {
      takeBack(name, parent, isDirectory: node.type == .NF4DIR, as: identity)
      throw error
    }
  }
}

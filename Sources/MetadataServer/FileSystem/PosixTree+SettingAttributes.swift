import Glibc
public import NFSServer
public import NFSv4

/// SETATTR, and the attributes of new objects.
extension PosixTree {
  public func supportedAttributes(of object: PosixObject) throws(Nfsstat4) -> Bitmap4 {
    guard case .file(let file) = object.backing else { return Self.knownAttributes }
    return Self.supportedAttributes(on: file.mount)
  }

  static func supportedAttributes(on mount: FileSystemMount) -> Bitmap4 {
    var all = knownAttributes.union(NewAttributes.settable)
    if !mount.hasACLs { all = Bitmap4(all.word0 & ~(1 << FATTR4.ACL), all.word1, all.word2) }
    if mount.cloneBlockBytes != nil { all.insert(bit: FATTR4.CLONE_BLKSIZE) }
    return all
  }

  public func exclusiveCreateAttributes(of object: PosixObject) throws(Nfsstat4) -> Bitmap4 {
    guard case .file(let file) = object.backing else { return Bitmap4() }
    return Self.exclusiveCreateAttributes(on: file.mount)
  }

  /// What can be set but for the times, which keep the verifier, and the size, which tells whether
  /// the file was used since.
  static func exclusiveCreateAttributes(on mount: FileSystemMount) -> Bitmap4 {
    let all = NewAttributes.settable.intersection(supportedAttributes(on: mount))
    let word1 = NewAttributes.times.word1 | 1 << (FATTR4.MODE_SET_MASKED - 32)
    return Bitmap4(
      all.word0 & ~(1 << FATTR4.SIZE), all.word1 & ~word1,
      all.word2 & ~(1 << (FATTR4.MODE_SET_MASKED - 64)))
  }

  public func setAttributes(
    _ attributes: FileAttributes, of object: PosixObject, through open: PosixFile?,
    for caller: Caller
  ) -> AttributeChange {
    var set = Bitmap4()
    do throws(Nfsstat4) {
      let (file, identity) = try changeable(object, caller)
      _ = try liveStatus(of: object, file)
      let new = try NewAttributes(
        attributes, supported: Self.supportedAttributes(on: file.mount), type: object.type,
        isNew: false)
      if new.asked.isEmpty { return AttributeChange(status: .NFS4_OK, set: set) }
      var resized = open
      if new.size != nil, open == nil {
        resized = try self.open(object, access: .write, ownerOverride: false, for: caller)
      }
      let status = try changing(file.descriptor, file.mount) { () throws(Nfsstat4) in
        do throws(Nfsstat4) {
          try self.set(new, of: file, through: resized, as: identity, &set)
          return Nfsstat4.NFS4_OK
        } catch {
          if set.isEmpty { throw error }
          return error
        }
      }.result
      try synchronize(file, object.type, through: open)
      return AttributeChange(status: status, set: set)
    } catch {
      return AttributeChange(status: error, set: set)
    }
  }

  /// Sets one after the other: see `FileTree.setAttributes`.
  private func set(
    _ new: NewAttributes, of file: PosixObject.File, through open: PosixFile?,
    as identity: CallerIdentity, _ set: inout Bitmap4
  ) throws(Nfsstat4) {
    if let size = new.size {
      guard let open, let writing = open.writing else { throw .NFS4ERR_OPENMODE }
      do throws(Errno) {
        try callers.attemptContent(as: identity) { () throws(Errno) in
          try Linux.setSize(of: writing, to: size)
        }
      } catch {
        // EINVAL: larger than the file system can.
        throw error.code == EINVAL ? .NFS4ERR_FBIG : Nfsstat4(error)
      }
      set.insert(bit: FATTR4.SIZE)
    }
    let descriptor = file.descriptor
    if new.uid != nil || new.gid != nil {
      let status = try status(of: descriptor)
      try callers.run(as: identity) { () throws(Errno) in
        try callers.checkGiving(status, uid: new.uid, gid: new.gid, for: identity)
        try Linux.setOwner(of: descriptor, uid: new.uid, gid: new.gid)
      }
      if new.uid != nil { set.insert(bit: FATTR4.OWNER) }
      if new.gid != nil { set.insert(bit: FATTR4.OWNER_GROUP) }
    }
    if let mode = new.mode {
      try setMode(mode, of: descriptor, as: identity)
      set.insert(
        bit: new.asked.contains(bit: FATTR4.MODE) ? FATTR4.MODE : FATTR4.MODE_SET_MASKED)
    }
    if let acl = new.acl {
      try setACL(acl, of: descriptor, as: identity)
      set.insert(bit: FATTR4.ACL)
    }
    if new.setsTimes {
      let status = try status(of: descriptor)
      try callers.run(as: identity) { () throws(Errno) in
        if new.access == .now, new.modify == .now, identity.uid != status.uid {
          try callers.checkWriting(status, for: identity)
        } else {
          try callers.checkOwning(status, for: identity)
        }
        try Linux.setTimes(of: descriptor, access: new.access, modify: new.modify)
      }
      if new.access != .unchanged { set.insert(bit: FATTR4.TIME_ACCESS_SET) }
      if new.modify != .unchanged { set.insert(bit: FATTR4.TIME_MODIFY_SET) }
    }
  }

  private func setMode(
    _ mode: NewAttributes.Mode, of descriptor: Descriptor, as identity: CallerIdentity
  ) throws(Nfsstat4) {
    let status = try status(of: descriptor)
    // Links have no mode of their own here, and clients send one nevertheless.
    if status.type == .NF4LNK { return }
    let wanted = mode.applied(to: UInt32(status.mode) & 0o7777)
    try callers.run(as: identity) { () throws(Errno) in
      try callers.checkOwning(status, for: identity)
      try Linux.setMode(
        of: descriptor, to: callers.settable(wanted, gid: status.gid, by: identity),
        descriptors: names)
    }
  }

  /// The object's ACL first: it is what clients see of it.
  func setACL(
    _ acl: NewAttributes.ACL, of descriptor: Descriptor, as identity: CallerIdentity
  ) throws(Nfsstat4) {
    let status = try status(of: descriptor)
    let encoded = acl.access.encoded
    let inherited = acl.inherited?.encoded
    do throws(Errno) {
      try callers.attempt(as: identity) { () throws(Errno) in
        try callers.checkOwning(status, for: identity)
        try Self.setExtendedAttribute(PosixACL.accessName, of: descriptor, to: encoded)
        guard status.isDirectory else { return }
        if let inherited {
          try Self.setExtendedAttribute(PosixACL.defaultName, of: descriptor, to: inherited)
          return
        }
        do throws(Errno) {
          try Linux.removeExtendedAttribute(PosixACL.defaultName, of: descriptor)
        } catch {
          if error.code != ENODATA { throw error }
        }
      }
    } catch {
      throw error.code == EOPNOTSUPP ? .NFS4ERR_ATTRNOTSUPP : Nfsstat4(error)
    }
  }

  private static func setExtendedAttribute(
    _ name: [UInt8], of descriptor: Descriptor, to value: [UInt8]
  ) throws(Errno) {
    var result: Result<Void, Errno> = .success(())
    value.withUnsafeBytes { bytes in
      result = Result { () throws(Errno) in
        try Linux.setExtendedAttribute(name, of: descriptor, to: bytes, flags: 0)
      }
    }
    try result.get()
  }

  // MARK: Stable storage

  /// Puts names or attributes on stable storage, where the export asks for it. Of what is neither a
  /// file nor a directory nothing can be said to the kernel; its directory takes it along.
  func synchronize(
    _ file: PosixObject.File, _ type: NfsFtype4, through open: PosixFile? = nil
  ) throws(Nfsstat4) {
    guard file.export.definition.isSynchronous else { return }
    if let open { return try synchronize(open.descriptor) }
    let kind: Int32
    switch type {
    case .NF4REG: kind = 0
    case .NF4DIR: kind = O_DIRECTORY
    default: return
    }
    do {
      let descriptor = try reopen(
        file.descriptor, flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC | kind, as: nil)
      try synchronize(descriptor)
    } catch {
      // Not readable for an unprivileged server.
      guard error == .NFS4ERR_ACCESS || error == .NFS4ERR_PERM else { throw error }
    }
  }

  func synchronize(_ descriptor: Descriptor) throws(Nfsstat4) {
    do throws(Errno) {
      try Linux.synchronize(descriptor)
    } catch {
      // What cannot be synchronised has nothing to lose (some special file systems).
      if error.code != EINVAL { throw Nfsstat4(error) }
    }
  }
}

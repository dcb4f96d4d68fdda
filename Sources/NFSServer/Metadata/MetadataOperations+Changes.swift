import NFSv4
import XDR

extension MetadataOperations {
  /// Operations that change objects, but for WRITE and OPEN, which come often.
  /// - Returns: whether the operation was one of them.
  func performChange(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) -> Bool {
    switch opnum {
    case .OP_COMMIT:
      try run.run(COMMIT.self, &encoder) { a throws(Nfsstat4) in try commit(a, context) }
    case .OP_SETATTR:
      try performSetattr(&run, &context, &encoder)
    case .OP_CREATE:
      try run.run(CREATE.self, &encoder) { a throws(Nfsstat4) in try create(a, &context) }
    case .OP_REMOVE:
      try run.run(REMOVE.self, &encoder) { a throws(Nfsstat4) in try remove(a, &context) }
    case .OP_RENAME:
      try run.run(RENAME.self, &encoder) { a throws(Nfsstat4) in try rename(a, &context) }
    case .OP_LINK:
      try run.run(LINK.self, &encoder) { a throws(Nfsstat4) in try link(a, &context) }
    default:
      return false
    }
    return true
  }

  /// Every status comes with the attributes that were set (RFC 8881 §18.30.2).
  private func performSetattr(
    _ run: inout CompoundRun, _ context: inout Context, _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    var attrsset = Bitmap4()
    do throws(OperationFailure) {
      try run.run(SETATTR.self, &encoder) { a throws(Nfsstat4) in
        try setattr(a, &context, attrsset: &attrsset)
      }
    } catch {
      guard !attrsset.isEmpty else { throw error }
      var refusal = XDREncoder()
      SETATTR.encodeRefusal(attrsset: attrsset, to: &refusal)
      throw OperationFailure(error.status, refusal: refusal.finishContiguous())
    }
  }

  // MARK: Files that others hold something of

  /// Makes sure that nobody holds anything of files that are about to change, and that nobody is
  /// given anything until `endChange`: see `MetadataState.beginChange`.
  /// - Returns: the files, for `endChange`. Objects other than regular files need none of this.
  /// - Parameter isAdmitted: the grace period was asked already.
  /// - Throws: NFS4ERR_DELAY while others have not given up what they hold; as `admitChange`.
  func beginChange(
    of objects: [Tree.Object], isAdmitted: Bool = false, _ context: inout Context
  ) throws(Nfsstat4) -> [NfsFh4] {
    if !isAdmitted { try admitChange() }
    var begun: [NfsFh4] = []
    var awaited: NfsFh4?
    let (clientid, now) = (context.clientid, now())
    for object in objects where object.type == .NF4REG {
      let file = object.handle.detached()
      guard !begun.contains(file), file != awaited else { continue }
      let (isReady, directives) = withState {
        $0.beginChange(file, by: clientid, now: now)
      }
      issue(directives)
      // All of them are asked for at once, whatever the first has to wait for.
      if isReady { begun.append(file) } else { awaited = awaited ?? file }
    }
    guard let awaited else { return begun }
    endChange(of: begun)
    context.awaited = awaited
    throw .NFS4ERR_DELAY
  }

  /// Makes sure that no other client has cached writes of a file that is about to be read.
  /// - Throws: NFS4ERR_DELAY while one may have.
  func recallWriter(of object: Tree.Object, _ context: inout Context) throws(Nfsstat4) {
    guard object.type == .NF4REG else { return }
    let (file, clientid, now) = (object.handle, context.clientid, now())
    guard !withState({ $0.isClear(file, forReading: clientid) }) else { return }
    let kept = file.detached()
    let (isReady, directives) = withState { $0.recallWriter(kept, for: clientid, now: now) }
    issue(directives)
    guard !isReady else { return }
    context.awaited = kept
    throw .NFS4ERR_DELAY
  }

  func endChange(of files: [NfsFh4]) {
    guard !files.isEmpty else { return }
    withState { state in
      for file in files { state.endChange(file) }
    }
  }

  /// The file that a stateid lets this caller read or write.
  ///
  /// The caller's own right is checked too: an open by one user is no licence for another one on
  /// the same client.
  /// - Returns: the file, and whether nothing of the client stands behind the stateid.
  func usable(
    _ object: Tree.Object, _ stateid: Stateid4, _ access: FileAccess, _ context: Context
  ) throws(Nfsstat4) -> (file: Tree.OpenFile, isSpecial: Bool) {
    let (file, clientid) = (object.handle, context.clientid)
    let use = try withState { state throws(Nfsstat4) in
      try state.use(stateid, clientid: clientid, file: file, access: access.rawValue)
    }
    var isSpecial = false
    switch use {
    case .open(let openFile, let opener):
      if opener == context.caller.principal { return (openFile, false) }
      let wanted: Access4 = access == .read ? [.READ, .EXECUTE] : [.MODIFY, .EXTEND]
      let granted = try tree.access(to: object, wanted: wanted.rawValue, for: context.caller)
      if granted != 0 { return (openFile, false) }
    case .delegation: break
    case .special: isSpecial = true
    }
    return (
      try tree.open(object, access: access, ownerOverride: true, for: context.caller), isSpecial
    )
  }

  /// The types that have content (RFC 8881 §18.22.3 and others).
  func requireRegular(_ object: Tree.Object) throws(Nfsstat4) {
    switch object.type {
    case .NF4REG: return
    case .NF4DIR: throw .NFS4ERR_ISDIR
    case .NF4LNK: throw .NFS4ERR_SYMLINK
    default: throw .NFS4ERR_WRONG_TYPE
    }
  }

  /// The attributes that a client wants set.
  /// - Throws: NFS4ERR_ATTRNOTSUPP for one that the object's file system has not, NFS4ERR_INVAL for
  ///   one that cannot be set, NFS4ERR_BADXDR.
  func settable(
    _ fattr: Fattr4, on object: Tree.Object
  ) throws(Nfsstat4) -> FileAttributes {
    let mask = fattr.attrmask
    guard !mask.isEmpty else { return FileAttributes() }
    guard mask.isSubset(of: try supportedAttributes(of: object)) else {
      throw .NFS4ERR_ATTRNOTSUPP
    }
    guard mask.isSubset(of: FileAttributes.writable) else { throw .NFS4ERR_INVAL }
    guard let attributes = try? FileAttributes(decoding: fattr) else { throw .NFS4ERR_BADXDR }
    return attributes
  }
}

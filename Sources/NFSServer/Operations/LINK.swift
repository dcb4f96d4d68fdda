import NFSv4

extension MetadataOperations {
  /// LINK (RFC 8881 §18.9): another name for the saved object in the current directory.
  func link(_ arguments: LINK4args, _ context: inout Context) throws(Nfsstat4) -> LINK4resok {
    let directory = try context.object()
    guard let object = context.saved else { throw .NFS4ERR_NOFILEHANDLE }
    guard object.type != .NF4DIR else { throw .NFS4ERR_ISDIR }
    guard directory.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    let changed = try beginChange(of: [object], &context)
    defer { endChange(of: changed) }
    let change = try tree.link(
      object, as: arguments.newname, in: directory, for: context.caller)
    return LINK4resok(cinfo: change)
  }
}

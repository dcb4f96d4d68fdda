import NFSv4

extension MetadataOperations {
  /// REMOVE (RFC 8881 §18.25). A file that is open goes on to be used by those who have it open.
  func remove(
    _ arguments: REMOVE4args, _ context: inout Context
  ) throws(Nfsstat4) -> REMOVE4resok {
    let directory = try context.object()
    guard directory.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    let victim = try tree.lookup(arguments.target, in: directory, for: context.caller)
    let changed = try beginChange(of: [victim], &context)
    defer { endChange(of: changed) }
    let change = try tree.remove(
      arguments.target, in: directory, expecting: .object(victim.handle), for: context.caller)
    return REMOVE4resok(cinfo: change)
  }
}

import NFSv4

extension MetadataOperations {
  /// LOCKT (RFC 8881 §18.11): whether a lock could be had now.
  /// - Parameter denied: what NFS4ERR_DENIED says.
  func lockt(
    _ arguments: LOCKT4args, _ context: Context, denied: inout LOCK4denied?
  ) throws(Nfsstat4) -> Void4 {
    let object = try context.object()
    try requireRegular(object)
    let request = try LockRequest(
      type: arguments.locktype, offset: arguments.offset, length: arguments.length)
    let (file, clientid) = (object.handle, context.clientid)
    let (owner, conflict) = withState { table in
      let owner = table.lockState(
        clientid: clientid, owner: arguments.owner.owner, file: file)
      return (owner, table.conflict(request, file: file, owner: owner))
    }
    if let conflict {
      denied = conflict
      throw .NFS4ERR_DENIED
    }
    var locks = owner.flatMap { rangeLocks[$0] }
    if locks == nil { locks = try tree.rangeLocks(on: try tree.openUnchecked(object)) }
    if let locks,
      let conflict = try tree.conflict(
        with: request.range, isExclusive: request.isExclusive, locks)
    {
      denied = self.denied(by: conflict)
      throw .NFS4ERR_DENIED
    }
    return Void4()
  }
}

import NFSv4

extension MetadataOperations {
  /// LOCKU (RFC 8881 §18.12).
  func locku(_ arguments: LOCKU4args, _ context: inout Context) throws(Nfsstat4) -> LOCKU4resok {
    let object = try context.object()
    try requireRegular(object)
    let request = try LockRequest(
      type: arguments.locktype, offset: arguments.offset, length: arguments.length)
    let stateid = try context.resolve(arguments.lockStateid)
    let (file, clientid) = (object.handle, context.clientid)
    let unlocked = try rangeLocks.withFile(file) { () throws(Nfsstat4) in
      _ = try withState { table throws(Nfsstat4) in
        try table.lock(stateid, clientid: clientid, file: file)
      }
      if let locks = rangeLocks[stateid.other] { try tree.unlock(request.range, locks) }
      guard let unlocked = withState({ $0.unlocked(request, stateid.other) }) else {
        throw .NFS4ERR_BAD_STATEID
      }
      return unlocked
    }
    context.currentStateid = unlocked
    return LOCKU4resok(lockStateid: unlocked)
  }
}

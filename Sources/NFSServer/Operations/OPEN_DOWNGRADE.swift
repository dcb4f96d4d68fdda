import NFSv4

extension MetadataOperations {
  /// OPEN_DOWNGRADE (RFC 8881 §18.18).
  func openDowngrade(
    _ arguments: OPEN_DOWNGRADE4args, _ context: inout Context
  ) throws(Nfsstat4) -> OPEN_DOWNGRADE4resok {
    let object = try context.object()
    try requireRegular(object)
    let file = object.handle
    let stateid = try context.resolve(arguments.openStateid)
    let access = arguments.shareAccess & OPEN4.SHARE_ACCESS_BOTH
    let clientid = context.clientid
    let changed = try withState { state throws(Nfsstat4) in
      try state.downgrade(
        stateid, clientid: clientid, file: file, access: access, deny: arguments.shareDeny)
    }
    context.currentStateid = changed
    return OPEN_DOWNGRADE4resok(openStateid: changed)
  }
}

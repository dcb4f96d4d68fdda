import NFSv4

extension MetadataOperations {
  /// LAYOUTRETURN (RFC 8881 §18.44).
  func layoutreturn(
    _ arguments: LAYOUTRETURN4args, _ context: inout Context
  ) throws(Nfsstat4) -> LAYOUTRETURN4resok {
    guard arguments.layoutType == .NFSV4_1_FILES else { throw .NFS4ERR_UNKNOWN_LAYOUTTYPE }
    // Layouts do not outlive the server, so none is there to be returned as reclaimed.
    guard !arguments.reclaim else { throw .NFS4ERR_NO_GRACE }
    let clientid = context.clientid
    switch arguments.layoutreturn {
    case .file(let returned):
      let file = try context.object().handle
      let stateid = try context.resolve(returned.stateid)
      let (left, directives) = try withState { state throws(Nfsstat4) in
        try state.layoutreturn(
          stateid, file: file, clientid: clientid, iomode: arguments.iomode)
      }
      issue(directives)
      if let left { context.currentStateid = left }
      return LAYOUTRETURN4resok(stateid: left)
    case .fsid, .all:
      // A client that gives back everything of one file system keeps nothing worth a list by file
      // system: layouts are cheap to get again.
      issue(withState { $0.layoutreturnAll(clientid: clientid) })
      return LAYOUTRETURN4resok(stateid: nil)
    }
  }
}

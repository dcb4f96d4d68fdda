import NFSv4

extension MetadataOperations {
  /// LAYOUTSTATS (RFC 7862 §15.7): counted. Where reads go is chosen by what data servers say of
  /// themselves.
  func layoutstats(
    _ arguments: LAYOUTSTATS4args, _ context: Context
  ) throws(Nfsstat4) -> Void4 {
    try checkLayout(arguments.stateid, context)
    guard arguments.layoutupdate.type == .NFSV4_1_FILES else {
      throw .NFS4ERR_UNKNOWN_LAYOUTTYPE
    }
    counters.layoutStatistics.add(1, ordering: .relaxed)
    return Void4()
  }

  /// - Throws: NFS4ERR_BAD_STATEID for what is not the client's layout of the current file.
  func checkLayout(_ stateid: Stateid4, _ context: Context) throws(Nfsstat4) {
    let (file, clientid) = (try context.object().handle, context.clientid)
    let stateid = try context.resolve(stateid)
    try withState { state throws(Nfsstat4) in
      try state.checkLayout(stateid, file: file, clientid: clientid)
    }
  }
}

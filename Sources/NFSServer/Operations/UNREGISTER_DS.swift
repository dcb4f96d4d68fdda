import NFSv4

extension MetadataOperations {
  /// UNREGISTER_DS: no new layout names the data server, and those that do are recalled.
  func unregisterDs(
    _ arguments: UNREGISTER_DS4args, _ context: Context
  ) throws(Nfsstat4) -> Void4 {
    let (clientid, now) = (context.clientid, now())
    let directives = try withState { state throws(Nfsstat4) in
      try state.unregister(arguments.stateid, clientid: clientid, now: now)
    }
    issue(directives)
    return Void4()
  }
}

import NFSv4

extension MetadataOperations {
  /// DELEGRETURN (RFC 8881 §18.6).
  func delegreturn(
    _ arguments: DELEGRETURN4args, _ context: Context
  ) throws(Nfsstat4) -> Void4 {
    let file = try context.object().handle
    let stateid = try context.resolve(arguments.delegStateid)
    let directives = try withState { state throws(Nfsstat4) in
      try state.delegreturn(stateid, clientid: context.clientid, file: file)
    }
    issue(directives)
    return Void4()
  }
}

import NFSv4

extension MetadataOperations {
  /// CLOSE (RFC 8881 §18.2).
  func close(_ arguments: CLOSE4args, _ context: inout Context) throws(Nfsstat4) -> CLOSE4resok {
    let file = try context.object().handle
    let stateid = try context.resolve(arguments.openStateid)
    let clientid = context.clientid
    let (_, directives) = try withState { state throws(Nfsstat4) in
      try state.close(stateid, clientid: clientid, file: file)
    }
    issue(directives)
    context.currentStateid = nil
    // The stateid is gone; what is returned must not be used (RFC 8881 §18.2.4).
    return CLOSE4resok(openStateid: .invalid)
  }
}

import NFSv4

extension MetadataOperations {
  /// FREE_STATEID (RFC 8881 §18.38).
  func freeStateid(_ arguments: FREE_STATEID4args, _ context: Context) throws(Nfsstat4) -> Void4 {
    let clientid = context.clientid
    let hasRevoked = try withState { state throws(Nfsstat4) in
      try state.free(arguments.stateid, clientid: clientid)
      return state.hasRevoked(clientid)
    }
    if !hasRevoked {
      sessions.withTable { $0.setRevoked(false, clientid: clientid) }
      acknowledgedRevocation(clientid)
    }
    return Void4()
  }
}

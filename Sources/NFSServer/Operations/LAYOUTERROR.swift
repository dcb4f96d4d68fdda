import NFSv4

extension MetadataOperations {
  /// LAYOUTERROR (RFC 7862 §15.6): counted. A client's word alone takes no data server away from
  /// the others: gossip knows who is gone, and the client itself is given another one.
  func layouterror(
    _ arguments: LAYOUTERROR4args, _ context: Context
  ) throws(Nfsstat4) -> Void4 {
    try checkLayout(arguments.stateid, context)
    counters.layoutErrors.add(UInt64(arguments.errors.count), ordering: .relaxed)
    return Void4()
  }
}

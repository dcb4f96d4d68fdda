public import NFSv4

extension SessionTable {
  /// RECLAIM_COMPLETE: the client has nothing more to reclaim (RFC 8881 §18.51).
  public mutating func reclaimComplete(
    _ arguments: RECLAIM_COMPLETE4args, clientid: Clientid4
  ) throws(Nfsstat4) {
    guard let record = clients[clientid] else { throw .NFS4ERR_STALE_CLIENTID }
    if arguments.oneFs { return }
    guard !record.hasReclaimed else { throw .NFS4ERR_COMPLETE_ALREADY }
    clients[clientid]?.hasReclaimed = true
  }
}

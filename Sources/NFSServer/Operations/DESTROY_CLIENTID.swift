public import NFSv4

extension SessionTable {
  /// DESTROY_CLIENTID (RFC 8881 §18.50).
  /// - Parameter hasState: the client still has opens, locks, delegations or layouts.
  public mutating func destroyClientid(
    _ arguments: DESTROY_CLIENTID4args, hasState: Bool
  ) throws(Nfsstat4) {
    guard let record = clients[arguments.clientid] else { throw .NFS4ERR_STALE_CLIENTID }
    guard record.sessions.isEmpty, !hasState else { throw .NFS4ERR_CLIENTID_BUSY }
    drop(record.clientid)
  }
}

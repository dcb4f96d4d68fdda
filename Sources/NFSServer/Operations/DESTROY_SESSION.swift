public import NFSv4

extension SessionTable {
  /// DESTROY_SESSION (RFC 8881 §18.37).
  public mutating func destroySession(
    _ arguments: DESTROY_SESSION4args, connection: UInt64
  ) throws(Nfsstat4) {
    guard let session = sessions[arguments.sessionid] else { throw .NFS4ERR_BADSESSION }
    guard backSlots[session.sessionid]?.contains(where: \.isBusy) != true else {
      throw .NFS4ERR_BACK_CHAN_BUSY
    }
    remove(session: session.sessionid)
    clients[session.clientid]?.sessions.removeAll { $0 == session.sessionid }
    if clients[session.clientid]?.sessions.isEmpty == true { becameIdle(session.clientid) }
  }
}

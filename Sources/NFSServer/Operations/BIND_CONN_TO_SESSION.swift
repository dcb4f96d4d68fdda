public import NFSv4

extension SessionTable {
  /// BIND_CONN_TO_SESSION: this connection carries the session's requests, callbacks or both
  /// (RFC 8881 §18.34).
  public mutating func bindConnToSession(
    _ arguments: BIND_CONN_TO_SESSION4args, connection: UInt64, now: Duration
  ) throws(Nfsstat4) -> BIND_CONN_TO_SESSION4resok {
    guard let session = sessions[arguments.sessid] else { throw .NFS4ERR_BADSESSION }
    let back = arguments.dir != .CDFC4_FORE
    bind(connection, to: arguments.sessid, back: back)
    clients[session.clientid]?.renewed = now
    let dir: ChannelDirFromServer4 =
      switch arguments.dir {
      case .CDFC4_FORE: .CDFS4_FORE
      case .CDFC4_BACK: .CDFS4_BACK
      case .CDFC4_FORE_OR_BOTH, .CDFC4_BACK_OR_BOTH: .CDFS4_BOTH
      }
    return BIND_CONN_TO_SESSION4resok(
      sessid: arguments.sessid, dir: dir, useConnInRdmaMode: false)
  }
}

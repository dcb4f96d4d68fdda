public import NFSv4

extension SessionTable {
  /// BACKCHANNEL_CTL: another program number or credential for callbacks (RFC 8881 §18.33).
  public mutating func backchannelCtl(
    _ arguments: BACKCHANNEL_CTL4args, sessionid: Sessionid4
  ) throws(Nfsstat4) {
    guard let credential = callbackCredential(arguments.secParms) else { throw .NFS4ERR_NOENT }
    sessions[sessionid]?.cbProgram = arguments.cbProgram
    sessions[sessionid]?.cbCredential = credential
  }
}

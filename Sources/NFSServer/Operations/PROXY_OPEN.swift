import NFSv4
import NIOCore
import ONCRPC
import XDR

extension MetadataOperations {
  /// PROXY_OPEN: may this client, as this principal, read this file with this stateid from the data
  /// server that asks?
  func proxyOpen(
    _ arguments: PROXY_OPEN4args, _ context: Context, connection: UInt64
  ) throws(Nfsstat4) -> PROXY_OPEN4resok {
    let server = context.clientid
    guard isProven(connection, context.ticket.sessionid),
      withState({ $0.dataServer(of: server) != nil }),
      sessions.withTable({ $0.hasBackchannel(server) })
    else { throw .NFS4ERR_PERM }
    try admitDataServer(server)
    guard arguments.access == OPEN4.SHARE_ACCESS_READ else { throw .NFS4ERR_INVAL }
    guard
      let reader = sessions.withTable({ $0.client(owner: arguments.client)?.clientid })
    else { throw .NFS4ERR_BAD_STATEID }
    let caller = try reading(arguments)
    let object = try tree.object(try routing.handle(routed: arguments.fh), for: caller)
    guard object.type == .NF4REG else { throw .NFS4ERR_WRONG_TYPE }
    guard tree.mayBeServedByPeers(object) else { throw .NFS4ERR_PNFS_NO_LAYOUT }
    let openFile = try tree.open(object, for: caller)
    let version = try tree.version(of: openFile)
    let file = object.handle.detached()
    saw(version.change, of: file)
    guard version.isSettled else { throw .NFS4ERR_PNFS_NO_LAYOUT }
    let (grant, delegation) = try withState { state throws(Nfsstat4) in
      try state.proxyOpen(
        file, stateid: arguments.stateid, reader: reader, server: server, change: version.change)
    }
    // The file may have changed between the look at its version and the grant.
    let again = try tree.version(of: openFile)
    guard again == version else {
      saw(again.change, of: file)
      throw .NFS4ERR_PNFS_NO_LAYOUT
    }
    return PROXY_OPEN4resok(
      fh: file, clientid: reader, proxyStateid: grant.stateid, change: version.change,
      size: version.size, lease: policy.leaseSeconds, delegation: delegation.stateid)
  }

  /// The caller that the data server speaks of.
  private func reading(_ arguments: PROXY_OPEN4args) throws(Nfsstat4) -> Caller {
    guard let credential = try? OpaqueAuth(xdr: arguments.cred),
      let principal = try? RPCPrincipal(credential),
      let from = Uaddr(arguments.from)
    else { throw .NFS4ERR_INVAL }
    return Caller(principal: principal, address: from.bytes)
  }
}

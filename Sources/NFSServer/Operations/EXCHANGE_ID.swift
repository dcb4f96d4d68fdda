public import NFSv4
public import ONCRPC

extension SessionTable {
  /// EXCHANGE_ID: a client introduces itself, again or anew (RFC 8881 §18.35.4, cases 1 to 9).
  /// - Parameter hasState: whether a client holds anything but sessions; only asked of those that
  ///   have none.
  public mutating func exchangeId(
    _ arguments: EXCHANGE_ID4args, principal: RPCPrincipal, address: [UInt8], now: Duration,
    hasState: (Clientid4) -> Bool = { _ in false }
  ) throws(Nfsstat4) -> EXCHANGE_ID4resok {
    guard isWellFormed(arguments.flags) else { throw .NFS4ERR_INVAL }
    switch arguments.stateProtect {
    case .none: break
    // Machine credentials need RPCSEC_GSS; no algorithm for SSV is offered.
    case .machCred: throw .NFS4ERR_INVAL
    case .ssv: throw .NFS4ERR_ENCR_ALG_UNSUPP
    }
    let owner = arguments.clientowner
    let key = PrincipalKey(principal)
    let confirmed = confirmedByOwner[owner.ownerid].flatMap { clients[$0] }
    if arguments.flags.contains(.UPD_CONFIRMED_REC_A) {
      guard let confirmed else { throw .NFS4ERR_NOENT }
      guard confirmed.owner.verifier == owner.verifier else { throw .NFS4ERR_NOT_SAME }
      guard confirmed.principal == key else { throw .NFS4ERR_PERM }
      return resok(confirmed)
    }
    if let confirmed {
      if confirmed.principal != key {
        // Somebody else uses this owner: theirs stays while it is in use.
        guard confirmed.sessions.isEmpty else { throw .NFS4ERR_CLID_INUSE }
        drop(confirmed.clientid)
      } else if confirmed.owner.verifier == owner.verifier {
        if let stale = unconfirmedByOwner[owner.ownerid] { drop(stale) }
        clients[confirmed.clientid]?.address = address
        return resok(confirmed)
      }
      // Another verifier: the client restarted. Its old state stays until the new client ID is
      // confirmed by CREATE_SESSION.
    }
    if let stale = unconfirmedByOwner[owner.ownerid] { drop(stale) }
    let record = ClientRecord(
      clientid: UInt64(identity.instance) << 32 | UInt64(nextClient), owner: owner,
      principal: key, address: address, now: now)
    nextClient &+= 1
    try admit(record, hasState: hasState)
    return resok(record)
  }

  private func isWellFormed(_ flags: Exchgid4Flags) -> Bool {
    let known: Exchgid4Flags = [
      .SUPP_MOVED_REFER, .SUPP_MOVED_MIGR, .SUPP_FENCE_OPS, .BIND_PRINC_STATEID, .MASK_PNFS,
      .UPD_CONFIRMED_REC_A,
    ]
    return flags.isSubset(of: known)
  }

  private func resok(_ record: ClientRecord) -> EXCHANGE_ID4resok {
    var flags = identity.roles
    if record.isConfirmed { flags.insert(.CONFIRMED_R) }
    return EXCHANGE_ID4resok(
      clientid: record.clientid, sequenceid: record.createSequence, flags: flags,
      stateProtect: .none, serverOwner: identity.owner, serverScope: identity.scope,
      serverImplId: identity.implementation)
  }
}

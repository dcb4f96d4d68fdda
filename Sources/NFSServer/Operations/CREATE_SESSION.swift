public import NFSv4
public import ONCRPC

extension SessionTable {
  /// CREATE_SESSION: confirms a client ID where needed and makes a session (RFC 8881 §18.36).
  ///
  /// Confirming drops the client's former instance: see `takeDropped`.
  /// - Parameter minorversion: of the COMPOUND, and so of the session's callbacks.
  public mutating func createSession(
    _ arguments: CREATE_SESSION4args, minorversion: UInt32, principal: RPCPrincipal,
    connection: UInt64, now: Duration, random: inout some RandomNumberGenerator
  ) throws(Nfsstat4) -> CREATE_SESSION4resok {
    guard let record = clients[arguments.clientid] else { throw .NFS4ERR_STALE_CLIENTID }
    // Before anything is told of the client: a session ID is all that a stranger would need.
    guard record.principal == PrincipalKey(principal) else { throw .NFS4ERR_CLID_INUSE }
    if arguments.sequence == record.createSequence &- 1, let reply = record.createReply {
      return try reply.get()
    }
    guard arguments.sequence == record.createSequence else { throw .NFS4ERR_SEQ_MISORDERED }
    // Not kept as this request's reply: the client sends it again with the same sequence.
    guard sessions.count < limits.sessions else { throw .NFS4ERR_DELAY }
    let reply: Result<CREATE_SESSION4resok, Nfsstat4>
    do {
      reply = .success(
        try makeSession(
          arguments, minorversion, client: record, connection: connection, random: &random))
    } catch {
      reply = .failure(error)
    }
    clients[arguments.clientid]?.createSequence &+= 1
    clients[arguments.clientid]?.createReply = reply
    if case .success = reply {
      clients[arguments.clientid]?.renewed = now
      confirm(arguments.clientid)
    }
    return try reply.get()
  }

  private mutating func confirm(_ clientid: Clientid4) {
    guard let record = clients[clientid], !record.isConfirmed else { return }
    if let former = confirmedByOwner[record.owner.ownerid] { drop(former) }
    unconfirmedByOwner[record.owner.ownerid] = nil
    confirmedByOwner[record.owner.ownerid] = clientid
    clients[clientid]?.isConfirmed = true
  }

  private mutating func makeSession(
    _ arguments: CREATE_SESSION4args, _ minorversion: UInt32, client: ClientRecord,
    connection: UInt64, random: inout some RandomNumberGenerator
  ) throws(Nfsstat4) -> CREATE_SESSION4resok {
    let known: CreateSession4Flags = [.PERSIST, .CONN_BACK_CHAN, .CONN_RDMA]
    guard arguments.flags.isSubset(of: known) else { throw .NFS4ERR_INVAL }
    guard client.sessions.count < limits.sessionsPerClient else { throw .NFS4ERR_NOSPC }
    let wantsBackchannel = arguments.flags.contains(.CONN_BACK_CHAN)
    let fore = try negotiatedFore(arguments.foreChanAttrs)
    let back = negotiatedBack(arguments.backChanAttrs)
    // Without a usable flavor there is no backchannel; the session itself is made all the same.
    let credential = callbackCredential(arguments.secParms)
    let sessionid = Sessionid4(high: client.clientid, low: random.next())
    sessions[sessionid] = Session(
      sessionid: sessionid, clientid: client.clientid, foreAttrs: fore, backAttrs: back,
      cbProgram: arguments.cbProgram, cbCredential: credential ?? .none,
      wantsBackchannel: wantsBackchannel, minorversion: minorversion)
    slots[sessionid] = Array(repeating: Slot(), count: Int(fore.maxrequests))
    backSlots[sessionid] = Array(repeating: BackSlot(), count: Int(back.maxrequests))
    clients[client.clientid]?.sessions.append(sessionid)
    let hasBackchannel = wantsBackchannel && credential != nil
    bind(connection, to: sessionid, back: hasBackchannel)
    return CREATE_SESSION4resok(
      sessionid: sessionid, sequence: arguments.sequence,
      flags: hasBackchannel ? .CONN_BACK_CHAN : [], foreChanAttrs: fore, backChanAttrs: back)
  }

  private func negotiatedFore(_ wanted: ChannelAttrs4) throws(Nfsstat4) -> ChannelAttrs4 {
    guard wanted.maxrequestsize >= SessionLimits.minRequestBytes,
      wanted.maxresponsesize >= SessionLimits.minResponseBytes,
      wanted.maxoperations >= SessionLimits.minOperations, wanted.maxrequests > 0
    else { throw .NFS4ERR_TOOSMALL }
    return ChannelAttrs4(
      headerpadsize: 0,
      maxrequestsize: min(wanted.maxrequestsize, limits.maxRequestBytes),
      maxresponsesize: min(wanted.maxresponsesize, limits.maxResponseBytes),
      maxresponsesizeCached: min(wanted.maxresponsesizeCached, limits.maxCachedResponseBytes),
      maxoperations: min(wanted.maxoperations, limits.maxOperations),
      maxrequests: min(wanted.maxrequests, limits.maxSlots), rdmaIrd: nil)
  }

  private func negotiatedBack(_ wanted: ChannelAttrs4) -> ChannelAttrs4 {
    ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: wanted.maxrequestsize,
      maxresponsesize: wanted.maxresponsesize,
      maxresponsesizeCached: wanted.maxresponsesizeCached, maxoperations: wanted.maxoperations,
      maxrequests: max(1, min(wanted.maxrequests, limits.maxBackSlots)), rdmaIrd: nil)
  }

  /// The first flavor offered that callbacks can be sent with.
  func callbackCredential(_ offered: [CallbackSecParms4]) -> OpaqueAuth? {
    for parms in offered {
      switch parms {
      case .none: return OpaqueAuth.none
      case .sys(let authsys): return authsys.credential
      case .gss: continue
      }
    }
    return nil
  }
}

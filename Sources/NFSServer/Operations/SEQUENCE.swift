public import NFSv4
public import NIOCore
import ONCRPC

/// What SEQUENCE decided.
public enum SequenceVerdict: Sendable {
  /// A new request: run it, then `completeSequence`.
  case run(SlotTicket, SEQUENCE4resok)
  /// A retry of a finished request: send this again.
  case replay([ByteBuffer])
  /// A retry of a request whose reply was not kept (RFC 8881 §15.1.10.3): SEQUENCE succeeds and
  /// the operation behind it gets NFS4ERR_RETRY_UNCACHED_REP.
  case uncached(SEQUENCE4resok)
}

extension SessionTable {
  /// Bytes of SEQUENCE's results with its number and status.
  private static let resultBytes = 8 + 36

  /// SEQUENCE: takes the slot of a new request, or recognises a retry (RFC 8881 §18.46, §2.10.6).
  /// - Parameters:
  ///   - fingerprint: of the request, to tell a retry from another request under its number.
  ///   - operationCount: of the COMPOUND; requestBytes: its length.
  public mutating func sequence(
    _ arguments: SEQUENCE4args, fingerprint: UInt64, operationCount: Int, requestBytes: Int,
    connection: UInt64, now: Duration
  ) throws(Nfsstat4) -> SequenceVerdict {
    guard let session = sessions[arguments.sessionid] else { throw .NFS4ERR_BADSESSION }
    guard arguments.slotid < session.foreAttrs.maxrequests else { throw .NFS4ERR_BADSLOT }
    guard arguments.highestSlotid >= arguments.slotid else { throw .NFS4ERR_BAD_HIGH_SLOT }
    guard requestBytes <= session.foreAttrs.maxrequestsize else { throw .NFS4ERR_REQ_TOO_BIG }
    guard operationCount <= session.foreAttrs.maxoperations else { throw .NFS4ERR_TOO_MANY_OPS }
    // Not even the reply to SEQUENCE alone could be kept (RFC 8881 §2.10.6.4).
    guard
      !arguments.cachethis
        || session.foreAttrs.maxresponsesizeCached >= CompoundRun.headerBytes + Self.resultBytes
    else { throw .NFS4ERR_REP_TOO_BIG_TO_CACHE }
    if !session.foreConnections.contains(connection) {
      bind(connection, to: session.sessionid, back: false)
    }
    let slotIndex = Int(arguments.slotid)
    guard let slot = slots[arguments.sessionid]?[slotIndex] else { throw .NFS4ERR_BADSLOT }
    if arguments.sequenceid == slot.sequenceid, slot.sequenceid != 0 || slot.fingerprint != 0 {
      return try retry(arguments, of: slot, fingerprint: fingerprint, session: session, now: now)
    }
    guard arguments.sequenceid == slot.sequenceid &+ 1 else { throw .NFS4ERR_SEQ_MISORDERED }
    if case .running = slot.state { throw .NFS4ERR_DELAY }
    cachedReplyBytes -= slot.cachedBytes
    slots[arguments.sessionid]?[slotIndex] = Slot(
      sequenceid: arguments.sequenceid, state: .running, fingerprint: fingerprint)
    clients[session.clientid]?.renewed = now
    let ticket = SlotTicket(
      clientid: session.clientid, sessionid: session.sessionid, connection: connection,
      slotid: arguments.slotid, sequenceid: arguments.sequenceid,
      cachethis: arguments.cachethis, maxResponseBytes: Int(session.foreAttrs.maxresponsesize),
      maxCachedResponseBytes: Int(session.foreAttrs.maxresponsesizeCached),
      maxOperations: Int(session.foreAttrs.maxoperations))
    return .run(ticket, resok(arguments, session))
  }

  private mutating func retry(
    _ arguments: SEQUENCE4args, of slot: Slot, fingerprint: UInt64, session: Session,
    now: Duration
  ) throws(Nfsstat4) -> SequenceVerdict {
    guard slot.fingerprint == fingerprint else { throw .NFS4ERR_SEQ_FALSE_RETRY }
    clients[session.clientid]?.renewed = now
    switch slot.state {
    case .running: throw .NFS4ERR_DELAY
    case .cached(let reply): return .replay(reply)
    case .idle: return .uncached(resok(arguments, session))
    }
  }

  /// Ends the request that took the slot, and keeps its reply where the client asked for it.
  public mutating func completeSequence(_ ticket: SlotTicket, reply: [ByteBuffer]) {
    let index = Int(ticket.slotid)
    guard slots[ticket.sessionid]?[index].sequenceid == ticket.sequenceid else { return }
    let replyBytes = reply.reduce(0) { $0 + $1.readableBytes }
    guard ticket.cachethis, replyBytes <= limits.cachedReplyBytes - cachedReplyBytes else {
      slots[ticket.sessionid]?[index].state = .idle
      return
    }
    cachedReplyBytes += replyBytes
    // Copies: a cached reply must not keep a pooled or a receive buffer.
    slots[ticket.sessionid]?[index].state =
      .cached(reply.map { ByteBuffer(bytes: $0.readableBytesView) })
  }

  private func resok(_ arguments: SEQUENCE4args, _ session: Session) -> SEQUENCE4resok {
    var flags: Seq4Status = []
    if session.wantsBackchannel, session.backConnections.isEmpty {
      flags.insert(.CB_PATH_DOWN_SESSION)
      if !hasBackchannel(session.clientid) { flags.insert(.CB_PATH_DOWN) }
    }
    if clients[session.clientid]?.hasRevokedState == true {
      flags.insert(.RECALLABLE_STATE_REVOKED)
    }
    let highest = session.foreAttrs.maxrequests - 1
    return SEQUENCE4resok(
      sessionid: arguments.sessionid, sequenceid: arguments.sequenceid, slotid: arguments.slotid,
      highestSlotid: highest, targetHighestSlotid: highest, statusFlags: flags)
  }
}

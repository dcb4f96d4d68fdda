public import NFSv4
import ONCRPC
import NIOCore

/// Clients, sessions and slots of one server: a metadata server or a data server.
///
/// A value: whoever holds it says what time it is and whom to ask for random numbers. What a call
/// makes obsolete (clients whose state has to go) is collected in `dropped` until taken.
public struct SessionTable: Sendable {
  public let identity: ServerIdentity
  public let limits: SessionLimits

  var clients: [Clientid4: ClientRecord] = [:]
  /// At most one confirmed and one unconfirmed record for an owner.
  var confirmedByOwner: [[UInt8]: Clientid4] = [:]
  var unconfirmedByOwner: [[UInt8]: Clientid4] = [:]
  var sessions: [Sessionid4: Session] = [:]
  /// The fore channel's slots with their reply cache, and the backchannel's, by session.
  var slots: [Sessionid4: [Slot]] = [:]
  var backSlots: [Sessionid4: [BackSlot]] = [:]
  var sessionsByConnection: [UInt64: Set<Sessionid4>] = [:]
  /// All clients, and those of each address.
  private var everybody = ClientGroup()
  private var bySource: [[UInt8]: ClientGroup] = [:]
  var nextClient: UInt32 = 1
  /// Bytes of all replies kept for retries.
  var cachedReplyBytes = 0
  var dropped: [ClientRecord] = []

  public init(identity: ServerIdentity, limits: SessionLimits = SessionLimits()) {
    self.identity = identity
    self.limits = limits
  }

  /// Clients, confirmed or not.
  public var clientCount: Int { clients.count }
  public var sessionCount: Int { sessions.count }

  /// A client by its ID.
  public func client(_ clientid: Clientid4) -> ClientRecord? { clients[clientid] }

  /// The confirmed client with this owner and verifier: the same instance of the same host.
  public func client(owner: ClientOwner4) -> ClientRecord? {
    guard let clientid = confirmedByOwner[owner.ownerid], let record = clients[clientid],
      record.owner.verifier == owner.verifier
    else { return nil }
    return record
  }

  /// Every confirmed client.
  public var confirmedClients: [ClientRecord] { clients.values.filter(\.isConfirmed) }

  /// Takes the clients that were dropped since the last call: their opens, delegations, layouts
  /// and registrations have to go.
  public mutating func takeDropped() -> [ClientRecord] {
    defer { dropped = [] }
    return dropped
  }

  /// Drops every client whose lease has run out.
  public mutating func expire(now: Duration) {
    let lease = Duration.seconds(Int64(identity.leaseSeconds))
    for record in clients.values {
      // Who does not go on to make a session is not waited for: such records cost nothing to make.
      let limit = record.isConfirmed ? lease : min(lease, .seconds(30))
      if now - record.renewed > limit { drop(record.clientid) }
    }
  }

  /// Drops a client that does not answer callbacks for a whole lease: whatever it says by its own
  /// requests, it cannot be told anything.
  public mutating func cutOff(_ clientid: Clientid4) {
    clients[clientid]?.isCutOff = true
    drop(clientid)
  }

  /// A connection is gone: nothing can be sent on it any more. Sessions outlive it.
  /// - Returns: the clients that used it.
  @discardableResult
  public mutating func connectionClosed(_ connection: UInt64) -> [Clientid4] {
    let bound = sessionsByConnection.removeValue(forKey: connection) ?? []
    for sessionid in bound {
      sessions[sessionid]?.backConnections.removeAll { $0 == connection }
      sessions[sessionid]?.foreConnections.remove(connection)
    }
    return bound.compactMap { sessions[$0]?.clientid }
  }

  /// Whether callbacks to a client can be sent now.
  public func hasBackchannel(_ clientid: Clientid4) -> Bool {
    clients[clientid]?.sessions.contains { sessions[$0]?.backConnections.isEmpty == false } ?? false
  }

  /// Whether delegations of a client were revoked and not freed: every SEQUENCE of it says so.
  public mutating func setRevoked(_ hasRevoked: Bool, clientid: Clientid4) {
    clients[clientid]?.hasRevokedState = hasRevoked
  }

  // MARK: Room for clients

  /// Enters a client that is not confirmed. Where a bound is reached, another one makes room: see
  /// `SessionLimits.clients`.
  /// - Throws: NFS4ERR_DELAY if there is none that could.
  mutating func admit(
    _ record: ClientRecord, hasState: (Clientid4) -> Bool
  ) throws(Nfsstat4) {
    if bySource[record.source]?.count ?? 0 >= limits.clientsPerAddress {
      let former = Self.expendable(
        in: &bySource[record.source, default: ClientGroup()], clients, hasState)
      guard let former else { throw .NFS4ERR_DELAY }
      drop(former)
    }
    if clients.count >= limits.clients {
      guard let former = Self.expendable(in: &everybody, clients, hasState) else {
        throw .NFS4ERR_DELAY
      }
      drop(former)
    }
    clients[record.clientid] = record
    unconfirmedByOwner[record.owner.ownerid] = record.clientid
    let clients = clients
    everybody.add(record.clientid) { clients[$0]?.isConfirmed == false }
    bySource[record.source, default: ClientGroup()].add(record.clientid) {
      clients[$0]?.isConfirmed == false
    }
  }

  private static func expendable(
    in group: inout ClientGroup, _ clients: [Clientid4: ClientRecord],
    _ hasState: (Clientid4) -> Bool
  ) -> Clientid4? {
    group.nextUnconfirmed { clients[$0]?.isConfirmed == false }
      ?? group.nextIdle(isIdle: { clients[$0]?.sessions.isEmpty == true }, hasState: hasState)
  }

  /// A client's last session is gone.
  mutating func becameIdle(_ clientid: Clientid4) {
    guard let record = clients[clientid] else { return }
    let clients = clients
    everybody.becameIdle(clientid) { clients[$0]?.sessions.isEmpty == true }
    bySource[record.source]?.becameIdle(clientid) { clients[$0]?.sessions.isEmpty == true }
  }

  /// Removes a client and its sessions; it appears in `takeDropped` if it was confirmed.
  mutating func drop(_ clientid: Clientid4) {
    guard let record = clients.removeValue(forKey: clientid) else { return }
    for sessionid in record.sessions { remove(session: sessionid) }
    everybody.remove()
    bySource[record.source]?.remove()
    if bySource[record.source]?.count == 0 { bySource[record.source] = nil }
    if confirmedByOwner[record.owner.ownerid] == clientid {
      confirmedByOwner[record.owner.ownerid] = nil
    }
    if unconfirmedByOwner[record.owner.ownerid] == clientid {
      unconfirmedByOwner[record.owner.ownerid] = nil
    }
    if record.isConfirmed { dropped.append(record) }
  }

  mutating func remove(session sessionid: Sessionid4) {
    guard let session = sessions.removeValue(forKey: sessionid) else { return }
    for slot in slots.removeValue(forKey: sessionid) ?? [] { cachedReplyBytes -= slot.cachedBytes }
    backSlots[sessionid] = nil
    for connection in session.foreConnections.union(session.backConnections) {
      sessionsByConnection[connection]?.remove(sessionid)
    }
  }

  /// Associates a connection with a session. With SP4_NONE this also happens implicitly by a
  /// request (RFC 8881 §2.10.3.1).
  mutating func bind(_ connection: UInt64, to sessionid: Sessionid4, back: Bool) {
    guard var session = sessions[sessionid] else { return }
    if session.foreConnections.count < Session.connectionLimit {
      session.foreConnections.insert(connection)
    }
    if back, !session.backConnections.contains(connection),
      session.backConnections.count < Session.connectionLimit
    {
      session.backConnections.append(connection)
    }
    sessions[sessionid] = session
    sessionsByConnection[connection, default: []].insert(sessionid)
  }

  // MARK: Backchannel

  /// Takes a slot of a backchannel of the client.
  /// - Returns: nil when there is no connection for callbacks or all slots are in use.
  public mutating func takeBackSlot(_ clientid: Clientid4) -> BackchannelTicket? {
    for sessionid in clients[clientid]?.sessions ?? [] {
      guard let session = sessions[sessionid], let connection = session.backConnections.last,
        let table = backSlots[sessionid], let slot = table.firstIndex(where: { !$0.isBusy })
      else { continue }
      backSlots[sessionid]?[slot].isBusy = true
      return BackchannelTicket(
        clientid: clientid, sessionid: sessionid, connection: connection, slotid: UInt32(slot),
        sequenceid: table[slot].sequenceid &+ 1,
        highestSlotid: UInt32(table.count - 1), program: session.cbProgram,
        credential: session.cbCredential, minorversion: session.minorversion)
    }
    return nil
  }

  /// The same slot and sequence id again, for a callback whose answer did not come: another one
  /// under that number could be answered with what the client keeps of the first.
  /// - Returns: nil while there is no connection for callbacks, or when the session is gone.
  public func renewed(_ ticket: BackchannelTicket) -> BackchannelTicket? {
    guard let session = sessions[ticket.sessionid], let connection = session.backConnections.last
    else { return nil }
    return BackchannelTicket(
      clientid: ticket.clientid, sessionid: ticket.sessionid, connection: connection,
      slotid: ticket.slotid, sequenceid: ticket.sequenceid, highestSlotid: ticket.highestSlotid,
      program: session.cbProgram, credential: session.cbCredential,
      minorversion: session.minorversion)
  }

  /// Whether the session that a ticket belongs to is still there.
  public func hasSession(of ticket: BackchannelTicket) -> Bool {
    sessions[ticket.sessionid] != nil
  }

  /// Gives a backchannel slot back.
  public mutating func releaseBackSlot(_ ticket: BackchannelTicket, _ fate: CallbackFate) {
    let slot = Int(ticket.slotid)
    guard let count = backSlots[ticket.sessionid]?.count, slot < count else { return }
    switch fate {
    case .seen: backSlots[ticket.sessionid]?[slot].sequenceid = ticket.sequenceid
    case .unseen: break
    case .misordered: backSlots[ticket.sessionid]?[slot].sequenceid = ticket.sequenceid &- 2
    }
    backSlots[ticket.sessionid]?[slot].isBusy = false
  }
}

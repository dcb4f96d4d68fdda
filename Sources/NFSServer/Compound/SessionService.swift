public import NFSv4
public import NIOCore
import ONCRPC
import Synchronization
public import XDR

/// Sessions and COMPOUND framing, shared by the metadata server and the data servers: everything
/// up to the first operation that means something to the role, and everything after the last.
///
/// Thread-safe. The role is told of clients that are gone by `onDropped`, outside of the lock.
public final class SessionService: Sendable {
  private let table: Mutex<SessionTable>
  private let now: @Sendable () -> Duration
  private let hasState: @Sendable (Clientid4) -> Bool
  private let onDropped: @Sendable ([ClientRecord]) -> Void
  public let limits: SessionLimits
  public let identity: ServerIdentity

  /// What to do with a call.
  public enum Opening: Sendable {
    /// Answer with this.
    case reply([ByteBuffer])
    /// Run the remaining operations and call `close`.
    case run(CompoundRun)
    /// The arguments are no COMPOUND: GARBAGE_ARGS.
    case garbage
  }

  /// - Parameters:
  ///   - now: a monotonic clock.
  ///   - hasState: whether a client still has opens, delegations or layouts; may be called with
  ///     the table locked.
  ///   - onDropped: called with clients that are gone: expired, destroyed or restarted.
  public init(
    identity: ServerIdentity, limits: SessionLimits = SessionLimits(),
    now: @escaping @Sendable () -> Duration,
    hasState: @escaping @Sendable (Clientid4) -> Bool,
    onDropped: @escaping @Sendable ([ClientRecord]) -> Void
  ) {
    self.table = Mutex(SessionTable(identity: identity, limits: limits))
    self.identity = identity
    self.limits = limits
    self.now = now
    self.hasState = hasState
    self.onDropped = onDropped
  }

  /// Looks at or changes the table. The closure must neither block nor call out.
  public func withTable<Result>(_ body: (inout sending SessionTable) -> sending Result)
    -> sending Result
  {
    table.withLock { body(&$0) }
  }

  /// Drops clients whose lease has run out. To be called about once a second.
  public func expire() {
    let now = now()
    let dropped = table.withLock { table in
      table.expire(now: now)
      return table.takeDropped()
    }
    if !dropped.isEmpty { onDropped(dropped) }
  }

  /// Drops a client that does not answer callbacks: see `SessionTable.cutOff`.
  public func cutOff(_ clientid: Clientid4) {
    let dropped = table.withLock { table in
      table.cutOff(clientid)
      return table.takeDropped()
    }
    if !dropped.isEmpty { onDropped(dropped) }
  }

  /// - Returns: the clients that used the connection.
  @discardableResult
  public func connectionClosed(_ connection: UInt64) -> [Clientid4] {
    table.withLock { $0.connectionClosed(connection) }
  }

  // MARK: COMPOUND

  /// Reads a COMPOUND's header and first operation.
  public func open(_ arguments: ByteBuffer, caller: Caller, connection: UInt64) -> Opening {
    var decoder = XDRDecoder(arguments)
    guard let header = try? CompoundArguments(from: &decoder) else { return .garbage }
    var run = CompoundRun(
      ticket: nil, caller: caller, header: header, connection: connection, decoder: decoder,
      maxResponseBytes: Int(limits.maxResponseBytes))
    guard (1...2).contains(header.minorversion) else {
      run.status = .NFS4ERR_MINOR_VERS_MISMATCH
      return .reply(run.finish())
    }
    guard header.operationCount > 0 else { return .reply(run.finish()) }
    var peek = decoder
    if let number = try? peek.uint32(), number == NfsOpnum4.OP_SEQUENCE.rawValue {
      return openInSession(
        header, decoder: decoder, requestBytes: arguments.readableBytes, caller: caller,
        connection: connection)
    }
    run.step { opnum, run, encoder throws(OperationFailure) in
      try self.performOutsideSession(opnum, &run, &encoder)
    }
    return .reply(run.finish())
  }

  private func openInSession(
    _ header: CompoundArguments, decoder: XDRDecoder, requestBytes: Int, caller: Caller,
    connection: UInt64
  ) -> Opening {
    let fingerprint = Self.fingerprint(header, requestBytes: requestBytes, caller: caller)
    let now = now()
    var verdict: SequenceVerdict?
    var failed = CompoundRun(
      ticket: nil, caller: caller, header: header, connection: connection, decoder: decoder,
      maxResponseBytes: Int(limits.maxResponseBytes))
    failed.step { _, run, encoder throws(OperationFailure) in
      try run.run(SEQUENCE.self, &encoder) { arguments throws(Nfsstat4) in
        // RPC header and COMPOUND header count too (RFC 8881 §18.36.3).
        let outcome = self.table.withLock { table -> Result<SequenceVerdict, Nfsstat4> in
          Result { () throws(Nfsstat4) in
            try table.sequence(
              arguments, fingerprint: fingerprint, operationCount: header.operationCount,
              requestBytes: requestBytes, connection: connection, now: now)
          }
        }
        let decided = try outcome.get()
        verdict = decided
        switch decided {
        case .run(_, let resok), .uncached(let resok): return resok
        case .replay: throw .NFS4ERR_SERVERFAULT
        }
      }
    }
    switch verdict {
    case .replay(let reply): return .reply(reply)
    case .uncached where header.operationCount == 1: return .reply(failed.finish())
    case .uncached:
      failed.step { _, _, _ throws(OperationFailure) in
        throw OperationFailure(.NFS4ERR_RETRY_UNCACHED_REP)
      }
      return .reply(failed.finish())
    case .run(let ticket, _):
      var run = CompoundRun(
        ticket: ticket, caller: caller, header: header, connection: connection,
        decoder: failed.decoder, maxResponseBytes: ticket.maxResponseBytes)
      run.encoder = failed.encoder
      run.resultCount = failed.resultCount
      return .run(run)
    case nil:
      return .reply(failed.finish())
    }
  }

  /// Ends a COMPOUND: the slot is free again and the reply kept where it was asked for.
  public func close(_ run: inout CompoundRun) -> [ByteBuffer] {
    let reply = run.finish()
    if let ticket = run.ticket {
      let kept = ticket.cachethis ? reply : []
      table.withLock { $0.completeSequence(ticket, reply: kept) }
    }
    return reply
  }

  private static func fingerprint(
    _ header: CompoundArguments, requestBytes: Int, caller: Caller
  ) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(header.operationCount)
    hasher.combine(requestBytes)
    hasher.combine(caller.principal)
    return UInt64(bitPattern: Int64(hasher.finalize())) | 1
  }

  // MARK: Operations of the session layer

  /// Operations that start a COMPOUND without SEQUENCE; each is alone in its COMPOUND
  /// (RFC 8881 §2.10.8.3).
  private func performOutsideSession(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    switch opnum {
    case .OP_EXCHANGE_ID, .OP_CREATE_SESSION, .OP_BIND_CONN_TO_SESSION, .OP_DESTROY_SESSION,
      .OP_DESTROY_CLIENTID:
      guard run.operationCount == 1 else { throw OperationFailure(.NFS4ERR_NOT_ONLY_OP) }
      try performSessionOperation(opnum, &run, &encoder)
    default:
      throw OperationFailure(.NFS4ERR_OP_NOT_IN_SESSION)
    }
  }

  /// Operations on clients and sessions, in a session or outside.
  /// - Returns: whether the operation was one of them.
  @discardableResult
  public func performSessionOperation(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ encoder: inout XDREncoder
  ) throws(OperationFailure) -> Bool {
    let (caller, connection, now) = (run.caller, run.connection, now())
    let minorversion = run.minorversion
    switch opnum {
    case .OP_SEQUENCE:
      throw OperationFailure(.NFS4ERR_SEQUENCE_POS)
    case .OP_EXCHANGE_ID:
      try run.run(EXCHANGE_ID.self, &encoder) { arguments throws(Nfsstat4) in
        try self.change { table throws(Nfsstat4) in
          try table.exchangeId(
            arguments, principal: caller.principal, address: caller.address, now: now,
            hasState: self.hasState)
        }
      }
    case .OP_CREATE_SESSION:
      try run.run(CREATE_SESSION.self, &encoder) { arguments throws(Nfsstat4) in
        var random = SystemRandomNumberGenerator()
        return try self.change { table throws(Nfsstat4) in
          try table.createSession(
            arguments, minorversion: minorversion, principal: caller.principal,
            connection: connection, now: now, random: &random)
        }
      }
    case .OP_BIND_CONN_TO_SESSION:
      // Alone in its COMPOUND, without SEQUENCE (RFC 8881 §18.34.3).
      guard run.operationCount == 1 else { throw OperationFailure(.NFS4ERR_NOT_ONLY_OP) }
      try run.run(BIND_CONN_TO_SESSION.self, &encoder) { arguments throws(Nfsstat4) in
        try self.change { table throws(Nfsstat4) in
          try table.bindConnToSession(arguments, connection: connection, now: now)
        }
      }
    case .OP_DESTROY_SESSION:
      try performDestroySession(&run, &encoder)
    case .OP_DESTROY_CLIENTID:
      try run.run(DESTROY_CLIENTID.self, &encoder) { arguments throws(Nfsstat4) in
        let hasState = self.hasState(arguments.clientid)
        return try self.change { table throws(Nfsstat4) in
          try table.destroyClientid(arguments, hasState: hasState)
          return Void4()
        }
      }
    case .OP_BACKCHANNEL_CTL, .OP_RECLAIM_COMPLETE, .OP_SET_SSV:
      try performInSession(opnum, &run, &encoder)
    default:
      return false
    }
    return true
  }

  private func performDestroySession(
    _ run: inout CompoundRun, _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    let (ticket, connection, isLast) = (run.ticket, run.connection, run.isLastOperation)
    try run.run(DESTROY_SESSION.self, &encoder) { arguments throws(Nfsstat4) in
      // A session may only be destroyed by its own COMPOUND at its end (RFC 8881 §18.37.3).
      guard ticket?.sessionid != arguments.sessionid || isLast else { throw .NFS4ERR_NOT_ONLY_OP }
      return try self.change { table throws(Nfsstat4) in
        try table.destroySession(arguments, connection: connection)
        return Void4()
      }
    }
  }

  private func performInSession(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    guard let ticket = run.ticket else { throw OperationFailure(.NFS4ERR_OP_NOT_IN_SESSION) }
    switch opnum {
    case .OP_BACKCHANNEL_CTL:
      try run.run(BACKCHANNEL_CTL.self, &encoder) { arguments throws(Nfsstat4) in
        try self.change { table throws(Nfsstat4) in
          try table.backchannelCtl(arguments, sessionid: ticket.sessionid)
          return Void4()
        }
      }
    case .OP_RECLAIM_COMPLETE:
      try run.run(RECLAIM_COMPLETE.self, &encoder) { arguments throws(Nfsstat4) in
        try self.change { table throws(Nfsstat4) in
          try table.reclaimComplete(arguments, clientid: ticket.clientid)
          return Void4()
        }
      }
    default:
      // SET_SSV without SP4_SSV (RFC 8881 §18.47.3).
      try run.refuse(.OP_SET_SSV, .NFS4ERR_INVAL)
    }
  }

  /// Changes the table under the lock and tells the role of clients that went with it.
  private func change<Value: Sendable>(
    _ body: (inout SessionTable) throws(Nfsstat4) -> Value
  ) throws(Nfsstat4) -> Value {
    let (outcome, dropped) = table.withLock { table in
      let outcome = Result { () throws(Nfsstat4) in try body(&table) }
      return (outcome, table.takeDropped())
    }
    if !dropped.isEmpty { onDropped(dropped) }
    return try outcome.get()
  }
}

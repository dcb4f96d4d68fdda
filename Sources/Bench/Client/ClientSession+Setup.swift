import NFSv4
import NIOCore
import ONCRPC
import Transport
import XDR

/// Making a session, as a stock client does.
extension ClientSession {
  /// EXCHANGE_ID and CREATE_SESSION.
  /// - Throws: `stateLost` if the server does not know this client any more, and what it had
  ///   opened there.
  func establish(on connection: RPCConnection) async throws {
    let identity = configuration.identity
    var flags: Exchgid4Flags = [.SUPP_MOVED_REFER, .BIND_PRINC_STATEID]
    if configuration.role == .data { flags.insert(.USE_PNFS_DS) }
    let client = try await alone(
      EXCHANGE_ID.self,
      EXCHANGE_ID4args(
        clientowner: identity.owner, flags: flags, stateProtect: .none, clientImplId: nil),
      on: connection)
    if configuration.role == .data, !client.flags.contains(.USE_PNFS_DS) {
      throw ClientError.unusable("\(configuration.server) is no data server")
    }
    let (sequence, isOther) = state.withLock { state in
      let isConfirmed = client.flags.contains(.CONFIRMED_R) && state.clientid == client.clientid
      return (
        isConfirmed ? state.createSequence : client.sequenceid,
        state.session != nil && state.clientid != client.clientid
      )
    }
    if isOther, configuration.role == .metadata { throw ClientError.stateLost }
    let session = try await alone(
      CREATE_SESSION.self,
      CREATE_SESSION4args(
        clientid: client.clientid, sequence: sequence, flags: [.PERSIST, .CONN_BACK_CHAN],
        foreChanAttrs: ChannelAttrs4(
          headerpadsize: 0, maxrequestsize: 1_049_620, maxresponsesize: 1_049_480,
          maxresponsesizeCached: 7584, maxoperations: 8, maxrequests: configuration.slotCount,
          rdmaIrd: nil),
        backChanAttrs: ChannelAttrs4(
          headerpadsize: 0, maxrequestsize: 4096, maxresponsesize: 4096,
          maxresponsesizeCached: 0, maxoperations: 2, maxrequests: BackSlotTable.slotCount,
          rdmaIrd: nil),
        cbProgram: Self.callbackProgram,
        secParms: [.sys(AuthsysParms(uid: 0, gid: 0))]),
      on: connection)
    state.withLock { state in
      state.session = session.sessionid
      state.clientid = client.clientid
      state.createSequence = sequence &+ 1
      state.slots = SlotTable(
        count: Int(min(configuration.slotCount, session.foreChanAttrs.maxrequests)))
      state.backSlots = BackSlotTable()
      state.maxResponseBytes = Int(session.foreChanAttrs.maxresponsesize)
    }
  }

  /// RECLAIM_COMPLETE, which a stock client sends to data servers too.
  func reclaimComplete() async throws {
    do {
      try await call { builder in
        builder.append(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: false))
      } read: { results throws(CompoundError) in
        _ = try results.next(RECLAIM_COMPLETE.self)
      }
    } catch ClientError.status(.NFS4ERR_COMPLETE_ALREADY, operation: _) {
      // The client ID is older than the session.
    }
  }

  /// The session is gone: makes another one on the same connection, unless that is under way.
  func renew(on connection: RPCConnection) {
    let mustRenew = state.withLock { state in
      guard case .connected(let current) = state.phase, current.id == connection.id else {
        return false
      }
      state.phase = .renewing(connection)
      return true
    }
    guard mustRenew else { return }
    logger.debug("session lost", metadata: ["server": "\(configuration.server)"])
    Task {
      do {
        try await self.establish(on: connection)
        self.state.withLock { state in
          // Slots and numbers of the former session mean nothing in this one.
          for sending in state.stranded.reversed() { state.waiting.prepend(sending.request) }
          state.stranded = []
        }
        self.adopt(connection)
      } catch let error as ClientError where error == .stateLost {
        self.finish(error)
      } catch {
        // The connection is lost too, or of no use: what else can be said is said on the next.
        connection.close()
        self.lost(connection)
      }
    }
  }

  /// The server says that its callbacks do not arrive: this connection carries them from now on.
  func bind(_ connection: RPCConnection) {
    let session = state.withLock { state -> Sessionid4? in
      guard !state.isBinding else { return nil }
      state.isBinding = state.session != nil
      return state.session
    }
    guard let session else { return }
    Task {
      _ = try? await self.alone(
        BIND_CONN_TO_SESSION.self,
        BIND_CONN_TO_SESSION4args(
          sessid: session, dir: .CDFC4_FORE_OR_BOTH, useConnInRdmaMode: false),
        on: connection)
      self.state.withLock { $0.isBinding = false }
    }
  }

  /// An operation that stands alone in its COMPOUND, without SEQUENCE (RFC 8881 §2.10.8.3), by the
  /// machine's principal.
  func alone<Op: NfsOperation & SendableMetatype>(
    _ operation: Op.Type, _ arguments: Op.Arguments, on connection: RPCConnection,
    timeout: TimeAmount = ClientSession.setupTimeout
  ) async throws -> Op.Resok {
    for _ in 0..<Self.delayLimit {
      var builder = CompoundBuilder(minorversion: configuration.identity.minorversion)
      builder.append(operation, arguments)
      do {
        let reply = try await connection.call(
          program: NFS4.program, version: NFS4.version, procedure: NFS4.PROC_COMPOUND,
          credential: configuration.identity.machine, arguments: builder.finish(),
          timeout: timeout
        ).get()
        var results = try CompoundResults(reply)
        return try results.next(operation)
      } catch CompoundError.status(.NFS4ERR_DELAY, operation: _) {
        try await Task.sleep(for: Self.delayPause)
      } catch let error as CompoundError {
        throw ClientError(error)
      } catch let error as XDRError {
        throw ClientError.malformed("\(error)")
      } catch let error as RPCCallError {
        throw ClientError.disconnected("\(Op.opnum): \(error)")
      }
    }
    throw ClientError.status(.NFS4ERR_DELAY, operation: "\(Op.opnum)")
  }

  /// How often, and at what intervals, a server that says NFS4ERR_DELAY is asked again.
  static var delayLimit: Int { 600 }
  static var delayPause: Duration { .milliseconds(100) }
}

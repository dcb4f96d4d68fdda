import NFSv4
import NIOCore
import ONCRPC
import Transport
import XDR

/// Making a session, or finding the one there is.
extension MetadataClient {
  /// Binds the connection to the session there is, or makes a new one.
  /// - Returns: whether it is new.
  func ensureSession(on connection: RPCConnection) async throws -> Bool {
    if state.withLock({ $0.session }) != nil {
      do {
        try await bind(connection)
        return false
      } catch ConnectionFailure.sessionLost {}
    }
    try await makeSession(on: connection)
    return true
  }

  /// This connection carries requests and callbacks of the session.
  func bind(_ connection: RPCConnection) async throws {
    guard let session = state.withLock({ $0.session }) else { throw ConnectionFailure.sessionLost }
    do {
      let resok = try await raw(
        BIND_CONN_TO_SESSION.self,
        BIND_CONN_TO_SESSION4args(
          sessid: session, dir: .CDFC4_FORE_OR_BOTH, useConnInRdmaMode: false),
        on: connection)
      guard resok.dir != .CDFS4_BACK else {
        throw ConnectionFailure.malformed("BIND_CONN_TO_SESSION")
      }
    } catch ConnectionFailure.refused(let operation, let status) {
      guard status != .NFS4ERR_DELAY else { throw ConnectionFailure.refused(operation, status) }
      logger.notice(
        "session with the metadata server is gone", metadata: ["status": "\(status)"])
      forgetSession(session)
      throw ConnectionFailure.sessionLost
    }
  }

  private func forgetSession(_ session: Sessionid4) { sessionLost(session) }

  private func makeSession(on connection: RPCConnection) async throws {
    let client = try await raw(
      EXCHANGE_ID.self,
      EXCHANGE_ID4args(
        clientowner: configuration.owner, flags: [], stateProtect: .none, clientImplId: nil),
      on: connection)
    // A data server, for one, which another peer is: it would take no registration.
    guard !client.flags.contains(.USE_PNFS_DS) || client.flags.contains(.USE_PNFS_MDS) else {
      throw MetadataClientError.serverKnowsNoPeers
    }
    let fore = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 64 * 1024, maxresponsesize: 64 * 1024,
      maxresponsesizeCached: 4 * 1024, maxoperations: 8, maxrequests: Self.slotCount, rdmaIrd: nil)
    let back = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 128 * 1024, maxresponsesize: 4 * 1024,
      maxresponsesizeCached: 4 * 1024, maxoperations: 8, maxrequests: BackSlotTable.slotCount,
      rdmaIrd: nil)
    let session = try await raw(
      CREATE_SESSION.self,
      CREATE_SESSION4args(
        clientid: client.clientid, sequence: client.sequenceid, flags: .CONN_BACK_CHAN,
        foreChanAttrs: fore, backChanAttrs: back, cbProgram: Self.callbackProgram,
        secParms: [.sys(AuthsysParms(uid: 0, gid: 0))]),
      on: connection)
    state.withLock { state in
      state.session = session.sessionid
      state.clientid = client.clientid
      state.slots = SlotTable(count: Int(min(Self.slotCount, session.foreChanAttrs.maxrequests)))
      state.backSlots = BackSlotTable()
      state.isCallbackPathDown = !session.flags.contains(.CONN_BACK_CHAN)
    }
    logger.info("session with the metadata server")
  }

  func reclaimComplete() async throws {
    do {
      _ = try await call(
        RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: false), kind: .once)
    } catch RequestFailure.status(.NFS4ERR_COMPLETE_ALREADY) {
      // The client ID is older than the session.
    }
  }

  /// An operation that stands alone in its COMPOUND, without SEQUENCE (RFC 8881 §2.10.8.3).
  func raw<Op: NfsOperation & SendableMetatype>(
    _ operation: Op.Type, _ arguments: Op.Arguments, on connection: RPCConnection,
    timeout: TimeAmount = MetadataClient.requestTimeout
  ) async throws -> Op.Resok {
    var builder = CompoundBuilder(minorversion: Self.minorversion)
    builder.append(operation, arguments)
    let name = "\(Op.opnum)"
    do {
      let reply = try await connection.call(
        program: NFS4.program, version: NFS4.version, procedure: NFS4.PROC_COMPOUND,
        credential: configuration.credential, arguments: builder.finish(), timeout: timeout
      ).get()
      var results = try CompoundResults(reply)
      return try results.next(operation)
    } catch CompoundError.status(let status, _) {
      throw ConnectionFailure.refused(name, status)
    } catch is CompoundError {
      throw ConnectionFailure.malformed(name)
    } catch is XDRError {
      throw ConnectionFailure.malformed(name)
    } catch let error as RPCCallError {
      throw ConnectionFailure.noAnswer("\(name): \(error)")
    }
  }
}

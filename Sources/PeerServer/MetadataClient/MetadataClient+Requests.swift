import NFSv4
import NIOCore
import ONCRPC
import Transport
import XDR

/// Requests in the session's slots.
extension MetadataClient {
  /// One COMPOUND behind SEQUENCE.
  struct Request: Sendable {
    enum Kind: Sendable {
      /// Fails with the connection. Whether it was run is unknown then.
      case once
      /// Harmless when run twice: sent again on the next connection.
      case repeatable
    }

    var kind: Kind
    var timeout = MetadataClient.requestTimeout
    /// Appends the operations behind SEQUENCE.
    var build: @Sendable (inout CompoundBuilder) -> Void
    /// Called once, on the connection's event loop as the reply arrives, so before any callback
    /// that follows it on the wire; or wherever it is found that there will be none.
    var completion: @Sendable (Result<CompoundResults, RequestFailure>) -> Void
  }

  /// Sends a request, now or when there is a slot for it.
  func submit(_ request: Request) {
    let isTaken = state.withLock { state in
      guard state.session != nil, state.waiting.count < Self.waitingLimit else { return false }
      state.waiting.append(request)
      return true
    }
    guard isTaken else { return request.completion(.failure(.unavailable)) }
    pump()
  }

  /// Sends what waits, as far as there are slots.
  func pump() {
    while true {
      let next = state.withLock { state -> Sending? in
        guard let connection = state.connection, let session = state.session,
          let request = state.waiting.first, let use = state.slots.take()
        else { return nil }
        state.waiting.removeFirst()
        return Sending(
          request: request, use: use, highestSlotid: max(use.slotid, state.slots.highestInUse),
          connection: connection, session: session)
      }
      guard let next else { return }
      send(next)
    }
  }

  /// A request with all that its reply is judged by.
  struct Sending: Sendable {
    var request: Request
    var use: SlotTable.Use
    var highestSlotid: UInt32
    var connection: RPCConnection
    var session: Sessionid4
    /// A SEQUENCE alone that finds out about a slot in doubt.
    var isProbe = false
  }

  /// Finds out whether the request that had a slot when the connection broke was run: a SEQUENCE
  /// alone under the same number is new to the server, or a retry that it refuses. Either way the
  /// number is used up afterwards.
  func probe(_ use: SlotTable.Use) {
    let target = state.withLock { state in
      state.connection.flatMap { connection in state.session.map { (connection, $0) } }
    }
    guard let (connection, session) = target else {
      return state.withLock { $0.slots.doubt(use) }
    }
    let request = Request(kind: .once, build: { _ in }, completion: { _ in })
    send(
      Sending(
        request: request, use: use, highestSlotid: Self.slotCount - 1, connection: connection,
        session: session, isProbe: true))
  }

  private func send(_ sending: Sending) {
    var builder = CompoundBuilder(minorversion: Self.minorversion)
    builder.append(
      SEQUENCE.self,
      SEQUENCE4args(
        sessionid: sending.session, sequenceid: sending.use.sequenceid,
        slotid: sending.use.slotid, highestSlotid: sending.highestSlotid, cachethis: false))
    sending.request.build(&builder)
    let sentAt = MonotonicClock.now()
    sending.connection.call(
      program: NFS4.program, version: NFS4.version, procedure: NFS4.PROC_COMPOUND,
      credential: configuration.credential, arguments: builder.finish(),
      timeout: sending.request.timeout
    ).whenComplete { result in
      switch result {
      case .success(let reply): self.received(reply, for: sending, sentAt: sentAt)
      case .failure(let error): self.failed(error, sending)
      }
    }
  }

  private func received(_ reply: ByteBuffer, for sending: Sending, sentAt: Duration) {
    guard var results = try? CompoundResults(reply) else {
      return failed(RPCCallError.closed, sending, isMalformed: true)
    }
    do throws(CompoundError) {
      let sequence = try results.next(SEQUENCE.self)
      guard sequence.sessionid == sending.session, sequence.slotid == sending.use.slotid,
        sequence.sequenceid == sending.use.sequenceid
      else { return failed(RPCCallError.closed, sending, isMalformed: true) }
      let isCurrent = state.withLock { state in
        guard state.session == sending.session else { return false }
        state.slots.release(sending.use, wasUsed: true)
        if !sequence.statusFlags.isDisjoint(with: [.CB_PATH_DOWN, .CB_PATH_DOWN_SESSION]) {
          state.isCallbackPathDown = true
        }
        return true
      }
      // What a former session granted is void.
      guard isCurrent else { return sending.request.completion(.failure(.unavailable)) }
      grants.lease.renewed(sentAt: sentAt)
      sending.request.completion(.success(results))
      pump()
    } catch {
      guard case .status(let status, _) = error else {
        return failed(RPCCallError.closed, sending, isMalformed: true)
      }
      sequenceRefused(status, sending)
    }
  }

  private func sequenceRefused(_ status: Nfsstat4, _ sending: Sending) {
    switch status {
    case .NFS4ERR_DELAY:
      // What had the slot before still runs over there.
      sending.connection.eventLoop.scheduleTask(in: .milliseconds(50)) {
        self.send(sending)
      }
    case .NFS4ERR_SEQ_FALSE_RETRY where sending.isProbe:
      state.withLock { state in
        guard state.session == sending.session else { return }
        state.slots.release(sending.use, wasUsed: true)
      }
      pump()
    case .NFS4ERR_CONN_NOT_BOUND_TO_SESSION:
      failed(RPCCallError.closed, sending)
      sending.connection.close()
    default:
      logger.notice(
        "session with the metadata server is gone", metadata: ["status": "\(status)"])
      sending.request.completion(.failure(.unavailable))
      sessionLost(sending.session)
    }
  }

  /// There was no answer, or none that can be believed: the connection is given up.
  private func failed(_ error: any Error, _ sending: Sending, isMalformed: Bool = false) {
    if error as? RPCCallError == .tooManyCalls {
      state.withLock { $0.slots.release(sending.use, wasUsed: false) }
      return sending.request.completion(.failure(.unavailable))
    }
    let waitsAgain = state.withLock { state in
      guard state.session == sending.session else { return false }
      state.slots.doubt(sending.use)
      guard sending.request.kind == .repeatable, !isMalformed else { return false }
      state.waiting.prepend(sending.request)
      return true
    }
    sending.connection.close()
    if !waitsAgain {
      sending.request.completion(.failure(isMalformed ? .malformed : .unavailable))
    }
  }

  // MARK: One operation

  /// Sends one operation.
  /// - Parameter completion: see `Request.completion`.
  func call<Op: NfsOperation & SendableMetatype>(
    _ operation: Op.Type, _ arguments: Op.Arguments, kind: Request.Kind,
    timeout: TimeAmount = MetadataClient.requestTimeout,
    completion: @escaping @Sendable (Result<Op.Resok, RequestFailure>) -> Void
  ) {
    submit(
      Request(
        kind: kind, timeout: timeout, build: { $0.append(Op.self, arguments) },
        completion: { result in
          completion(result.flatMap { Self.next(Op.self, of: $0) })
        }))
  }

  static func next<Op: NfsOperation & SendableMetatype>(
    _ operation: Op.Type, of results: CompoundResults
  ) -> Result<Op.Resok, RequestFailure> {
    var results = results
    do throws(CompoundError) {
      return .success(try results.next(operation))
    } catch {
      guard case .status(let status, _) = error else { return .failure(.malformed) }
      return .failure(.status(status))
    }
  }

  func call<Op: NfsOperation & SendableMetatype>(
    _ operation: Op.Type, _ arguments: Op.Arguments, kind: Request.Kind,
    timeout: TimeAmount = MetadataClient.requestTimeout
  ) async throws -> Op.Resok {
    try await withCheckedThrowingContinuation { continuation in
      call(operation, arguments, kind: kind, timeout: timeout) { result in
        continuation.resume(with: result)
      }
    }
  }

  /// Gives a delegation back. A server that asks for patience is asked again, some times.
  func returnDelegation(_ stateid: Stateid4, of file: NfsFh4, attemptsLeft: Int = 20) {
    submit(
      Request(
        kind: .repeatable,
        build: { builder in
          builder.append(PUTFH.self, PUTFH4args(object: file))
          builder.append(DELEGRETURN.self, DELEGRETURN4args(delegStateid: stateid))
        },
        completion: { result in
          guard case .success(let results) = result, results.status == .NFS4ERR_DELAY,
            attemptsLeft > 1
          else { return }
          self.group.any().scheduleTask(in: .milliseconds(200)) {
            self.returnDelegation(stateid, of: file, attemptsLeft: attemptsLeft - 1)
          }
        }))
  }
}

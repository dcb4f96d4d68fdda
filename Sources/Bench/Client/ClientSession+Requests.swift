public import NFSv4
import NIOCore
public import ONCRPC
import Transport
import XDR

/// Requests in the session's slots.
extension ClientSession {
  /// One COMPOUND behind SEQUENCE.
  public struct Request: Sendable {
    /// Who asks.
    public var credential: OpaqueAuth
    /// Appends the operations behind SEQUENCE. Called again when the request is sent again.
    public var build: @Sendable (inout CompoundBuilder) -> Void
    /// Called once, on the connection's event loop: the results stand behind SEQUENCE's.
    public var completion: @Sendable (Result<CompoundResults, ClientError>) -> Void

    public init(
      credential: OpaqueAuth, build: @escaping @Sendable (inout CompoundBuilder) -> Void,
      completion: @escaping @Sendable (Result<CompoundResults, ClientError>) -> Void
    ) {
      self.credential = credential
      self.build = build
      self.completion = completion
    }
  }

  /// A request with what its reply is judged by.
  struct Sending: Sendable {
    var request: Request
    var use: SlotTable.Use
    var session: Sessionid4
    var highestSlotid: UInt32
  }

  /// Sends a request, now or when there is a slot and a connection for it. Any thread.
  public func submit(_ request: Request) {
    let refusal = state.withLock { state -> ClientError? in
      if case .ended(let error) = state.phase { return error }
      guard state.waiting.count < Self.waitingLimit else { return .tooManyRequests }
      state.waiting.append(request)
      return nil
    }
    if let refusal { return request.completion(.failure(refusal)) }
    pump()
  }

  /// Sends a request and reads its results; one that is put off is asked again (RFC 8881
  /// §15.1.1.3).
  /// - Parameters:
  ///   - credential: nil for the machine's.
  ///   - read: called on the event loop, so before any callback that follows the reply.
  public func call<Value: Sendable>(
    as credential: OpaqueAuth? = nil,
    _ build: @escaping @Sendable (inout CompoundBuilder) -> Void,
    read: @escaping @Sendable (inout CompoundResults) throws(CompoundError) -> Value
  ) async throws -> Value {
    let credential = credential ?? configuration.identity.machine
    for _ in 0..<Self.delayLimit {
      do {
        return try await withCheckedThrowingContinuation { continuation in
          submit(
            Request(credential: credential, build: build) { result in
              continuation.resume(with: Self.read(result, read))
            })
        }
      } catch ClientError.status(.NFS4ERR_DELAY, operation: _) {
        try await Task.sleep(for: Self.delayPause)
      }
    }
    throw ClientError.status(.NFS4ERR_DELAY, operation: "COMPOUND")
  }

  private static func read<Value>(
    _ result: Result<CompoundResults, ClientError>,
    _ read: (inout CompoundResults) throws(CompoundError) -> Value
  ) -> Result<Value, any Error> {
    switch result {
    case .failure(let error): return .failure(error)
    case .success(var results):
      do throws(CompoundError) {
        return .success(try read(&results))
      } catch {
        return .failure(ClientError(error))
      }
    }
  }

  /// Sends what waits, as far as there are slots.
  func pump() {
    while true {
      let next = state.withLock { state -> (Sending, RPCConnection)? in
        guard case .connected(let connection) = state.phase, let session = state.session,
          let request = state.waiting.first, let use = state.slots.take()
        else { return nil }
        state.waiting.removeFirst()
        state.lastUse = .now()
        let sending = Sending(
          request: request, use: use, session: session,
          highestSlotid: state.slots.highestSlotid)
        return (sending, connection)
      }
      guard let (sending, connection) = next else { return }
      transmit(sending, on: connection)
    }
  }

  func transmit(_ sending: Sending, on connection: RPCConnection) {
    var builder = CompoundBuilder(minorversion: configuration.identity.minorversion)
    builder.append(
      SEQUENCE.self,
      SEQUENCE4args(
        sessionid: sending.session, sequenceid: sending.use.sequenceid,
        slotid: sending.use.slotid, highestSlotid: sending.highestSlotid, cachethis: false))
    sending.request.build(&builder)
    connection.call(
      program: NFS4.program, version: NFS4.version, procedure: NFS4.PROC_COMPOUND,
      credential: sending.request.credential, arguments: builder.finish(),
      timeout: Self.answerTimeout
    ).whenComplete { result in
      switch result {
      case .success(let reply): self.received(reply, for: sending, on: connection)
      case .failure(let error): self.unanswered(sending, error, on: connection)
      }
    }
  }

  private func received(
    _ reply: ByteBuffer, for sending: Sending, on connection: RPCConnection
  ) {
    guard var results = try? CompoundResults(reply) else {
      return unreadable(sending, "COMPOUND", on: connection)
    }
    do throws(CompoundError) {
      let sequence = try results.next(SEQUENCE.self)
      guard sequence.sessionid == sending.session, sequence.slotid == sending.use.slotid,
        sequence.sequenceid == sending.use.sequenceid
      else { return unreadable(sending, "SEQUENCE", on: connection) }
      release(sending, wasUsed: true)
      if !sequence.statusFlags.isDisjoint(with: [.CB_PATH_DOWN, .CB_PATH_DOWN_SESSION]) {
        bind(connection)
      }
      // It was run, and nobody knows what came of it; what this client sends may run twice. The
      // first operation behind SEQUENCE says so (RFC 8881 §18.46.3).
      if results.status == .NFS4ERR_RETRY_UNCACHED_REP { return putBack(sending.request) }
      sending.request.completion(.success(results))
      pump()
    } catch {
      guard case .status(let status, _) = error else {
        return unreadable(sending, "SEQUENCE", on: connection)
      }
      refused(status, sending, on: connection)
    }
  }

  private func release(_ sending: Sending, wasUsed: Bool) {
    state.withLock { state in
      if wasUsed { state.vainConnections = 0 }
      guard state.session == sending.session else { return }
      state.slots.release(sending.use, wasUsed: wasUsed)
    }
  }

  /// SEQUENCE itself was refused (RFC 8881 §18.46.3).
  private func refused(_ status: Nfsstat4, _ sending: Sending, on connection: RPCConnection) {
    switch status {
    case .NFS4ERR_DELAY:
      // What had the slot before still runs over there.
      connection.eventLoop.scheduleTask(in: .milliseconds(50)) {
        self.transmit(sending, on: connection)
      }
    case .NFS4ERR_RETRY_UNCACHED_REP:
      // As above, from a server that refuses SEQUENCE itself.
      release(sending, wasUsed: true)
      putBack(sending.request)
    case .NFS4ERR_CONN_NOT_BOUND_TO_SESSION:
      bind(connection)
      connection.eventLoop.scheduleTask(in: .milliseconds(50)) {
        self.transmit(sending, on: connection)
      }
    case .NFS4ERR_BADSESSION, .NFS4ERR_DEADSESSION, .NFS4ERR_BADSLOT, .NFS4ERR_BAD_HIGH_SLOT,
      .NFS4ERR_SEQ_MISORDERED, .NFS4ERR_SEQ_FALSE_RETRY:
      strand(sending, on: connection)
      renew(on: connection)
    default:
      release(sending, wasUsed: false)
      sending.request.completion(.failure(.status(status, operation: "SEQUENCE")))
      pump()
    }
  }

  private func putBack(_ request: Request) {
    let error = state.withLock { state -> ClientError? in
      if case .ended(let error) = state.phase { return error }
      state.waiting.prepend(request)
      return nil
    }
    if let error { return request.completion(.failure(error)) }
    pump()
  }

  private func unanswered(
    _ sending: Sending, _ error: any Error, on connection: RPCConnection
  ) {
    switch error as? RPCCallError {
    case .closed: strand(sending, on: connection)
    case .tooManyCalls:
      release(sending, wasUsed: false)
      sending.request.completion(.failure(.tooManyRequests))
    default:
      release(sending, wasUsed: false)
      sending.request.completion(.failure(.malformed("\(error)")))
      connection.close()
    }
  }

  /// What comes over this connection cannot be believed any more.
  private func unreadable(_ sending: Sending, _ what: String, on connection: RPCConnection) {
    release(sending, wasUsed: false)
    sending.request.completion(.failure(.malformed(what)))
    connection.close()
  }

  /// The request is sent again over the next connection, or in the next session. If that is there
  /// already, it is sent at once.
  private func strand(_ sending: Sending, on connection: RPCConnection) {
    enum Outcome {
      case kept
      case ended(ClientError)
      case again(RPCConnection)
      case anew
    }
    let outcome = state.withLock { state -> Outcome in
      switch state.phase {
      case .ended(let error): return .ended(error)
      case .connected where state.session != sending.session:
        state.waiting.prepend(sending.request)
        return .anew
      case .connected(let current) where current.id != connection.id: return .again(current)
      default:
        state.stranded.append(sending)
        return .kept
      }
    }
    switch outcome {
    case .kept: break
    case .ended(let error): sending.request.completion(.failure(error))
    case .again(let current): transmit(sending, on: current)
    case .anew: pump()
    }
  }
}

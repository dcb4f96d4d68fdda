import ClusterTransport
import Logging
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Synchronization
import Transport
import XDR

/// The peer as a client of the metadata server: one NFSv4.2 session with a backchannel, kept alive
/// and found again, and the registration as a data server that lives in it.
///
///     connect → (session? BIND_CONN_TO_SESSION : EXCHANGE_ID, CREATE_SESSION) → CHALLENGE, PROVE
///             → RECLAIM_COMPLETE → REGISTER_DS → serving, renewed by SEQUENCE
///     serving → connection lost → connect again at once, same session, same registration
///             → session lost (BADSESSION …) → all grants end → connect, everything anew
///
/// Requests are taken from any thread and answered on the connection's event loop. They wait in
/// order while the connection is away or all slots are in use; at `waitingLimit` more fail.
final class MetadataClient: Sendable {
  struct Configuration: Sendable {
    var host: String
    var port: Int
    var owner: ClientOwner4
    /// The credential of all requests.
    var credential: OpaqueAuth
    var keys: ClusterKeys
    /// The arguments of REGISTER_DS, given the connection; nil: do not register.
    var registration: (@Sendable (RPCConnection) async throws -> REGISTER_DS4args)?
  }

  static let minorversion: UInt32 = 2
  static let callbackProgram: UInt32 = 0x4000_0000
  static let slotCount: UInt32 = 32
  static let waitingLimit = 4096
  static let registrationAge = Duration.seconds(5)
  static let requestTimeout = TimeAmount.seconds(10)

  struct State: Sendable {
    /// Proven and bound to the session; nil while there is none.
    var connection: RPCConnection?
    var session: Sessionid4?
    var clientid: Clientid4 = 0
    var slots = SlotTable(count: 1)
    var backSlots = BackSlotTable()
    var waiting = CircularBuffer<Request>()
    var registration: REGISTER_DS4resok?
    var registeredAt = Duration.zero
    var leaseSeconds: UInt32 = 30
    /// The server says that callbacks do not reach us.
    var isCallbackPathDown = false
    /// No registration any more.
    var isLeaving = false
    /// No registration for now.
    var isDraining = false
    /// No connection any more.
    var isStopping = false
  }

  let state = Mutex(State())
  let configuration: Configuration
  let grants: GrantStore
  let group: any EventLoopGroup
  let logger: Logger
  let wakeUps: AsyncStream<Void>
  let wakeUp: AsyncStream<Void>.Continuation
  private let onRegistered: @Sendable (REGISTER_DS4resok, RPCConnection) async -> Void

  /// - Parameter onRegistered: called after every REGISTER_DS that succeeded.
  init(
    configuration: Configuration, grants: GrantStore, group: any EventLoopGroup, logger: Logger,
    onRegistered: @escaping @Sendable (REGISTER_DS4resok, RPCConnection) async -> Void
  ) {
    self.configuration = configuration
    self.grants = grants
    self.group = group
    self.logger = logger
    self.onRegistered = onRegistered
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var isRegistered: Bool { state.withLock { $0.registration != nil } }
  var isDraining: Bool { state.withLock { $0.isDraining } }

  /// Keeps session and registration until `stop`.
  /// - Throws: `MetadataClientError` when trying again is of no use.
  func run() async throws {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    var isOut = false
    while !state.withLock({ $0.isStopping }) {
      do {
        try await serveOneConnection {
          backoff.reset()
          isOut = false
        }
        logger.notice("connection to the metadata server lost")
      } catch let error as MetadataClientError {
        sessionLost(nil)
        throw error
      } catch is CancellationError {
        break
      } catch {
        complain(of: error, isNews: !isOut)
        isOut = true
      }
      guard !state.withLock({ $0.isStopping }) else { break }
      let wait = backoff.wait(random: &random)
      if wait > .zero { try? await Task.sleep(for: wait) }
      if Task.isCancelled { break }
    }
  }

  /// Tells the operator why there is no connection, loudly once an outage: attempts go on every few
  /// seconds.
  private func complain(of error: any Error, isNews: Bool) {
    let text: Logger.Message =
      switch error {
      case ProofError.unproven:
        """
        the metadata server did not prove that it holds the cluster's key: compare gossip.key_file
        """
      case ProofError.refused:
        "the metadata server does not accept this peer's cluster key: compare gossip.key_file"
      default:
        "the metadata server cannot be used, trying again: is it running, is 'mds' its address?"
      }
    logger.log(
      level: isNews ? .warning : .info, text,
      metadata: [
        "mds": "\(configuration.host):\(configuration.port)", "error": "\(error)",
      ])
  }

  // MARK: One connection

  private func serveOneConnection(established: () -> Void) async throws {
    let connection = try await RPCConnector.connect(
      host: configuration.host, port: configuration.port, group: group,
      service: CallbackService(client: self), limits: RPCConnectionLimits(),
      timeout: .seconds(5), logger: logger)
    defer { connection.close() }
    let wakeUp = wakeUp
    connection.channel.closeFuture.whenComplete { _ in wakeUp.yield() }
    let isNew = try await ensureSession(on: connection)
    guard let session = state.withLock({ $0.session }) else { throw ConnectionFailure.sessionLost }
    do {
      try await ClusterProof.prove(on: connection, session: session, keys: configuration.keys)
    } catch ProofError.unknownProgram {
      throw MetadataClientError.serverKnowsNoPeers
    }
    activate(connection)
    defer { deactivate(connection) }
    if isNew { try await reclaimComplete() }
    established()
    try await keepAlive(connection)
  }

  /// Registers, renews and repairs until the connection or the session is gone.
  private func keepAlive(_ connection: RPCConnection) async throws {
    let ticks = connection.eventLoop.scheduleRepeatedTask(
      initialDelay: .milliseconds(500), delay: .milliseconds(500)
    ) { [wakeUp] _ in wakeUp.yield() }
    defer { ticks.cancel() }
    wakeUp.yield()
    var nextRegistration = Duration.zero
    for await _ in wakeUps {
      let now = MonotonicClock.now()
      let (session, mayRegister, drained, isPathDown, isStopping) = state.withLock {
        (
          $0.session, $0.registration == nil && !$0.isLeaving && !$0.isDraining,
          $0.isDraining && !$0.isLeaving ? $0.registration : nil, $0.isCallbackPathDown,
          $0.isStopping
        )
      }
      guard connection.channel.isActive, session != nil, !isStopping else { return }
      if isPathDown {
        state.withLock { $0.isCallbackPathDown = false }
        try await bind(connection)
      }
      if mayRegister, configuration.registration != nil, now >= nextRegistration {
        nextRegistration = now + .seconds(1)
        try await register(on: connection)
      }
      if let drained { try await unregister(drained) }
      if now - (grants.lease.lastRenewal ?? .zero) >= renewalInterval { renew() }
    }
    throw CancellationError()
  }

  /// A third of the lease, so that two renewals may be lost; between one second and ten.
  private var renewalInterval: Duration {
    let lease = state.withLock { $0.leaseSeconds }
    return .seconds(min(10, max(1, Int64(lease) / 3)))
  }

  private func renew() {
    submit(Request(kind: .once, build: { _ in }, completion: { _ in }))
  }

  private func activate(_ connection: RPCConnection) {
    let doubted = state.withLock { state in
      state.connection = connection
      return state.slots.takeInDoubt()
    }
    for use in doubted { probe(use) }
    pump()
  }

  private func deactivate(_ connection: RPCConnection) {
    state.withLock { state in
      if state.connection?.id == connection.id { state.connection = nil }
    }
  }

  // MARK: Registration

  private func register(on connection: RPCConnection) async throws {
    guard let arguments = try await configuration.registration?(connection) else { return }
    do {
      let resok = try await call(REGISTER_DS.self, arguments, kind: .once)
      grants.begin(cookie: resok.cookie)
      grants.lease.setLease(seconds: resok.leaseTime)
      state.withLock { state in
        state.registration = resok
        state.registeredAt = MonotonicClock.now()
        state.leaseSeconds = resok.leaseTime
      }
      logger.notice(
        "registered as a data server", metadata: ["lease_seconds": "\(resok.leaseTime)"])
      await onRegistered(resok, connection)
    } catch RequestFailure.status(let status) {
      switch status {
      case .NFS4ERR_OP_ILLEGAL: throw MetadataClientError.serverKnowsNoPeers
      case .NFS4ERR_NOTSUPP, .NFS4ERR_INVAL, .NFS4ERR_MINOR_VERS_MISMATCH:
        throw MetadataClientError.refused(status)
      case .NFS4ERR_CB_PATH_DOWN: try await bind(connection)
      case .NFS4ERR_PERM, .NFS4ERR_ACCESS:
        logger.warning("registration refused", metadata: ["status": "\(status)"])
        throw ConnectionFailure.refused("REGISTER_DS", status)
      default:
        logger.info("registration not accepted yet", metadata: ["status": "\(status)"])
      }
    }
  }

  /// Has clients sent elsewhere, or here again. Grants stay until the metadata server takes them,
  /// with the layouts that it recalls.
  func setDraining(_ isDraining: Bool) {
    state.withLock { $0.isDraining = isDraining }
    wakeUp.yield()
  }

  private func unregister(_ registration: REGISTER_DS4resok) async throws {
    do {
      _ = try await call(
        UNREGISTER_DS.self, UNREGISTER_DS4args(stateid: registration.stateid), kind: .once)
    } catch RequestFailure.status(.NFS4ERR_BAD_STATEID) {
      // It knows of no registration: so be it.
    }
    state.withLock { state in
      if state.registration?.stateid == registration.stateid { state.registration = nil }
    }
    logger.notice("not a data server any more: draining")
  }

  /// The server does not seem to know the registration any more: makes another one, unless this
  /// one is so young that it cannot be the reason.
  func registrationDoubted() {
    let now = MonotonicClock.now()
    let isLost = state.withLock { state in
      guard state.registration != nil, now - state.registeredAt >= Self.registrationAge else {
        return false
      }
      state.registration = nil
      return true
    }
    guard isLost else { return }
    grants.end()
    wakeUp.yield()
  }

  /// The session is gone: everything that lives in it is void.
  /// - Parameter session: which one, or nil for whichever there is.
  func sessionLost(_ session: Sessionid4?) {
    let (waiting, connection) = state.withLock { state in
      guard session == nil || session == state.session else {
        return (CircularBuffer<Request>(), RPCConnection?.none)
      }
      defer {
        state.session = nil
        state.connection = nil
        state.registration = nil
        state.waiting = CircularBuffer()
      }
      return (state.waiting, state.connection)
    }
    guard session == nil || state.withLock({ $0.session == nil }) else { return }
    grants.lease.end()
    grants.end()
    for request in waiting { request.completion(.failure(.unavailable)) }
    connection?.close()
    wakeUp.yield()
  }

  // MARK: Stopping

  /// Leaves the metadata server in order: first nobody is sent here any more, then, after
  /// `drain`, the session ends. Takes at most a few seconds, whatever the server does.
  /// - Parameter drain: lets clients leave.
  func stop(drain: @Sendable () async -> Void) async {
    let (registration, isConnected) = state.withLock { state in
      state.isLeaving = true
      return (state.registration, state.connection != nil)
    }
    if let registration {
      if isConnected {
        // A request that finds no connection, or no slot, waits for one, and none may come.
        let expiry = group.any().scheduleTask(in: .seconds(2)) { self.failWaiting() }
        _ = try? await call(
          UNREGISTER_DS.self, UNREGISTER_DS4args(stateid: registration.stateid), kind: .once,
          timeout: .seconds(2))
        expiry.cancel()
      }
      await drain()
    }
    let (connection, session, clientid) = state.withLock { state in
      state.isStopping = true
      state.registration = nil
      return (state.connection, state.session, state.clientid)
    }
    grants.end()
    if let connection, let session {
      _ = try? await raw(
        DESTROY_SESSION.self, DESTROY_SESSION4args(sessionid: session), on: connection,
        timeout: .seconds(1))
      _ = try? await raw(
        DESTROY_CLIENTID.self, DESTROY_CLIENTID4args(clientid: clientid), on: connection,
        timeout: .seconds(1))
    }
    sessionLost(nil)
    wakeUp.yield()
  }

  /// Gives up every request that was not sent yet.
  private func failWaiting() {
    let waiting = state.withLock { state in
      defer { state.waiting = CircularBuffer() }
      return state.waiting
    }
    for request in waiting { request.completion(.failure(.unavailable)) }
  }
}

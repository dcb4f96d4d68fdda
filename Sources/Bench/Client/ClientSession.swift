import Collections
public import Logging
import NFSv4
public import NIOCore
public import ONCRPC
import Synchronization
public import Transport
import XDR

/// One NFSv4.1 or 4.2 session with a server, kept over broken connections and lost sessions as a
/// stock client keeps it.
///
///     open ─▶ connected ─(connection lost)─▶ connecting ─▶ connected, same session: what had no
///                 │                              │         answer is sent again in its slot
///                 │                              └─(patience is at its end)─▶ ended
///                 ├─(BADSESSION …)─▶ renewing ─▶ connected, another session: what had no answer
///                 │                                        is sent anew
///                 └─close─▶ ended: every request fails
///
/// Requests may be made on any thread; they wait in order for a slot. Answers are given on the
/// connection's event loop as they arrive, before any callback behind them on the wire.
public final class ClientSession: Sendable {
  /// What the server is needed for.
  public enum Role: Sendable {
    /// Names, opens, layouts, and READs without a layout. State lives here: if the server has
    /// forgotten it, the session ends.
    case metadata
    /// READs by a layout (RFC 8881 §13).
    case data
  }

  /// How a session is made and kept.
  public struct Configuration: Sendable {
    public var server: ServerAddress
    public var identity: ClientIdentity
    public var role: Role
    /// Slots that are asked for: requests under way at once.
    public var slotCount: UInt32 = 64
    /// For how long a lost connection is tried to be made again; zero: once.
    public var patience = TimeAmount.seconds(60)
    /// How long one attempt to connect may take.
    public var connectTimeout = TimeAmount.seconds(5)

    public init(server: ServerAddress, identity: ClientIdentity, role: Role) {
      self.server = server
      self.identity = identity
      self.role = role
      // A stock client's READs to a data server fail with the connection.
      if role == .data { patience = .zero }
    }
  }

  enum Phase: Sendable {
    case connecting
    case connected(RPCConnection)
    /// Connected, and making another session.
    case renewing(RPCConnection)
    case ended(ClientError)
  }

  struct State: Sendable {
    var phase = Phase.connecting
    var session: Sessionid4?
    var clientid: Clientid4 = 0
    /// `csa_sequence` of the next CREATE_SESSION.
    var createSequence: UInt32 = 0
    var slots = SlotTable(count: 1)
    var backSlots = BackSlotTable()
    var waiting = Deque<Request>()
    /// Sent, and no answer came.
    var stranded: [Sending] = []
    var leaseSeconds: UInt32 = 30
    var lastUse = NIODeadline.now()
    var isBinding = false
    /// Connections in a row over which no answer came.
    var vainConnections = 0
    /// Bytes of one response.
    var maxResponseBytes = 0
    var handler: (any CallbackHandler)?
  }

  /// Requests that wait for a slot; more are refused.
  static let waitingLimit = 65_536
  static let callbackProgram: UInt32 = 0x4000_0000
  /// A server that accepts so many connections in a row and answers over none of them is given up.
  static let vainConnectionLimit = 50
  /// A stock client waits for ever for the answer of a server whose connection stands.
  static let answerTimeout = TimeAmount.hours(24)
  /// What manages the session itself must not wait for ever.
  static let setupTimeout = TimeAmount.seconds(20)

  let state = Mutex(State())
  let configuration: Configuration
  let group: any EventLoopGroup
  let logger: Logger
  private let renewal = Mutex<RepeatedTask?>(nil)

  /// A session that is still to be made by `start`.
  public init(_ configuration: Configuration, group: any EventLoopGroup, logger: Logger) {
    self.configuration = configuration
    self.group = group
    self.logger = logger
  }

  /// Connects and makes the session: EXCHANGE_ID, CREATE_SESSION, RECLAIM_COMPLETE.
  /// - Parameter handler: answers callbacks; nil where none are expected.
  /// - Throws: `ClientError`, or what the connect failed with; the session has ended then.
  public func start(handler: (any CallbackHandler)? = nil) async throws {
    state.withLock { $0.handler = handler }
    do {
      let connection = try await connect()
      do {
        try await establish(on: connection)
      } catch {
        connection.close()
        throw error
      }
      adopt(connection)
      try await reclaimComplete()
    } catch {
      finish(.closed)
      throw error
    }
    keepAlive()
  }

  /// Bytes that one READ may ask for.
  public var maxReadBytes: Int {
    // RPC and COMPOUND headers, and the results of SEQUENCE and PUTFH, take the rest.
    state.withLock { max(4096, $0.maxResponseBytes - 512) }
  }

  /// Whether requests can still be made.
  public var isUsable: Bool {
    state.withLock { state in
      if case .ended = state.phase { return false }
      return true
    }
  }

  /// The lease after which the server forgets a silent client: two thirds of it are let pass.
  public func setLease(seconds: UInt32) { state.withLock { $0.leaseSeconds = max(1, seconds) } }

  func connect() async throws -> RPCConnection {
    try await RPCConnector.connect(
      host: configuration.server.host, port: configuration.server.port, group: group,
      service: self, limits: RPCConnectionLimits(), timeout: configuration.connectTimeout,
      logger: logger)
  }

  /// Sends SEQUENCE alone when nothing else was sent for two thirds of the lease.
  private func keepAlive() {
    let loop = group.next()
    let task = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) {
      [weak self] task in
      guard let self, self.isUsable else { return task.cancel() }
      let isDue = self.state.withLock { state in
        NIODeadline.now() - state.lastUse >= .milliseconds(Int64(state.leaseSeconds) * 667)
      }
      if isDue {
        self.submit(
          Request(credential: self.configuration.identity.machine, build: { _ in }) { _ in })
      }
    }
    renewal.withLock { $0 = task }
  }

  // MARK: Connections

  /// Requests go over this connection from now on, first those without an answer.
  func adopt(_ connection: RPCConnection) {
    let stranded = state.withLock { state -> [Sending]? in
      if case .ended = state.phase { return nil }
      state.phase = .connected(connection)
      state.vainConnections += 1
      defer { state.stranded = [] }
      return state.stranded
    }
    guard let stranded else { return connection.close() }
    // It may have been lost before it was taken: then nobody would notice.
    guard connection.channel.isActive else {
      state.withLock { $0.stranded = stranded }
      return lost(connection)
    }
    for sending in stranded { transmit(sending, on: connection) }
    pump()
  }

  func lost(_ connection: RPCConnection) {
    let mustReconnect = state.withLock { state in
      switch state.phase {
      case .connected(let current) where current.id == connection.id,
        .renewing(let current) where current.id == connection.id:
        state.phase = .connecting
        return true
      default: return false
      }
    }
    guard mustReconnect else { return }
    logger.debug("connection lost", metadata: ["server": "\(configuration.server)"])
    let vain = state.withLock { $0.vainConnections }
    let limit = configuration.patience == .zero ? 1 : Self.vainConnectionLimit
    guard vain <= limit else {
      return finish(.disconnected("\(configuration.server) closes every connection"))
    }
    Task { await self.reconnect(isAgain: vain > 1) }
  }

  /// - Parameter isAgain: the last connection was of no use.
  private func reconnect(isAgain: Bool) async {
    let end = NIODeadline.now() + configuration.patience
    var wait = Duration.milliseconds(50)
    if isAgain { try? await Task.sleep(for: wait * 2) }
    while isUsable {
      let reason: String
      do {
        adopt(try await connect())
        return
      } catch {
        reason = "\(error)"
      }
      guard NIODeadline.now() < end else {
        return finish(.disconnected("\(configuration.server): \(reason)"))
      }
      try? await Task.sleep(for: wait)
      wait = min(wait * 2, .seconds(2))
    }
  }

  /// Every request fails, now and later.
  func finish(_ error: ClientError) {
    let (requests, connection) = state.withLock { state -> ([Request], RPCConnection?) in
      if case .ended = state.phase { return ([], nil) }
      let connection: RPCConnection? =
        switch state.phase {
        case .connected(let connection), .renewing(let connection): connection
        default: nil
        }
      state.phase = .ended(error)
      defer {
        state.stranded = []
        state.waiting = []
        // Who answers callbacks holds the session.
        state.handler = nil
      }
      return (state.stranded.map(\.request) + state.waiting, connection)
    }
    connection?.close()
    renewal.withLock { $0?.cancel() }
    for request in requests { request.completion(.failure(error)) }
  }

  /// DESTROY_SESSION and DESTROY_CLIENTID, each for two seconds at most, and the end.
  public func close() async {
    let (phase, session, clientid) = state.withLock { ($0.phase, $0.session, $0.clientid) }
    if case .connected(let connection) = phase, let session {
      _ = try? await alone(
        DESTROY_SESSION.self, DESTROY_SESSION4args(sessionid: session), on: connection,
        timeout: .seconds(2))
      _ = try? await alone(
        DESTROY_CLIENTID.self, DESTROY_CLIENTID4args(clientid: clientid), on: connection,
        timeout: .seconds(2))
    }
    finish(.closed)
  }
}

extension ClientSession: RPCService {
  public func opened(_ connection: RPCConnection) {}

  public func closed(_ connection: RPCConnection) { lost(connection) }

  /// A callback.
  public func received(_ call: RPCCall, on connection: RPCConnection) {
    guard call.prog == Self.callbackProgram else {
      return connection.reply(xid: call.xid, .progUnavail)
    }
    guard call.vers == NFS4.cbVersion else {
      return connection.reply(
        xid: call.xid, .progMismatch(low: NFS4.cbVersion, high: NFS4.cbVersion))
    }
    switch call.proc {
    case NFS4.CB_NULL: connection.reply(xid: call.xid, .success)
    case NFS4.CB_COMPOUND:
      guard var run = try? CallbackRun(call.arguments) else {
        return connection.reply(xid: call.xid, .garbageArgs)
      }
      let (sequence, handler) = state.withLock { state in
        (run.begin(session: state.session, slots: &state.backSlots), state.handler)
      }
      if let replay = run.replay {
        return connection.reply(xid: call.xid, .success, results: [replay])
      }
      guard let sequence else {
        return connection.reply(xid: call.xid, .success, results: [run.finish()])
      }
      while run.remainingOperations > 0 { run.step(handler) }
      let answer = run.finish()
      state.withLock {
        $0.backSlots.complete(
          slotid: sequence.slotid, sequenceid: sequence.sequenceid, answer: answer)
      }
      connection.reply(xid: call.xid, .success, results: [answer])
    default: connection.reply(xid: call.xid, .procUnavail)
    }
  }
}

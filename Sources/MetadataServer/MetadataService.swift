import Admin
import ClusterTransport
import Logging
import Membership
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
import Placement
import Synchronization
import Transport
import XDR

/// The metadata server behind its sockets: takes calls from connections, runs COMPOUNDs and block
/// requests where blocking is allowed, and keeps time.
final class MetadataService: RPCService {
  typealias Tree = PosixTree

  let sessions: SessionService
  let operations: MetadataOperations<Tree>
  let blocks: BlockExport<Tree>
  let origin: BlockOrigin<Tree>
  private let members: BlockCalls
  private let registrations: Registrations
  private let callbacks: CallbackSender<Tree.OpenFile>
  private let pool: NIOThreadPool
  private let connections: Connections
  private let clock: MonotonicClock
  private let isStopping = Atomic<Bool>(false)
  private let watch: ChangeWatch<Tree>
  private let upkeep: RecoveryUpkeep
  private let waiting = WaitingRoom<Job>()
  private let loop: any EventLoop
  private let logger: Logger

  init(
    tree: Tree, policy: MetadataPolicy, identity: ServerIdentity, reclaims: ReclaimStore,
    keys: ClusterKeys,
    cluster: (member: MemberID, locality: Locality), pool: NIOThreadPool, loop: any EventLoop,
    metrics: MetricRegistry, logger: Logger
  ) {
    let clock = MonotonicClock()
    let connections = Connections()
    let proofs = ConnectionProofs(keys: keys)
    // The parts know each other only through these, as each needs what is made after it.
    let wiring = Wiring()
    sessions = SessionService(
      identity: identity, now: { clock.now },
      hasState: { client in wiring.operations?.withState { $0.hasState(client) } ?? false },
      onDropped: { wiring.dropped($0) })
    var policy = policy
    let registrations = Registrations()
    let sealKey = tree.blockSigner.publicKey
    policy.cluster = {
      ClusterIdentity(
        member: cluster.member.rawValue, gossipPort: registrations.gossip?.port ?? 0,
        sealKey: sealKey)
    }
    policy.registered = { connection, gossip in
      registrations.gossip?.registered(from: connections[connection], gossip)
    }
    self.registrations = registrations
    operations = MetadataOperations(
      tree: tree, policy: policy, sessions: sessions,
      recovery: Recovery(
        ledger: ReclaimLedger(
          history: reclaims.history, leaseSeconds: identity.leaseSeconds, now: clock.now),
        now: { clock.now }, store: { reclaims.commit($0) }),
      now: { clock.now },
      isProven: { proofs.isProven($0, session: $1) },
      issue: { wiring.callbacks?.issue($0) },
      onCleared: { wiring.cleared($0) })
    callbacks = CallbackSender(
      sessions: sessions, loop: loop, logger: logger,
      connection: { connections[$0] }, settle: { wiring.settle($0, $1) })
    blocks = BlockExport(tree: tree, signer: tree.blockSigner, metrics: metrics)
    origin = BlockOrigin(
      own: cluster.member, locality: cluster.locality, export: blocks, pool: pool,
      metrics: metrics, logger: logger, clock: { clock.now })
    members = BlockCalls(proofs: proofs, handler: origin) { connection in
      logger.warning(
        "a host without the cluster key tried to be a peer",
        metadata: ["address": "\(connection.remoteAddress.map { "\($0)" } ?? "?")"])
    }
    watch = ChangeWatch(operations: operations, sessions: sessions)
    upkeep = RecoveryUpkeep(
      operations: operations, watch: watch, store: reclaims, leaseSeconds: identity.leaseSeconds,
      logger: logger)
    self.connections = connections
    self.pool = pool
    self.loop = loop
    self.clock = clock
    self.logger = logger
    wiring.connect(operations, callbacks, sessions) { [weak self] in self?.wake($0) }
  }

  /// What the gossip counts; nothing before it is made.
  var gossipMetrics: [MetricFamily] { registrations.gossip?.metrics ?? [] }

  /// The cluster's gossip, in which peers are told to take part from now on.
  func setGossip(_ gossip: MetadataGossip) { registrations.set(gossip) }

  /// Gossip says something of a member.
  func happened(_ event: GossipEvent) {
    let now = clock.now
    let directives: [MetadataDirective] =
      switch event {
      case .load(let id, let load):
        operations.withState {
          $0.setLoad(
            member: id.rawValue, queueSeconds: Double(load.queueMilliseconds) / 1000, now: now)
        }
      case .joined(let record), .updated(let record):
        operations.withState {
          $0.setDraining(
            record.flags.contains(.draining) || !record.flags.contains(.serving),
            member: record.id.rawValue, now: now)
        }
      case .failed(let id), .left(let id):
        operations.withState { $0.setDraining(true, member: id.rawValue, now: now) }
      case .suspected, .delivered, .conflict: []
      }
    callbacks.issue(directives)
  }

  var connectionCount: Int { connections.count }

  // MARK: Connections

  func opened(_ connection: RPCConnection) {
    connections.insert(connection)
    logger.debug("connection opened", metadata: ["connection": "\(connection.id)"])
  }

  func closed(_ connection: RPCConnection) {
    connections.remove(connection.id)
    members.closed(connection)
    let clients = sessions.connectionClosed(connection.id)
    if !clients.isEmpty, !isStopping.load(ordering: .relaxed) {
      updateReachability(
        operations.withState { state in clients.compactMap { state.dataServer(of: $0) } })
    }
    logger.debug("connection closed", metadata: ["connection": "\(connection.id)"])
  }

  /// Data servers without a connection for callbacks are not named in layouts.
  private func updateReachability(_ servers: [DataServer]) {
    let now = clock.now
    for server in servers {
      let isReachable = sessions.withTable { $0.hasBackchannel(server.clientid) }
      guard isReachable != server.isReachable else { continue }
      callbacks.issue(
        operations.withState {
          $0.setReachable(isReachable, clientid: server.clientid, now: now)
        })
      logger.notice(
        isReachable ? "data server is back" : "data server lost its connection",
        metadata: ["peer": "\(server.name)"])
      if isReachable { operations.moveClients(nearer: server.id) }
    }
  }

  /// The server stops: connections that close from now on are not looked at.
  func stop() { isStopping.store(true, ordering: .relaxed) }

  /// To be called about once a second: leases, overdue recalls, lost data servers.
  func tick() {
    sessions.expire()
    let now = clock.now
    let lease = Duration.seconds(Int64(sessions.identity.leaseSeconds))
    let overdue = operations.withState { $0.revokeOverdue(now: now, lease: lease) }
    callbacks.issue(overdue.directives)
    for client in overdue.losers {
      sessions.withTable { $0.setRevoked(true, clientid: client) }
      if let record = sessions.withTable({ $0.client(client) }) {
        operations.recovery.revoked(record)
      }
    }
    updateReachability(operations.withState { Array($0.dataServers.values) })
    pool.submit { state in
      if case .active = state { self.upkeep.tick() }
    }
  }

  // MARK: Calls

  func received(_ call: RPCCall, on connection: RPCConnection) {
    switch call.prog {
    case NFS4.program: receivedNFS(call, on: connection)
    case BlockProtocol.program: members.received(call, on: connection)
    default: connection.reply(xid: call.xid, .progUnavail)
    }
  }

  private func receivedNFS(_ call: RPCCall, on connection: RPCConnection) {
    guard call.vers == NFS4.version else {
      return connection.reply(
        xid: call.xid, .progMismatch(low: NFS4.version, high: NFS4.version))
    }
    switch call.proc {
    case NFS4.PROC_NULL:
      connection.reply(xid: call.xid, .success)
    case NFS4.PROC_COMPOUND:
      let principal: RPCPrincipal
      do throws(AuthStat) {
        principal = try RPCPrincipal(call.cred)
      } catch {
        return connection.reply(xid: call.xid, .authError(error))
      }
      compound(
        call, Caller(principal: principal, address: connection.remoteAddressBytes),
        on: connection)
    default:
      connection.reply(xid: call.xid, .procUnavail)
    }
  }

  private func compound(_ call: RPCCall, _ caller: Caller, on connection: RPCConnection) {
    switch sessions.open(call.arguments, caller: caller, connection: connection.id) {
    case .garbage:
      connection.reply(xid: call.xid, .garbageArgs)
    case .reply(let results):
      connection.reply(xid: call.xid, .success, results: results)
    case .run(let opened):
      guard let work = operations.begin(opened) else {
        return connection.reply(xid: call.xid, .systemErr)
      }
      let job = Job(
        work: work, xid: call.xid, connection: connection,
        deadline: NIODeadline.now() + WaitingRoom<Job>.patience)
      pool.submit { self.advance(job, $0) }
    }
  }

  // MARK: COMPOUNDs that are run

  /// A COMPOUND that is run, and where its reply goes.
  private struct Job: Sendable {
    var work: MetadataOperations<Tree>.Work
    let xid: UInt32
    let connection: RPCConnection
    /// Until when it may wait for others.
    let deadline: NIODeadline
  }

  /// Runs a COMPOUND until it is done or has to wait for others. Where blocking is allowed.
  private func advance(_ job: Job, _ state: NIOThreadPool.WorkItemState) {
    var job = job
    // Also when the pool is stopping: the slot has to be given back.
    guard case .active = state else { return finish(job) }
    let mayWait = NIODeadline.now() < job.deadline
    guard let file = operations.advance(&job.work, mayWait: mayWait) else { return finish(job) }
    guard let seat = waiting.enter(job, for: file) else {
      _ = operations.advance(&job.work, mayWait: false)
      return finish(job)
    }
    loop.scheduleTask(deadline: job.deadline) {
      guard let job = self.waiting.leave(seat) else { return }
      self.pool.submit { self.advance(job, $0) }
    }
    // What it waits for may be gone since it looked.
    let clientid = job.work.clientid
    if operations.withState({ $0.isClear(file, for: clientid) }),
      let job = waiting.leave(seat)
    {
      pool.submit { self.advance(job, $0) }
    }
  }

  private func wake(_ files: [NfsFh4]) {
    for job in waiting.leave(files) { pool.submit { self.advance(job, $0) } }
  }

  private func finish(_ job: Job) {
    var run = job.work.run
    dropIfGone(run.ticket?.clientid)
    job.connection.reply(xid: job.xid, .success, results: sessions.close(&run))
  }

  /// A client that was dropped while its request waited or ran must leave no state behind.
  private func dropIfGone(_ clientid: Clientid4?) {
    guard let clientid, sessions.withTable({ $0.client(clientid) == nil }) else { return }
    let now = clock.now
    callbacks.issue(operations.withState { $0.drop(client: clientid, now: now) })
  }
}

/// Time since the process started to look, never stepping.
struct MonotonicClock: Sendable {
  private let start = ContinuousClock.now
  var now: Duration { ContinuousClock.now - start }
}

/// Open connections by their id.
private final class Connections: Sendable {
  private let table = Mutex<[UInt64: RPCConnection]>([:])

  subscript(id: UInt64) -> RPCConnection? { table.withLock { $0[id] } }
  var count: Int { table.withLock { $0.count } }
  func insert(_ connection: RPCConnection) { table.withLock { $0[connection.id] = connection } }
  func remove(_ id: UInt64) { table.withLock { $0[id] = nil } }
}

/// Leads from registrations to the gossip, which is made last.
private final class Registrations: Sendable {
  private let state = Mutex<MetadataGossip?>(nil)

  var gossip: MetadataGossip? { state.withLock { $0 } }
  func set(_ gossip: MetadataGossip) { state.withLock { $0 = gossip } }
}

/// What sessions, operations and callbacks tell each other.
private final class Wiring: Sendable {
  private struct Parts {
    var operations: MetadataOperations<PosixTree>?
    var callbacks: CallbackSender<PosixTree.OpenFile>?
    var sessions: SessionService?
    var wake: (@Sendable ([NfsFh4]) -> Void)?
  }

  private let parts = Mutex(Parts())

  var operations: MetadataOperations<PosixTree>? { parts.withLock { $0.operations } }
  var callbacks: CallbackSender<PosixTree.OpenFile>? { parts.withLock { $0.callbacks } }

  func connect(
    _ operations: MetadataOperations<PosixTree>, _ callbacks: CallbackSender<PosixTree.OpenFile>,
    _ sessions: SessionService, wake: @escaping @Sendable ([NfsFh4]) -> Void
  ) {
    parts.withLock {
      $0 = Parts(operations: operations, callbacks: callbacks, sessions: sessions, wake: wake)
    }
  }

  func cleared(_ files: [NfsFh4]) { parts.withLock { $0.wake }?(files) }

  func dropped(_ clients: [ClientRecord]) {
    guard let operations, let callbacks else { return }
    callbacks.forget(clients.map(\.clientid))
    guard let sessions = parts.withLock({ $0.sessions }) else { return }
    let lease = Duration.seconds(Int64(sessions.identity.leaseSeconds))
    for client in clients {
      operations.recovery.gone(client)
      let servesUntil = client.isCutOff ? client.renewed + lease : nil
      callbacks.issue(
        operations.withState {
          $0.drop(
            client: client.clientid, servesUntil: servesUntil, now: operations.currentTime)
        })
    }
  }

  func settle(
    _ directive: MetadataDirective, _ outcome: CallbackSender<PosixTree.OpenFile>.Outcome
  ) {
    guard let operations, let callbacks else { return }
    switch (directive, outcome) {
    case (.recallLayout, .answered(.NFS4_OK)), (.recallDelegation, .answered(.NFS4_OK)):
      // It comes back by LAYOUTRETURN or DELEGRETURN, or is revoked after a lease.
      break
    case (.recallLayout(let layout), _):
      callbacks.issue(operations.withState { $0.layoutGone(layout.stateid.other) })
    case (.askWriter(let delegation), let outcome):
      var attributes: FileAttributes?
      if case .attributes(let said) = outcome { attributes = said }
      callbacks.issue(
        operations.withState {
          $0.writerAnswered(delegation.stateid, attributes, now: operations.currentTime)
        })
    case (.recallDelegation(let delegation), .answered):
      operations.withState { $0.forgetDelegation(delegation.stateid.other) }
    case (.recallDelegation, _), (.notifyLock, _):
      break
    case (.revokeGrants(let revocation), .answered(.NFS4_OK)):
      callbacks.issue(
        operations.withState {
          $0.settled(revocation: revocation.id, now: operations.currentTime)
        })
    case (.revokeGrants(let revocation), _):
      // It cannot be told to stop: it stops when its lease is not renewed any more.
      parts.withLock { $0.sessions }?.cutOff(revocation.server)
    }
  }
}

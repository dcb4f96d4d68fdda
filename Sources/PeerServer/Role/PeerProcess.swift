import Admin
import BlockCache
import ClusterTransport
import Logging
import Membership
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
import Placement
import ServiceLifecycle
import Settings
import Synchronization
import Transport

/// The parts of a running peer, wired to each other.
struct PeerProcess {
  /// Longer than any lease a metadata server can be given, and stock clients renew by the metadata
  /// server's: a client that is gone is forgotten then, no sooner than its lease ended there.
  static let clientLeaseSeconds: UInt32 = 3600

  private let settings: PeerSettings
  private let token: String?
  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let identity: PeerIdentity
  private let serverOwner: ServerOwner4
  private let verifier: Verifier4
  private let keys: ClusterKeys
  private let ring: KeyRing
  private let boot = UInt64.random(in: 1...(.max))
  private let counters = PeerCounters()
  private let grants: GrantStore
  private let sessions: SessionService
  private let store: BlockStore
  private let threads: NIOThreadPool
  private let ready: ReadyLine

  init(
    settings: PeerSettings, keys: KeyRing, token: String?, store: BlockStore,
    threads: NIOThreadPool, group: MultiThreadedEventLoopGroup, logger: Logger,
    onReady: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.token = token
    let clusterKeys = ClusterKeys(keys.keys)
    keys.onChange { clusterKeys.replace(with: $0) }
    self.keys = clusterKeys
    ring = keys
    self.store = store
    self.threads = threads
    self.group = group
    self.logger = logger
    identity = PeerIdentity(node: settings.locality.node, cacheDirectory: settings.cache.path)
    // Two data servers with one owner would be taken for one: random for every process.
    serverOwner = ServerOwner4(
      minorId: 0, majorId: (0..<16).map { _ in UInt8.random(in: .min ... .max) })
    verifier = .random(in: 1...(.max))
    let grants = GrantStore(loops: Array(group.makeIterator()), lease: LeaseClock())
    self.grants = grants
    sessions = SessionService(
      identity: ServerIdentity(
        owner: serverOwner, scope: Array("p2pnfs".utf8), roles: .USE_PNFS_DS, implementation: nil,
        instance: .random(in: 1...(.max)), leaseSeconds: Self.clientLeaseSeconds),
      now: { MonotonicClock.now() }, hasState: { _ in false },
      onDropped: { DataServer.dropped($0, from: grants) })
    ready = ReadyLine(onReady)
  }

  func run() async throws {
    let listening = Mutex<SocketAddress?>(nil)
    let listeningAddress = { @Sendable in listening.withLock { $0 } }
    let links = BlockLinks(own: member.rawValue, keys: keys, group: group, logger: logger)
    links.setAddress(BlockExchange.originLink, (settings.mds.host, settings.mds.port))
    let exchange = makeExchange(links)
    let gossip = ClusterGossip(
      view: exchange, links: links, host: settings.gossip.listen.host,
      port: settings.gossip.listen.port, keys: ring.keys, settings: .lan, group: group,
      logger: logger)
    ring.onChange { gossip.replaceKeys(with: $0) }
    let client = makeClient(gossip, exchange, listening: listeningAddress)
    let reader = BlockReader(
      blockBytes: settings.cache.blockBytes, memory: exchange.memory, store: store,
      exchange: exchange, threads: threads, counters: counters)
    let server = DataServer(
      sessions: sessions, grants: grants,
      broker: GrantBroker(
        store: grants, client: client, counters: counters, blockBytes: settings.cache.blockBytes),
      reader: reader, members: memberCalls(exchange), counters: counters, logger: logger)
    try? await threads.runIfActive { exchange.loadHoldings() }
    let listener = try await listen(server)
    listening.withLock { $0 = listener.localAddress }
    let watchdog = LoopWatchdog.start(loops: Array(group.makeIterator()), logger: logger)
    defer { watchdog.stop() }
    let nfs = Endpoint(
      host: listener.localAddress?.ipAddress ?? settings.listen.host,
      port: listener.localAddress?.port ?? settings.listen.port)
    ready.set(nfs: "\(nfs)")
    if !settings.serve { ready.isRegistered() }
    let status = PeerStatus(
      settings: settings, name: identity.name, nfs: "\(nfs)", counters: counters, grants: grants,
      client: client, sessions: sessions, reader: reader, store: store, exchange: exchange,
      gossip: gossip)
    let admin = AdminServer(
      host: settings.admin.listen.host, port: settings.admin.listen.port, source: status,
      token: token, logger: logger,
      onServing: { host, port in ready.set(admin: "\(Endpoint(host: host, port: port))") })
    try await serve(client, exchange, gossip, admin, listener)
  }

  /// This peer's number in the gossip: that of its cache.
  private var member: MemberID { MemberID(rawValue: UInt64(identity.number, radix: 16) ?? boot) }

  private func memberCalls(_ exchange: BlockExchange) -> BlockCalls {
    let logger = logger
    return BlockCalls(proofs: ConnectionProofs(keys: keys), handler: exchange) { connection in
      logger.warning(
        "a host without the cluster key tried to be a peer",
        metadata: ["address": "\(connection.remoteAddress.map { "\($0)" } ?? "?")"])
    }
  }

  private func makeExchange(_ links: BlockLinks) -> BlockExchange {
    let grants = grants
    let own = Neighbor(
      id: member,
      locality: Locality(
        zone: settings.locality.zone, rack: settings.locality.rack, node: settings.locality.node),
      isServing: settings.serve)
    return BlockExchange(
      own: own, links: links, blockBytes: settings.cache.blockBytes,
      egressBytesPerSecond: settings.limits.egressBytesPerSecond, store: store,
      memory: MemoryShards(limitBytes: settings.cache.memoryBytes), threads: threads,
      loop: group.next(), counters: counters, logger: logger,
      onVersionGone: { file in grants.revoke([.file(file.id)]) })
  }

  private func listen(_ server: DataServer) async throws -> RPCListener {
    do {
      return try await RPCListener.bind(
        host: settings.listen.host, port: settings.listen.port, group: group, service: server,
        limits: RPCConnectionLimits(), connectionLimit: settings.limits.connections,
        logger: logger)
    } catch {
      throw PeerListenError(settings.listen, error)
    }
  }

  private func serve(
    _ client: MetadataClient, _ exchange: BlockExchange, _ gossip: ClusterGossip,
    _ admin: AdminServer<PeerStatus>, _ listener: RPCListener
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await client.run() }
      tasks.addTask { try await admin.run() }
      tasks.addTask { [sessions] in
        while !Task.isCancelled {
          try await Task.sleep(for: .seconds(1))
          sessions.expire()
          exchange.links.expire()
        }
      }
      tasks.addTask { [grants] in
        try await gracefulShutdown()
        exchange.setDraining(true)
        await client.stop {
          // The metadata server recalls layouts now; whoever still reads under one is served.
          let end = MonotonicClock.now() + PeerRole.drainLimit
          while grants.count > 0, MonotonicClock.now() < end {
            try? await Task.sleep(for: .milliseconds(50))
          }
        }
        await gossip.leave()
        await listener.close()
        throw CancellationError()
      }
      defer {
        tasks.cancelAll()
        exchange.stop()
      }
      do {
        // The admin server ends by itself at a graceful shutdown; what ends the peer is an error,
        // or the shutdown's own task when everything is in order.
        while try await tasks.next() != nil {}
      } catch is CancellationError {}
    }
  }

  private func makeClient(
    _ gossip: ClusterGossip, _ exchange: BlockExchange,
    listening: @escaping @Sendable () -> SocketAddress?
  ) -> MetadataClient {
    let machine = Array(identity.name.utf8.prefix(AuthsysParms.machinenameLimitBytes))
    let cluster = ClusterRegistration(
      settings: settings, member: member, name: identity.name, boot: boot, verifier: verifier,
      serverOwner: serverOwner, gossip: gossip, exchange: exchange, listening: listening)
    var configuration = MetadataClient.Configuration(
      host: settings.mds.host, port: settings.mds.port, owner: identity.owner(verifier: verifier),
      credential: AuthsysParms(machinename: machine, uid: 0, gid: 0).credential, keys: keys)
    if settings.serve {
      configuration.registration = { connection in try await cluster.arguments(on: connection) }
    }
    return MetadataClient(
      configuration: configuration,
      grants: grants, group: group, logger: logger,
      onRegistered: { [ready] resok, connection in
        await cluster.registered(resok, on: connection)
        ready.isRegistered()
      })
  }
}

/// Says once that the peer is ready, when all of it is known to be.
final class ReadyLine: Sendable {
  private struct State {
    var nfs: String?
    var admin: String?
    var isRegistered = false
    var isSaid = false
  }

  private let state = Mutex(State())
  private let say: @Sendable (String) -> Void

  init(_ say: @escaping @Sendable (String) -> Void) { self.say = say }

  func set(nfs: String) { change { $0.nfs = nfs } }
  func set(admin: String) { change { $0.admin = admin } }
  func isRegistered() { change { $0.isRegistered = true } }

  private func change(_ body: (inout State) -> Void) {
    let line = state.withLock { state -> String? in
      body(&state)
      guard let nfs = state.nfs, let admin = state.admin, state.isRegistered, !state.isSaid else {
        return nil
      }
      state.isSaid = true
      return "ready role=peer nfs=\(nfs) admin=\(admin)"
    }
    if let line { say(line) }
  }
}

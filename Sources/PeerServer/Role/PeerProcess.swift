import Admin
import Logging
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
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
  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let identity: PeerIdentity
  private let serverOwner: ServerOwner4
  private let verifier: Verifier4
  private let keys: ClusterKeys
  private let counters = PeerCounters()
  private let grants: GrantStore
  private let sessions: SessionService
  private let store: BlockStore
  private let threads: NIOThreadPool
  private let ready: ReadyLine

  init(
    settings: PeerSettings, keys: ClusterKeys, store: BlockStore, threads: NIOThreadPool,
    group: MultiThreadedEventLoopGroup, logger: Logger,
    onReady: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.keys = keys
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
    let client = makeClient(listening: listeningAddress)
    let reader = makeReader()
    let server = DataServer(
      sessions: sessions, grants: grants,
      broker: GrantBroker(
        store: grants, client: client, counters: counters, blockBytes: settings.cache.blockBytes),
      reader: reader.reader, counters: counters, logger: logger)
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
      client: client, sessions: sessions, reader: reader.reader, store: store)
    let admin = AdminServer(
      host: settings.admin.listen.host, port: settings.admin.listen.port, source: status,
      logger: logger,
      onServing: { host, port in ready.set(admin: "\(Endpoint(host: host, port: port))") })
    try await serve(client, reader.fetcher, admin, listener)
  }

  private func listen(_ server: DataServer) async throws -> RPCListener {
    do {
      return try await RPCListener.bind(
        host: settings.listen.host, port: settings.listen.port, group: group, service: server,
        limits: RPCConnectionLimits(), connectionLimit: settings.limits.connections,
        logger: logger)
    } catch {
      throw PeerListenError(
        description: """
          cannot serve NFS on \(settings.listen): \(error). Set listen to a free address of this \
          machine, or to port 0 for any; ports below 1024 need CAP_NET_BIND_SERVICE.
          """)
    }
  }

  private func serve(
    _ client: MetadataClient, _ fetcher: BlockFetcher, _ admin: AdminServer<PeerStatus>,
    _ listener: RPCListener
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await client.run() }
      tasks.addTask { await fetcher.run() }
      tasks.addTask { try await admin.run() }
      tasks.addTask { [sessions] in
        while !Task.isCancelled {
          try await Task.sleep(for: .seconds(1))
          sessions.expire()
        }
      }
      tasks.addTask { [grants] in
        try await gracefulShutdown()
        await client.stop {
          // The metadata server recalls layouts now; whoever still reads under one is served.
          let end = MonotonicClock.now() + PeerRole.drainLimit
          while grants.count > 0, MonotonicClock.now() < end {
            try? await Task.sleep(for: .milliseconds(50))
          }
        }
        await listener.close()
        throw CancellationError()
      }
      defer { tasks.cancelAll() }
      do {
        // The admin server ends by itself at a graceful shutdown; what ends the peer is an error,
        // or the shutdown's own task when everything is in order.
        while try await tasks.next() != nil {}
      } catch is CancellationError {}
    }
  }

  private func makeClient(listening: @escaping @Sendable () -> SocketAddress?) -> MetadataClient {
    let machine = Array(identity.name.utf8.prefix(AuthsysParms.machinenameLimitBytes))
    let ready = ready
    return MetadataClient(
      configuration: MetadataClient.Configuration(
        host: settings.mds.host, port: settings.mds.port,
        owner: identity.owner(verifier: verifier),
        credential: AuthsysParms(machinename: machine, uid: 0, gid: 0).credential,
        keys: keys, registration: settings.serve ? registration(listening) : nil),
      grants: grants, group: group, logger: logger, onRegistered: { _ in ready.isRegistered() })
  }

  private func registration(
    _ listening: @escaping @Sendable () -> SocketAddress?
  ) -> @Sendable (RPCConnection) -> REGISTER_DS4args {
    let (settings, verifier, serverOwner) = (settings, verifier, serverOwner)
    let name = { @Sendable (text: String?) in
      Array((text ?? "").utf8.prefix(REGISTER_DS4args.nameLimitBytes))
    }
    let ownName = identity.name
    return { connection in
      REGISTER_DS4args(
        verifier: verifier, flags: .READ_ONLY,
        addrs: PeerAddresses.choose(
          advertised: settings.advertise, listening: listening(), local: connection.localAddress),
        serverOwner: serverOwner, serverScope: Array("p2pnfs".utf8), minorversions: 0b110,
        maxread: 1 << 20, weight: 0, name: name(ownName), zone: name(settings.locality.zone),
        rack: name(settings.locality.rack), node: name(settings.locality.node))
    }
  }

  private func makeReader() -> (reader: BlockReader, fetcher: BlockFetcher) {
    let grants = grants
    let fetcher = BlockFetcher(
      host: settings.mds.host, port: settings.mds.port, keys: keys,
      blockBytes: settings.cache.blockBytes, group: group, logger: logger, counters: counters,
      onVersionGone: { file in grants.revoke([.file(file.id)]) })
    let reader = BlockReader(
      blockBytes: settings.cache.blockBytes, memoryBytes: settings.cache.memoryBytes,
      store: store, fetcher: fetcher, threads: threads, counters: counters)
    return (reader, fetcher)
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

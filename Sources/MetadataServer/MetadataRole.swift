import Admin
public import Logging
import Glibc
import Membership
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import Placement
public import ServiceLifecycle
public import Settings
import Synchronization
import Transport

/// The metadata server as a service: exports directories over NFSv4.1 and 4.2 and tells clients
/// which peers to read from.
public struct MetadataRole: Service {
  private let settings: MetadataServerSettings
  private let keys: KeyRing
  private let token: String?
  private let logger: Logger
  private let onReady: @Sendable (String) -> Void

  /// - Parameters:
  ///   - keys: the cluster's keys; without one no peer can register.
  ///   - token: what the operator's orders have to show; nil: no orders are taken.
  ///   - onReady: called once with the line that says where it serves.
  public init(
    settings: MetadataServerSettings, keys: KeyRing, token: String? = nil, logger: Logger,
    onReady: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.keys = keys
    self.token = token
    self.logger = logger
    self.onReady = onReady
  }

  /// Serves until graceful shutdown.
  /// - Throws: `StartError` when an address cannot be bound or an export not be served.
  public func run() async throws {
    _ = raiseDescriptorLimit()
    let tree: PosixTree
    do throws(PosixTreeError) {
      tree = try PosixTree(
        exports: settings.exports.map(ExportDefinition.init),
        stateDirectory: settings.stateDirectory, logger: logger)
    } catch {
      throw StartError(error.description)
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 2))
    let pool = NIOThreadPool(numberOfThreads: max(4, min(64, System.coreCount * 4)))
    pool.start()
    let metrics = MetricRegistry()
    let reclaims = ReclaimStore(
      stateDirectory: settings.stateDirectory, leaseSeconds: UInt32(settings.leaseSeconds),
      logger: logger)
    let clusterKeys = ClusterKeys(keys.keys)
    keys.onChange { clusterKeys.replace(with: $0) }
    let service = MetadataService(
      tree: tree, policy: policy, identity: identity(tree), reclaims: reclaims,
      keys: clusterKeys,
      cluster: (MemberID(rawValue: tree.memberNumber), ownLocality), pool: pool, loop: group.next(),
      metrics: metrics, logger: logger)
    let listener: RPCListener
    do {
      listener = try await RPCListener.bind(
        host: settings.listen.host, port: settings.listen.port, group: group, service: service,
        limits: RPCConnectionLimits(), connectionLimit: settings.limits.connections,
        logger: logger)
    } catch {
      throw StartError.listen(settings.listen, error)
    }
    let gossip = MetadataGossip(
      settings: settings, member: MemberID(rawValue: tree.memberNumber), locality: ownLocality,
      keys: keys, clusterKeys: clusterKeys, service: service, listening: listener.localAddress,
      group: group,
      logger: logger)
    service.setGossip(gossip)
    let ticks = group.next().scheduleRepeatedTask(
      initialDelay: .seconds(1), delay: .seconds(1)
    ) { _ in service.tick() }
    let port = listener.localAddress?.port ?? settings.listen.port
    let nfs = Endpoint(host: settings.listen.host, port: port).description
    let admin = AdminServer(
      host: settings.admin.listen.host, port: settings.admin.listen.port,
      source: MetadataStatus(service: service, metrics: metrics, nfs: nfs), token: token,
      logger: logger
    ) { [logger, onReady] host, port in
      let address = Endpoint(host: host, port: port)
      logger.notice("serving", metadata: ["nfs": "\(nfs)", "admin": "\(address)"])
      onReady("ready role=mds nfs=\(nfs) admin=\(address)")
    }
    try await admin.run()
    logger.notice("stopping")
    service.stop()
    await gossip.stop()
    await listener.close()
    ticks.cancel()
    // Jobs of the pool answer on the loops: the pool goes first.
    try? await pool.shutdownGracefully()
    try? await group.shutdownGracefully()
  }

  private var ownLocality: Locality {
    let place = settings.locality
    return Locality(zone: place.zone, rack: place.rack, node: place.node)
  }

  private var policy: MetadataPolicy {
    let settings = settings
    var policy = MetadataPolicy(leaseSeconds: UInt32(settings.leaseSeconds)) { address in
      let place = settings.locality(addressBytes: address)
      return Locality(zone: place?.zone, rack: place?.rack, node: place?.node)
    }
    policy.grantsLayouts = grantsLayouts
    policy.minFileBytes = UInt64(settings.minFileBytes)
    return policy
  }

  /// Without a key no peer can ever register, and clients need not ask for layouts.
  private var grantsLayouts: Bool { settings.layouts == .files && !keys.keys.isEmpty }

  /// A new instance every time: client IDs and stateids of a former run are known as such.
  /// Its name is that of the former run: clients may reclaim.
  private func identity(_ tree: PosixTree) -> ServerIdentity {
    var random = SystemRandomNumberGenerator()
    let instance = UInt32.random(in: 1...(.max), using: &random)
    let major = tree.serverName
    return ServerIdentity(
      owner: ServerOwner4(minorId: 0, majorId: major), scope: Array("p2pnfs".utf8) + major,
      roles: grantsLayouts ? .USE_PNFS_MDS : .USE_NON_PNFS,
      implementation: nil, instance: instance, leaseSeconds: UInt32(settings.leaseSeconds))
  }
}

/// Why a role cannot start; what to do is part of the text.
public struct StartError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }

  static func listen(_ endpoint: Endpoint, _ error: any Error) -> StartError {
    let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    return StartError(
      "listen \(endpoint): \(reason). Is another NFS server running there? Stop it, choose another"
        + " 'listen', or for a port below 1024 give the program CAP_NET_BIND_SERVICE")
  }
}

extension ExportDefinition {
  init(_ export: ExportSettings) {
    let squash: Squash =
      switch export.squash {
      case .root: .root
      case .all: .all
      case .none: .none
      }
    let serve = export.serve
    self.init(
      path: export.path, pseudo: export.pseudo, squash: squash,
      isWritable: export.access == .readWrite,
      isClientAllowed: { export.admits(addressBytes: $0) },
      mayServe: { path, bytes in
        guard let path else { return serve.include.isEmpty && serve.exclude.isEmpty }
        return serve.allows(path, bytes: bytes)
      })
  }
}

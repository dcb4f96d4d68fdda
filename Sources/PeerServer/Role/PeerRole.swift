import Admin
import Glibc
public import Logging
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
public import ServiceLifecycle
public import Settings
import Synchronization
import Transport

/// Why a peer cannot be reached by clients.
public struct PeerListenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed and what to do.
  public let description: String

  init(_ endpoint: Endpoint, _ error: any Error) {
    let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    description = """
      listen \(endpoint): \(reason). Is another NFS server running there? Stop it, choose another \
      'listen' (port 0 is any), or for a port below 1024 give the program CAP_NET_BIND_SERVICE
      """
  }
}

/// A peer: a client of the metadata server with a cache, and a data server for stock clients.
///
/// On graceful shutdown it unregisters before its sockets close, gives its clients up to two
/// seconds to go elsewhere, and leaves the metadata server in order.
public struct PeerRole: Service {
  private let settings: PeerSettings
  private let keys: KeyRing
  private let token: String?
  private let logger: Logger
  private let onReady: @Sendable (String) -> Void

  /// How long clients may take to leave.
  static let drainLimit = Duration.seconds(2)

  /// - Parameters:
  ///   - keys: the cluster's; they may be replaced while the peer runs.
  ///   - token: what the operator's orders have to show; nil: no orders are taken.
  ///   - onReady: called once, when the peer serves: after its first registration, or, when it does
  ///     not serve clients, when it listens. With the line to print:
  ///     `ready role=peer nfs=HOST:PORT admin=HOST:PORT`.
  public init(
    settings: PeerSettings, keys: KeyRing, token: String? = nil, logger: Logger,
    onReady: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.keys = keys
    self.token = token
    self.logger = logger
    self.onReady = onReady
  }

  /// Serves until graceful shutdown or cancellation.
  /// - Throws: `BlockStoreError`, `AdminError`, `PeerListenError` for an address that cannot be
  ///   listened on, and `MetadataClientError` when the server will never have this peer.
  public func run() async throws {
    let threads = NIOThreadPool(numberOfThreads: max(2, System.coreCount))
    threads.start()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount))
    let result: Result<Void, any Error>
    do {
      let settings = settings
      let logger = logger
      let store = try await threads.runIfActive {
        try BlockStore.open(
          directory: settings.cache.path, quotaBytes: settings.cache.bytes,
          freeSpaceFloorBytes: settings.cache.freeSpaceFloorBytes, logger: logger)
      }
      do {
        try await PeerProcess(
          settings: settings, keys: keys, token: token, store: store, threads: threads,
          group: group, logger: logger, onReady: onReady
        ).run()
        result = .success(())
      } catch {
        result = .failure(error)
      }
      try? await threads.runIfActive { store.close() }
    } catch {
      result = .failure(error)
    }
    try? await group.shutdownGracefully()
    try? await threads.shutdownGracefully()
    try result.get()
  }
}

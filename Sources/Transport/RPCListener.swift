public import Logging
public import NIOCore
import NIOPosix
import ONCRPC
import Synchronization

/// A listening socket whose connections carry RPC.
///
/// At `connectionLimit` connections, new ones are closed as they arrive: those that are served
/// stay served.
public final class RPCListener: Sendable {
  private let channel: any Channel
  public let localAddress: SocketAddress?

  private init(channel: any Channel) {
    self.channel = channel
    self.localAddress = channel.localAddress
  }

  /// - Parameters:
  ///   - port: 0 for any free one; `localAddress` tells which.
  ///   - budget: what all connections may hold together.
  /// - Throws: `IOError` when the address cannot be bound.
  public static func bind(
    host: String, port: Int, group: any EventLoopGroup, service: any RPCService,
    limits: RPCConnectionLimits, connectionLimit: Int,
    budget: ConnectionBudget = ConnectionBudget(), logger: Logger
  ) async throws -> RPCListener {
    let open = OpenConnections(limit: connectionLimit)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard open.admit() else {
          logger.debug("connection refused: limit reached", metadata: ["limit": "\(open.limit)"])
          return channel.close()
        }
        channel.closeFuture.whenComplete { _ in open.left() }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            RPCChannelHandler(
              service: service, limits: limits, budget: budget, logger: logger,
              firstXid: .random(in: 0...(.max))))
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: 1 << 20, high: 8 << 20)
      )
      .childChannelOption(.maxMessagesPerRead, value: 4)
    return RPCListener(channel: try await bootstrap.bind(host: host, port: port).get())
  }

  /// Stops listening; connections stay.
  public func close() async { try? await channel.close() }

  /// How many connections there are, within the limit.
  private final class OpenConnections: Sendable {
    let limit: Int
    private let count = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    func admit() -> Bool {
      if count.add(1, ordering: .relaxed).newValue <= limit { return true }
      count.subtract(1, ordering: .relaxed)
      return false
    }

    func left() { count.subtract(1, ordering: .relaxed) }
  }
}

/// Opens connections to other nodes.
public enum RPCConnector {
  /// - Throws: what the connect failed with, after `timeout` at the latest; `RPCCallError.closed`
  ///   when the other side accepted the connection and closed it at once.
  public static func connect(
    host: String, port: Int, group: any EventLoopGroup, service: any RPCService,
    limits: RPCConnectionLimits, timeout: TimeAmount, logger: Logger
  ) async throws -> RPCConnection {
    let bootstrap = ClientBootstrap(group: group)
      .connectTimeout(timeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: 4096, initial: 16384, maximum: 1 << 20)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            RPCChannelHandler(
              service: service, limits: limits, logger: logger, firstXid: .random(in: 0...(.max))))
        }
      }
    // A name with several addresses makes several channels: only this one was chosen.
    let channel = try await bootstrap.connect(host: host, port: port).get()
    return try await channel.eventLoop.submit {
      let handler = try channel.pipeline.syncOperations.handler(type: RPCChannelHandler.self)
      guard let connection = handler.connection else { throw RPCCallError.closed }
      return connection
    }.get()
  }
}

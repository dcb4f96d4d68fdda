import Logging
import NIOCore
import NIOPosix
import ONCRPC
import Synchronization
import Testing
import Transport

/// A service whose answers are a test's, and which tells when connections come and go.
final class ScriptedService: RPCService {
  typealias Answer = @Sendable (RPCCall, RPCConnection) -> Void

  /// Each connection as it opens.
  let opened: AsyncStream<RPCConnection>
  /// The id of each connection as it closes.
  let closed: AsyncStream<UInt64>
  private let openedSource: AsyncStream<RPCConnection>.Continuation
  private let closedSource: AsyncStream<UInt64>.Continuation
  private let answer: Answer

  /// - Parameter answer: called on the connection's event loop.
  init(_ answer: @escaping Answer = ScriptedService.echo) {
    self.answer = answer
    (opened, openedSource) = AsyncStream.makeStream()
    (closed, closedSource) = AsyncStream.makeStream()
  }

  /// Answers with the arguments.
  static let echo: Answer = { call, connection in
    connection.reply(xid: call.xid, .success, results: [call.arguments])
  }

  func opened(_ connection: RPCConnection) { openedSource.yield(connection) }
  func received(_ call: RPCCall, on connection: RPCConnection) { answer(call, connection) }
  func closed(_ connection: RPCConnection) { closedSource.yield(connection.id) }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A listener on a free port of the loopback interface.
struct Listening {
  let listener: RPCListener
  let service: ScriptedService
  let port: Int

  init(
    _ service: ScriptedService, limits: RPCConnectionLimits = RPCConnectionLimits(),
    connectionLimit: Int = 100
  ) async throws {
    self.service = service
    listener = try await RPCListener.bind(
      host: "127.0.0.1", port: 0, group: .singletonMultiThreadedEventLoopGroup, service: service,
      limits: limits, connectionLimit: connectionLimit, logger: quiet)
    port = try #require(listener.localAddress?.port)
  }

  func connect(
    _ service: ScriptedService = ScriptedService(),
    limits: RPCConnectionLimits = RPCConnectionLimits()
  ) async throws -> RPCConnection {
    try await RPCConnector.connect(
      host: "127.0.0.1", port: port, group: .singletonMultiThreadedEventLoopGroup,
      service: service, limits: limits, timeout: .seconds(10), logger: quiet)
  }

  /// A socket that says what it is told to.
  func rawSocket() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
  }
}

extension RPCConnection {
  /// Calls procedure 1 of program 7, version 1.
  func echo(_ number: UInt32, timeout: TimeAmount = .seconds(30)) async throws -> ByteBuffer {
    try await call(
      program: 7, version: 1, procedure: 1, arguments: ByteBuffer(integer: number),
      timeout: timeout
    ).get()
  }
}

/// A record of these words, with its mark.
func record(_ words: UInt32...) -> ByteBuffer {
  var buffer = ByteBuffer(integer: 0x8000_0000 | UInt32(words.count * 4))
  for word in words { buffer.writeInteger(word) }
  return buffer
}

import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

/// Why the operator's interface cannot be served.
public struct AdminError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed and what to do.
  public let description: String
}

/// The operator's interface over HTTP/1.1, for reading only:
///
/// - `GET /v1/status`: a `StatusDocument` in JSON;
/// - `GET /metrics`: Prometheus' text exposition;
/// - `GET /healthz`: 200 and `ok`, or 503 and the reason;
/// - `GET /`: a page that shows the status and asks for it every other second.
///
/// At most `connectionLimit` connections are served at one time; idle ones are closed after a
/// minute. Ends on graceful shutdown.
public struct AdminServer<Source: AdminSource>: Service {
  /// The most connections that are served at one time; others wait to be accepted.
  public static var connectionLimit: Int { 256 }

  private let host: String
  private let port: Int
  private let source: Source
  private let logger: Logger
  private let onServing: @Sendable (_ host: String, _ port: Int) async -> Void

  /// A server that is not running yet.
  /// - Parameters:
  ///   - host: an address or name of this machine.
  ///   - port: 0 means any.
  ///   - onServing: called once, with the address and port that were bound.
  public init(
    host: String, port: Int, source: Source, logger: Logger,
    onServing: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
  ) {
    self.host = host
    self.port = port
    self.source = source
    self.logger = logger
    self.onServing = onServing
  }

  /// Serves until graceful shutdown or cancellation.
  /// - Throws: `AdminError` if the address cannot be bound.
  public func run() async throws {
    // What goes wrong is thrown from here; of its own accord the library calls every cancelled
    // connection an error.
    var quiet = logger
    quiet.logLevel = .critical
    let application = Application(
      router: router(),
      server: .http1(configuration: .init(idleTimeout: .seconds(60))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: .maximum(Self.connectionLimit, logger: quiet)),
      onServerRunning: { [host, port, onServing] channel in
        await onServing(
          channel.localAddress?.ipAddress ?? host, channel.localAddress?.port ?? port)
      },
      logger: quiet)
    do {
      try await application.run()
    } catch let error as IOError {
      throw AdminError(
        description: """
          cannot serve the admin interface on \(host):\(port): \(error.reasonText). \
          Set admin.listen to a free address of this machine, or to port 0 for any.
          """)
    }
  }

  private func router() -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    let source = source
    let logger = logger
    router.get("v1/status") { _, _ in
      do {
        return Self.answer(.ok, "application/json", bytes: try source.status().json())
      } catch {
        logger.warning("the status cannot be encoded", metadata: ["error": "\(error)"])
        return Self.answer(.internalServerError, "text/plain", "the status cannot be encoded\n")
      }
    }
    router.get("metrics") { _, _ in
      Self.answer(
        .ok, "text/plain; version=0.0.4; charset=utf-8",
        MetricFamily.exposition(source.metrics()))
    }
    router.get("healthz") { _, _ in
      switch source.health() {
      case .healthy:
        Self.answer(.ok, "text/plain; charset=utf-8", "ok\n")
      case .unhealthy(let reason):
        Self.answer(.serviceUnavailable, "text/plain; charset=utf-8", "\(reason)\n")
      }
    }
    router.get("/") { _, _ in
      Self.answer(.ok, "text/html; charset=utf-8", Dashboard.page)
    }
    return router
  }

  private static func answer(
    _ status: HTTPResponse.Status, _ type: String, _ text: String
  ) -> Response {
    answer(status, type, bytes: Array(text.utf8))
  }

  private static func answer(
    _ status: HTTPResponse.Status, _ type: String, bytes: [UInt8]
  ) -> Response {
    var headers: HTTPFields = [
      .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
    ]
    headers[.contentSecurityPolicy] = Dashboard.contentSecurityPolicy
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

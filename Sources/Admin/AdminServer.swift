import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

/// Why the operator's interface cannot be served.
public struct AdminError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed and what to do.
  public let description: String
}

/// The operator's interface over HTTP/1.1:
///
/// - `GET /v1/status`: a `StatusDocument` in JSON;
/// - `GET /metrics`: Prometheus' text exposition;
/// - `GET /healthz`: 200 and `ok`, or 503 and the reason;
/// - `GET /`: a page that shows the status and asks for it every other second;
/// - `POST /v1/NAME` for each `AdminAction`, with `Authorization: Bearer TOKEN`: 200 and what there
///   is to say in JSON; 401 for another token, 403 where the node has none, 404 where its role has
///   no such action, 409 and the reason where it cannot be done. A body is not read.
///
/// At most `connectionLimit` connections are served at one time; idle ones are closed after a
/// minute. Ends on graceful shutdown.
public struct AdminServer<Source: AdminSource>: Service {
  /// The most connections that are served at one time; others wait to be accepted.
  public static var connectionLimit: Int { 256 }

  private let host: String
  private let port: Int
  private let source: Source
  private let token: String?
  private let logger: Logger
  private let onServing: @Sendable (_ host: String, _ port: Int) async -> Void

  /// A server that is not running yet.
  /// - Parameters:
  ///   - host: an address or name of this machine.
  ///   - port: 0 means any.
  ///   - token: what a request that changes something has to show; nil: nothing can be changed.
  ///   - onServing: called once, with the address and port that were bound.
  public init(
    host: String, port: Int, source: Source, token: String? = nil, logger: Logger,
    onServing: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
  ) {
    self.host = host
    self.port = port
    self.source = source
    self.token = token
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
    for action in AdminAction.allCases {
      router.post("v1/\(action.rawValue)") { [token] request, _ in
        if let refusal = Self.refusal(request.headers[.authorization], token) { return refusal }
        let outcome = await source.perform(action)
        logger.notice("the operator's order", metadata: ["action": "\(action.rawValue)"])
        return Self.answer(outcome)
      }
    }
    return router
  }

  /// What to answer to a request that may change nothing; nil: it may.
  private static func refusal(_ authorization: String?, _ token: String?) -> Response? {
    guard let token else {
      return answer(
        .forbidden, "text/plain; charset=utf-8",
        "this node takes no orders: set admin.token_file in its configuration\n")
    }
    guard isEqual("Bearer \(token)", authorization ?? "") else {
      var response = answer(
        .unauthorized, "text/plain; charset=utf-8",
        "send 'Authorization: Bearer TOKEN' with the token of the node's admin.token_file\n")
      response.headers[.wwwAuthenticate] = "Bearer"
      return response
    }
    return nil
  }

  /// Compares all bytes whatever they are: how long it takes tells nothing of where they differ.
  private static func isEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func answer(_ outcome: AdminOutcome) -> Response {
    switch outcome {
    case .done(let value):
      guard let bytes = try? value.json() else {
        return answer(.internalServerError, "text/plain", "the answer cannot be encoded\n")
      }
      return answer(.ok, "application/json", bytes: bytes)
    case .unknown:
      return answer(.notFound, "text/plain; charset=utf-8", "this node has no such action\n")
    case .refused(let reason):
      return answer(.conflict, "text/plain; charset=utf-8", "\(reason)\n")
    }
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

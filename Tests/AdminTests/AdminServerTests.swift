import Admin
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

/// A role that answers what a test wants.
private struct Source: AdminSource {
  var state = Health.healthy
  var count = 0

  func status() -> StatusDocument {
    StatusDocument(
      role: "peer", version: "1", nfs: "127.0.0.1:2049", uptimeSeconds: 5,
      counters: Dictionary(uniqueKeysWithValues: (0..<count).map { ("counter_\($0)", $0) }))
  }

  func metrics() -> [MetricFamily] {
    [MetricFamily(name: "up", help: "Up.", kind: .gauge, samples: [.init(value: 1)])]
  }

  func health() -> Health { state }

  func perform(_ action: AdminAction) async -> AdminOutcome {
    switch action {
    case .drain: .done(["draining": true])
    case .undrain: .refused("not today")
    }
  }
}

/// A role without actions.
private struct Idle: AdminSource {
  func status() -> StatusDocument {
    StatusDocument(role: "mds", version: "1", nfs: "127.0.0.1:2049", uptimeSeconds: 5)
  }
  func metrics() -> [MetricFamily] { [] }
  func health() -> Health { .healthy }
}

@Suite struct AdminServerTests {
  @Test("the status is served to the client on whatever port was free")
  func status() async throws {
    try await serving(Source()) { client, _ in
      let status = try await client.status()
      #expect(status == Source().status())
    }
  }

  @Test("a status of some megabytes arrives whole")
  func largeStatus() async throws {
    try await serving(Source(count: 100_000)) { client, _ in
      let status = try await client.status()
      #expect(status.counters.count == 100_000)
    }
  }

  @Test("metrics are served as text")
  func metrics() async throws {
    try await serving(Source()) { client, _ in
      let answer = try await client.get("/metrics")
      #expect(answer.status == 200)
      #expect(text(answer) == "# HELP up Up.\n# TYPE up gauge\nup 1\n")
    }
  }

  @Test("health is 200 or 503 with its reason")
  func health() async throws {
    try await serving(Source()) { client, _ in
      let answer = try await client.get("/healthz")
      #expect(answer.status == 200)
      #expect(text(answer) == "ok\n")
    }
    try await serving(Source(state: .unhealthy(reason: "the cache is full"))) { client, _ in
      let answer = try await client.get("/healthz")
      #expect(answer.status == 503)
      #expect(text(answer) == "the cache is full\n")
    }
  }

  @Test("the page needs nothing from elsewhere")
  func dashboard() async throws {
    try await serving(Source()) { client, _ in
      let answer = try await client.get("/")
      #expect(answer.status == 200)
      #expect(text(answer).hasPrefix("<!doctype html>"))
      #expect(!text(answer).contains("http:"))
      #expect(!text(answer).contains("https:"))
      #expect(!text(answer).contains("innerHTML"))
    }
  }

  @Test("what is not there is 404")
  func absent() async throws {
    try await serving(Source()) { client, _ in
      let answer = try await client.get("/v1/nothing")
      #expect(answer.status == 404)
    }
  }

  @Test("a port in use is told with what to do")
  func portInUse() async throws {
    try await serving(Source()) { _, port in
      let second = AdminServer(
        host: "127.0.0.1", port: port, source: Source(), logger: Logger(label: "test"))
      let error = await #expect(throws: AdminError.self) { try await second.run() }
      #expect(
        error?.description
          == "cannot serve the admin interface on 127.0.0.1:\(port): Address already in use. "
          + "Set admin.listen to a free address of this machine, or to port 0 for any.")
    }
  }

  @Test("where nobody listens, the client says so")
  func refused() async throws {
    // A port that was free a moment ago, and that nothing took since.
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(channel.localAddress?.port)
    try await channel.close()
    let error = await #expect(throws: AdminClient.Failure.self) {
      try await AdminClient(host: "127.0.0.1", port: port).status()
    }
    guard case .unreachable(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason == "cannot connect to 127.0.0.1:\(port): Connection refused")
  }

  @Test("a server that closes at once, or speaks something else, is told apart")
  func otherServers() async throws {
    try await answering(nil) { client in
      await #expect(throws: AdminClient.Failure.self) { try await client.status() }
    }
    try await answering("\u{80}\0\0\u{1c} not http\r\n\r\n") { client in
      let error = await #expect(throws: AdminClient.Failure.self) { try await client.status() }
      guard case .unexpected = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    try await answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") { client in
      let error = await #expect(throws: AdminClient.Failure.self) { try await client.status() }
      guard case .unexpected(let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.hasSuffix("answered, but not as p2pnfsd does"))
    }
  }

  @Test("who shows the token has an order carried out")
  func order() async throws {
    try await serving(Source(), token: "a token of letters") { client, _ in
      let done = try await client.perform(.drain, token: "a token of letters")
      #expect(done.status == 200)
      #expect(text(done) == "{\n  \"draining\" : true\n}")
      let refused = try await client.perform(.undrain, token: "a token of letters")
      #expect(refused.status == 409)
      #expect(text(refused) == "not today\n")
    }
  }

  @Test(
    "who shows another token, or a part of it, changes nothing",
    arguments: ["", "a token of letter", "a token of lettersx", "A token of letters"])
  func wrongToken(token: String) async throws {
    try await serving(Source(), token: "a token of letters") { client, _ in
      let answer = try await client.perform(.drain, token: token)
      #expect(answer.status == 401)
      #expect(text(answer).contains("admin.token_file"))
    }
  }

  @Test("a node without a token takes no orders, and says how to give it one")
  func noToken() async throws {
    try await serving(Source()) { client, _ in
      for token in ["", "a token of letters"] {
        let answer = try await client.perform(.drain, token: token)
        #expect(answer.status == 403)
        #expect(text(answer).contains("admin.token_file"))
      }
    }
  }

  @Test("a role says that it has no such action; reading does not act")
  func noAction() async throws {
    try await serving(Idle(), token: "a token of letters") { client, _ in
      let ordered = try await client.perform(.drain, token: "a token of letters")
      #expect(ordered.status == 404)
      let read = try await client.get("/v1/drain")
      #expect(read.status == 404)
    }
  }

  // MARK: -

  private func text(_ answer: AdminClient.Answer) -> String {
    String(decoding: answer.body, as: UTF8.self)
  }

  /// Runs a server as the daemon does, and stops it gracefully.
  private func serving(
    _ source: some AdminSource, token: String? = nil,
    _ body: (AdminClient, Int) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = AdminServer(
      host: "127.0.0.1", port: 0, source: source, token: token, logger: Logger(label: "test")
    ) { host, port in
      #expect(host == "127.0.0.1")
      continuation.yield(port)
      continuation.finish()
    }
    let group = ServiceGroup(
      configuration: .init(services: [.init(service: server)], logger: Logger(label: "test")))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { continuation.finish() }
        try await group.run()
      }
      let port = try #require(await ports.first { _ in true })
      try await body(AdminClient(host: "127.0.0.1", port: port), port)
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Runs a server that sends some bytes, or none, and closes.
  private func answering(
    _ text: String?, _ body: (AdminClient) async throws -> Void
  ) async throws {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { child in
        child.eventLoop.makeCompletedFuture {
          try child.pipeline.syncOperations.addHandler(Answering(text: text))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    try await body(
      AdminClient(host: "127.0.0.1", port: try #require(channel.localAddress?.port)))
    try await channel.close()
  }
}

/// Answers what it first receives.
private final class Answering: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let text: String?

  init(text: String?) {
    self.text = text
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if let text {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
    context.close(promise: nil)
  }
}

import NIOCore
import NIOHTTP1
import NIOPosix

/// Talks to a node's admin interface, one request a connection.
public struct AdminClient: Sendable {
  /// Why there is no answer.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// No connection, or it ended or timed out before the answer did.
    case unreachable(String)
    /// An answer that is not what this interface gives.
    case unexpected(String)

    /// One sentence.
    public var description: String {
      switch self {
      case .unreachable(let reason), .unexpected(let reason): reason
      }
    }
  }

  /// What a node answered.
  public struct Answer: Hashable, Sendable {
    /// HTTP's status code.
    public var status: Int
    /// At most `bodyLimit` bytes.
    public var body: [UInt8]
  }

  /// The longest answer that is read, in bytes.
  public static let bodyLimit = 64 << 20

  private let host: String
  private let port: Int
  private let timeout: Duration

  /// A client of one node; `timeout` bounds a request from connecting to the answer's end.
  public init(host: String, port: Int, timeout: Duration = .seconds(10)) {
    self.host = host
    self.port = port
    self.timeout = timeout
  }

  /// The node's status.
  public func status() async throws(Failure) -> StatusDocument {
    let answer = try await get("/v1/status")
    guard answer.status == 200 else {
      throw .unexpected("\(host):\(port) answered with HTTP status \(answer.status)")
    }
    do {
      return try StatusDocument(json: answer.body)
    } catch {
      throw .unexpected("\(host):\(port) answered, but not as p2pnfsd does")
    }
  }

  /// One GET request.
  public func get(_ path: String) async throws(Failure) -> Answer {
    try await ask(.GET, path, token: nil)
  }

  /// Has the node do something.
  /// - Parameter token: the node's.
  public func perform(
    _ action: AdminAction, token: String
  ) async throws(Failure) -> Answer {
    try await ask(.POST, "/v1/\(action.rawValue)", token: token)
  }

  private func ask(
    _ method: HTTPMethod, _ path: String, token: String?
  ) async throws(Failure) -> Answer {
    do {
      return try await withThrowingTaskGroup(of: Answer?.self) { [timeout] group in
        group.addTask { try await request(method, path, token) }
        group.addTask {
          try await Task.sleep(for: timeout)
          return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let answer = first else {
          throw Failure.unreachable("\(host):\(port) did not answer within \(timeout)")
        }
        return answer
      }
    } catch let failure as Failure {
      throw failure
    } catch let error as NIOConnectionError {
      let reason =
        error.connectionErrors.first.map { attempt in
          (attempt.error as? IOError)?.reasonText ?? "\(attempt.error)"
        } ?? "the name is not known"
      throw .unreachable("cannot connect to \(host):\(port): \(reason)")
    } catch let error as HTTPParserError {
      throw .unexpected("\(host):\(port) does not speak HTTP: \(error)")
    } catch {
      throw .unreachable("cannot talk to \(host):\(port): \(error)")
    }
  }

  private func request(
    _ method: HTTPMethod, _ path: String, _ token: String?
  ) async throws -> Answer {
    let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    var headers: HTTPHeaders = ["Host": authority, "Connection": "close", "User-Agent": "p2pnfs"]
    if method == .POST { headers.add(name: "Content-Length", value: "0") }
    if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
    let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.nanoseconds(Int64(timeout / .nanoseconds(1))))
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(OneRequest(head))
          return try NIOAsyncChannel<HTTPClientResponsePart, Never>(
            wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, _ in
      var answer = Answer(status: 0, body: [])
      for try await part in inbound {
        switch part {
        case .head(let head):
          answer.status = Int(head.status.code)
        case .body(let bytes):
          guard bytes.readableBytes <= Self.bodyLimit - answer.body.count else {
            throw Failure.unexpected("\(host):\(port) answered with too much")
          }
          answer.body.append(contentsOf: bytes.readableBytesView)
        case .end:
          return answer
        }
      }
      throw Failure.unreachable("\(host):\(port) closed the connection before it answered")
    }
  }
}

/// Sends one request without a body as soon as there is a connection.
private final class OneRequest: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart
  private let head: HTTPRequestHead

  init(_ head: HTTPRequestHead) {
    self.head = head
  }

  func channelActive(context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }
}

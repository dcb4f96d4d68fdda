public import Logging
public import NFSServer
public import NFSv4
public import NIOCore
import ONCRPC
import Synchronization
import Transport
import XDR

/// Why a member did not answer.
public enum LinkError: Error, Hashable, Sendable {
  /// There is no connection and none could be made, or it broke.
  case unreachable
  /// No answer in time.
  case timedOut
  /// The other side refused the call, or its answer was not sealed by it.
  case refused
  /// Too much waits for the connection already.
  case tooManyCalls
}

/// An answer that is still sealed. Opening it takes time in proportion to its length: large ones
/// are opened off the event loops.
public struct SealedAnswer: Sendable {
  fileprivate let message: ByteBuffer
  fileprivate let seal: MessageSeal
  fileprivate let number: UInt64
  fileprivate let procedure: BlockProtocol.Procedure

  /// The results; nil if they were not sealed by the other side as an answer to this call.
  public func opened() -> ByteBuffer? {
    guard let (number, body) = seal.opened(message, procedure, .answer), number == self.number
    else { return nil }
    return body
  }
}

/// The connections on which this member asks others for blocks: two for each, one for blocks and
/// one for questions, made when they are needed first, proven, and closed after a while without
/// use.
///
/// On a thin link a small answer behind a few blocks takes seconds: who waits for it would take a
/// busy member for a dead one.
public final class BlockLinks: Sendable {
  /// Bytes that the operating system may hold of a connection that it has not sent.
  public static let unsentBytes = 128 << 10
  /// Calls that wait for a connection to be made.
  static let waitingLimit = 4096
  /// Connections at one time; beyond, the one idle for longest is let go.
  static let linkLimit = 2048
  static let idleLimit = Duration.seconds(120)
  static let connectTimeout = TimeAmount.milliseconds(1500)

  public typealias Completion = @Sendable (Result<SealedAnswer, LinkError>) -> Void

  private struct Waiting: Sendable {
    var procedure: BlockProtocol.Procedure
    var body: ByteBuffer
    var timeout: TimeAmount
    var completion: Completion
  }

  /// What a connection carries.
  private enum Lane: CaseIterable, Sendable {
    case questions
    /// And what must not overtake the question for a block.
    case blocks

    init(_ procedure: BlockProtocol.Procedure) {
      switch procedure {
      case .TAKE, .CANCEL, .URGE: self = .blocks
      default: self = .questions
      }
    }
  }

  private struct Name: Hashable, Sendable {
    var member: UInt64
    var lane: Lane
  }

  private enum LinkState: Sendable {
    case connecting([Waiting])
    case open(RPCConnection, MessageSeal)
  }

  private struct Link: Sendable {
    var state: LinkState
    var lastUse: NIODeadline
    /// Tells a link from a later one to the same member.
    var generation: UInt64
  }

  private struct State: Sendable {
    var links: [Name: Link] = [:]
    var nextGeneration: UInt64 = 1
    var isClosed = false
  }

  /// What a call does next.
  private enum Next {
    case send(RPCConnection, MessageSeal)
    case connect(UInt64)
    case wait
    case refuse
  }

  private let own: UInt64
  private let keys: ClusterKeys
  private let group: any EventLoopGroup
  private let recordBytes: Int
  private let logger: Logger
  private let addresses = Mutex<[UInt64: (host: String, port: Int)]>([:])
  private let onClosed = Mutex<(@Sendable (UInt64) -> Void)?>(nil)
  private let nextNumber = Atomic<UInt64>(1)
  private let state = Mutex(State())

  /// - Parameters:
  ///   - own: this member.
  ///   - recordBytes: of the longest answer.
  public init(
    own: UInt64, keys: ClusterKeys, group: any EventLoopGroup, recordBytes: Int = 2 << 20,
    logger: Logger
  ) {
    self.own = own
    self.keys = keys
    self.group = group
    self.recordBytes = recordBytes
    self.logger = logger
  }

  /// Where a member is found from now on; nil: not any more.
  public func setAddress(_ member: UInt64, _ address: (host: String, port: Int)?) {
    addresses.withLock { $0[member] = address }
  }

  /// Has it said when the connection to a member broke, or could not be made. Any thread.
  public func onClosed(_ body: @escaping @Sendable (UInt64) -> Void) {
    onClosed.withLock { $0 = body }
  }

  /// How many connections there are.
  public var count: Int { state.withLock { $0.links.count } }

  /// When bytes last came from a member, and how many have come; nil: no connection, or nothing
  /// came.
  public func lastHeard(from member: UInt64) -> (at: NIODeadline, byteCount: UInt64)? {
    let connections = state.withLock { state in
      Lane.allCases.compactMap { lane -> RPCConnection? in
        guard case .open(let connection, _) = state.links[Name(member: member, lane: lane)]?.state
        else { return nil }
        return connection
      }
    }
    let heard = connections.compactMap(\.lastHeard)
    guard let last = heard.map(\.at).max() else { return nil }
    return (last, heard.reduce(0) { $0 &+ $1.byteCount })
  }

  /// Calls a procedure of a member. Any thread.
  /// - Parameter completion: called once, now or later, on any thread.
  public func call(
    _ member: UInt64, _ procedure: BlockProtocol.Procedure, _ arguments: some XDRCodable,
    timeout: TimeAmount, completion: @escaping Completion
  ) {
    let name = Name(member: member, lane: Lane(procedure))
    let waiting = Waiting(
      procedure: procedure, body: arguments.xdr, timeout: timeout, completion: completion)
    let next = state.withLock { state -> Next in
      guard !state.isClosed else { return .refuse }
      let now = NIODeadline.now()
      if var link = state.links[name] {
        link.lastUse = now
        defer { state.links[name] = link }
        switch link.state {
        case .open(let connection, let seal): return .send(connection, seal)
        case .connecting(var queue):
          guard queue.count < Self.waitingLimit else { return .refuse }
          queue.append(waiting)
          link.state = .connecting(queue)
          return .wait
        }
      }
      let generation = state.nextGeneration
      state.nextGeneration += 1
      state.links[name] = Link(
        state: .connecting([waiting]), lastUse: now, generation: generation)
      return .connect(generation)
    }
    switch next {
    case .send(let connection, let seal): send(waiting, on: connection, seal)
    case .connect(let generation): connect(name, generation)
    case .wait: return
    case .refuse: completion(.failure(.tooManyCalls))
    }
  }

  /// Closes every connection; nothing is asked any more.
  public func close() {
    let links = state.withLock { state in
      state.isClosed = true
      defer { state.links = [:] }
      return state.links
    }
    for link in links.values { end(link) }
  }

  /// Lets go of a member: it left, or is not to be believed.
  public func drop(_ member: UInt64) {
    let links = state.withLock { state in
      Lane.allCases.compactMap { lane in
        state.links.removeValue(forKey: Name(member: member, lane: lane))
      }
    }
    for link in links { end(link) }
  }

  /// Lets connections go that nobody used for a while. To be called now and then.
  public func expire() {
    let now = NIODeadline.now()
    let idle = state.withLock { state -> [Link] in
      let unused = state.links.filter { link in
        guard case .open = link.value.state else { return false }
        return now - link.value.lastUse > .nanoseconds(Self.idleLimit.nanosecondCount)
      }.keys
      var surplus = state.links.count - unused.count - Self.linkLimit
      var gone = Array(unused)
      if surplus > 0 {
        for (name, _) in state.links.sorted(by: { $0.value.lastUse < $1.value.lastUse })
        where surplus > 0 && !gone.contains(name) {
          gone.append(name)
          surplus -= 1
        }
      }
      return gone.compactMap { state.links.removeValue(forKey: $0) }
    }
    for link in idle { end(link) }
  }

  private func end(_ link: Link) {
    switch link.state {
    case .open(let connection, _): connection.close()
    case .connecting(let queue):
      for waiting in queue { waiting.completion(.failure(.unreachable)) }
    }
  }

  // MARK: Connecting

  private func connect(_ name: Name, _ generation: UInt64) {
    guard let (host, port) = addresses.withLock({ $0[name.member] }) else {
      return failed(name, generation)
    }
    Task {
      do {
        let connection = try await RPCConnector.connect(
          host: host, port: port, group: group, service: NoCalls(),
          limits: RPCConnectionLimits(recordBytes: recordBytes, callsOutstanding: 16_384),
          timeout: Self.connectTimeout, logger: logger)
        do {
          let seal = try await ClusterProof.prove(
            on: connection, session: ClusterProof.member(own), keys: keys)
          opened(name, generation, connection, seal)
        } catch {
          connection.close()
          throw error
        }
      } catch {
        logger.debug(
          "no connection to a member",
          metadata: ["member": "\(name.member)", "address": "\(host):\(port)", "error": "\(error)"])
        failed(name, generation)
      }
    }
  }

  private func opened(
    _ name: Name, _ generation: UInt64, _ connection: RPCConnection, _ seal: MessageSeal
  ) {
    let queue = state.withLock { state -> [Waiting]? in
      guard state.links[name]?.generation == generation,
        case .connecting(let queue) = state.links[name]?.state
      else { return nil }
      state.links[name]?.state = .open(connection, seal)
      return queue
    }
    guard let queue else { return connection.close() }
    connection.channel.closeFuture.whenComplete { _ in self.failed(name, generation) }
    for waiting in queue { send(waiting, on: connection, seal) }
  }

  private func failed(_ name: Name, _ generation: UInt64) {
    let link = state.withLock { state -> Link? in
      guard state.links[name]?.generation == generation else { return nil }
      return state.links.removeValue(forKey: name)
    }
    guard let link else { return }
    end(link)
    onClosed.withLock { $0 }?(name.member)
  }

  private func send(_ waiting: Waiting, on connection: RPCConnection, _ seal: MessageSeal) {
    let number = nextNumber.add(1, ordering: .relaxed).oldValue
    var arguments = ByteBuffer()
    for piece in seal.sealed([waiting.body], number: number, waiting.procedure, .call) {
      arguments.writeImmutableBuffer(piece)
    }
    connection.call(
      program: BlockProtocol.program, version: BlockProtocol.version,
      procedure: waiting.procedure.rawValue, arguments: arguments, timeout: waiting.timeout
    ).whenComplete { result in
      switch result {
      case .success(let message):
        waiting.completion(
          .success(
            SealedAnswer(
              message: message, seal: seal, number: number, procedure: waiting.procedure)))
      case .failure(let error):
        waiting.completion(.failure(LinkError(error)))
      }
    }
  }
}

extension LinkError {
  fileprivate init(_ error: any Error) {
    switch error as? RPCCallError {
    case .timedOut: self = .timedOut
    case .tooManyCalls: self = .tooManyCalls
    case .refused: self = .refused
    default: self = .unreachable
    }
  }
}

extension Duration {
  fileprivate var nanosecondCount: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}

/// Answers no calls: what a connection that only calls has.
struct NoCalls: RPCService {
  func opened(_ connection: RPCConnection) {}
  func received(_ call: RPCCall, on connection: RPCConnection) {
    connection.reply(xid: call.xid, .progUnavail)
  }
  func closed(_ connection: RPCConnection) {}
}

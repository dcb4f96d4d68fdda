import Admin
import BlockCache
import ClusterTransport
import Contents
import Logging
import Membership
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import Placement
import Synchronization
import Transport
import XDR

/// Gives blocks to peers: the shell of an `OriginExchange`, which decides to whom, when, and whom
/// to send elsewhere.
final class BlockOrigin<Tree: FileTree>: MemberCallHandler {
  private struct State: Sendable {
    var exchange: OriginExchange
    var calls: [ExchangeToken: MemberCall] = [:]
    var nextToken: ExchangeToken = 1
    /// Who said of whom that it sent wrong bytes.
    var accusers: [MemberID: Set<MemberID>] = [:]
  }

  /// Members whose accusers are remembered.
  private static var accusedLimit: Int { 4096 }

  private let state: Mutex<State>
  private let export: BlockExport<Tree>
  private let pool: NIOThreadPool
  private let logger: Logger
  let clock: @Sendable () -> Duration
  let redirects: Counter
  let accusations: Counter

  init(
    own: MemberID, locality: Locality, export: BlockExport<Tree>, pool: NIOThreadPool,
    metrics: MetricRegistry, logger: Logger, clock: @escaping @Sendable () -> Duration
  ) {
    state = Mutex(
      State(
        exchange: OriginExchange(
          own: Neighbor(id: own, locality: locality, isServing: false),
          contents: ContentsView(own: own))))
    self.export = export
    self.pool = pool
    self.logger = logger
    self.clock = clock
    redirects = metrics.counter(
      "blocks_redirected", "Requests for blocks answered with the name of a peer that has them.")
    accusations = metrics.counter(
      "peers_accused", "Reports that a peer sent bytes that are not a block's.")
  }

  /// Looks at or changes what is known of the members.
  func withExchange<Value: Sendable>(_ body: (inout OriginExchange) -> Value) -> Value {
    state.withLock { body(&$0.exchange) }
  }

  func received(_ call: MemberCall) {
    switch call.procedure {
    case .TAKE: takeAsked(call)
    case .LOCATE:
      // Homes are peers.
      call.answer(LOCATE1res.nobody)
    case .STATUS: call.answer(STATUS1res(progress: UInt64(export.blocks.value)))
    case .SYNC: syncAsked(call)
    case .CANCEL, .CHASE: call.answer([])
    case .URGE: urged(call)
    case .ACCUSE: accused(call)
    case .NULL, .CHALLENGE, .PROVE: call.refuse()
    }
  }

  func closed(_ connection: RPCConnection) {
    state.withLock { state in
      for (token, call) in state.calls where call.connection.id == connection.id {
        state.calls[token] = nil
      }
    }
  }

  /// The metadata server holds files, and no blocks that could be asked for by their names alone.
  private func syncAsked(_ call: MemberCall) {
    guard let arguments = try? SYNC1(xdr: call.body),
      let request = try? AntiEntropyRequest(
        decoding: Array(arguments.message.readableBytesView))
    else { return call.refuse() }
    let response = Holdings(generation: 1).answer(request)
    call.answer(SYNC1(message: ByteBuffer(bytes: response.encoded)))
  }

  private func urged(_ call: MemberCall) {
    guard let arguments = try? CANCEL1args(xdr: call.body),
      let file = ExchangedFile(arguments.file)
    else { return call.refuse() }
    let key = BlockKey(version: file.version, index: arguments.index)
    withExchange { $0.urged(by: MemberID(rawValue: call.member), key) }
    call.answer([])
  }

  private func accused(_ call: MemberCall) {
    guard let arguments = try? ACCUSE1args(xdr: call.body) else { return call.refuse() }
    let (accused, accuser) = (
      MemberID(rawValue: arguments.member), MemberID(rawValue: call.member)
    )
    let count = state.withLock { state -> Int in
      if state.accusers.count >= Self.accusedLimit, state.accusers[accused] == nil { return 0 }
      state.accusers[accused, default: []].insert(accuser)
      return state.accusers[accused]?.count ?? 0
    }
    accusations.add(1)
    logger.warning(
      "a peer is said to send bytes that are not the block's: look at its disk and memory",
      metadata: [
        "member": "\(accused.rawValue)", "by": "\(accuser.rawValue)", "accusers": "\(count)",
      ])
    call.answer([])
  }

  private func takeAsked(_ call: MemberCall) {
    guard let arguments = try? TAKE1args(xdr: call.body) else { return call.refuse() }
    guard let file = ExchangedFile(arguments.file) else { return call.answer(TAKE1res.refused) }
    let request = OriginRequest(
      file: file, index: arguments.index, isDemand: arguments.flags.contains(.DEMAND),
      waiting: Int(arguments.waiting),
      excluded: arguments.excluded.map { MemberID(rawValue: $0) },
      insists: arguments.flags.contains(.INSISTS))
    let now = clock()
    carryOut(
      state.withLock { state in
        let token = state.nextToken
        state.nextToken &+= 1
        state.calls[token] = call
        return state.exchange.asked(
          token, by: MemberID(rawValue: call.member), request, now: now)
      })
  }

  func carryOut(_ directives: [OriginExchange.Directive]) {
    for directive in directives {
      switch directive {
      case .send(let token, let request, _):
        pool.submit { status in
          guard case .active = status else { return }
          self.send(token, request)
        }
      case .redirect(let token, let member):
        redirects.add(1)
        take(token)?.answer(TAKE1res.elsewhere(member: member.rawValue))
      case .busy(let token): take(token)?.answer(TAKE1res.busy)
      }
    }
  }

  private func take(_ token: ExchangeToken) -> MemberCall? {
    state.withLock { $0.calls.removeValue(forKey: token) }
  }

  private func send(_ token: ExchangeToken, _ request: OriginRequest) {
    guard let call = take(token) else { return sent(token) }
    let caller = Caller(principal: .none, address: call.connection.remoteAddressBytes)
    let promise = call.connection.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in self.sent(token) }
    do throws(BlockExport<Tree>.Failure) {
      let block = try export.read(request.file, request.index, for: caller)
      call.answer(TAKE1res.block(block), promise: promise)
    } catch {
      let answer: TAKE1res =
        switch error {
        case .gone: .gone
        case .refused: .refused
        case .busy: .busy
        }
      call.answer(answer, promise: promise)
    }
  }

  private func sent(_ token: ExchangeToken) {
    carryOut(state.withLock { $0.exchange.sent(token) })
  }
}

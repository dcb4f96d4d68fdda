public import NFSServer
public import NFSv4
public import NIOCore
public import ONCRPC
public import Transport
import XDR

/// A call of the block program that arrived sealed by a member of the cluster.
public struct MemberCall: Sendable {
  public let procedure: BlockProtocol.Procedure
  /// Who calls, by its own account: it holds the cluster's key.
  public let member: UInt64
  /// The arguments.
  public let body: ByteBuffer
  public let connection: RPCConnection
  fileprivate let xid: UInt32
  fileprivate let number: UInt64
  fileprivate let seal: MessageSeal

  /// Answers the call. Any thread; to be called once. Sealing an answer takes about a millisecond a
  /// megabyte.
  /// - Parameter promise: succeeds when the answer is about to leave.
  public func answer(_ results: [ByteBuffer], promise: EventLoopPromise<Void>? = nil) {
    connection.reply(
      xid: xid, .success, results: seal.sealed(results, number: number, procedure, .answer),
      promise: promise)
  }

  /// As `answer`, with the encoded form of a value.
  public func answer(_ result: some XDRCodable, promise: EventLoopPromise<Void>? = nil) {
    var encoder = XDREncoder()
    result.encode(to: &encoder)
    answer(encoder.finish(), promise: promise)
  }

  /// The arguments make no sense.
  public func refuse() { connection.reply(xid: xid, .garbageArgs) }
}

/// What a role does with the calls of other members.
public protocol MemberCallHandler: Sendable {
  /// A call arrived; on the connection's event loop. To be answered once, now or later.
  func received(_ call: MemberCall)
  /// A connection of a member closed.
  func closed(_ connection: RPCConnection)
}

/// The callee's side of the block program: lets in who proves that it holds the cluster's key, and
/// hands on what it asks.
public final class BlockCalls: Sendable {
  /// Calls of one member that may wait for their answers: they are short, and what is sent at one
  /// time is bounded elsewhere.
  static let callsInFlight = 4096

  private let proofs: ConnectionProofs
  private let handler: any MemberCallHandler
  private let onIntruder: @Sendable (RPCConnection) -> Void

  /// - Parameter onIntruder: a host without the key tried to be a member.
  public init(
    proofs: ConnectionProofs, handler: any MemberCallHandler,
    onIntruder: @escaping @Sendable (RPCConnection) -> Void
  ) {
    self.proofs = proofs
    self.handler = handler
    self.onIntruder = onIntruder
  }

  /// Takes a call of the block program.
  public func received(_ call: RPCCall, on connection: RPCConnection) {
    guard call.vers == BlockProtocol.version else {
      return connection.reply(
        xid: call.xid, .progMismatch(low: BlockProtocol.version, high: BlockProtocol.version))
    }
    switch BlockProtocol.Procedure(rawValue: call.proc) {
    case .NULL: connection.reply(xid: call.xid, .success)
    case .CHALLENGE: challenged(call, on: connection)
    case .PROVE: proven(call, on: connection)
    case let procedure?: sealed(call, procedure, on: connection)
    case nil: connection.reply(xid: call.xid, .procUnavail)
    }
  }

  /// The connection is gone.
  public func closed(_ connection: RPCConnection) {
    let wasProven = proofs.isProven(connection.id)
    proofs.closed(connection.id)
    if wasProven { handler.closed(connection) }
  }

  private func challenged(_ call: RPCCall, on connection: RPCConnection) {
    guard let arguments = try? CHALLENGE1args(xdr: call.arguments) else {
      return connection.reply(xid: call.xid, .garbageArgs)
    }
    guard let answer = proofs.challenge(arguments, connection: connection.id) else {
      return connection.reply(xid: call.xid, .authError(.AUTH_TOOWEAK))
    }
    connection.reply(xid: call.xid, .success, results: [answer.xdr])
  }

  private func proven(_ call: RPCCall, on connection: RPCConnection) {
    guard let arguments = try? PROVE1args(xdr: call.arguments) else {
      return connection.reply(xid: call.xid, .garbageArgs)
    }
    let isProven = proofs.prove(arguments, connection: connection.id)
    if isProven {
      connection.keepUnsentBytesLow(BlockLinks.unsentBytes)
      connection.setCallsInFlight(Self.callsInFlight)
    } else {
      onIntruder(connection)
    }
    let answer = PROVE1res(status: isProven ? .PROVE1_OK : .PROVE1_REFUSED)
    connection.reply(xid: call.xid, .success, results: [answer.xdr])
  }

  private func sealed(
    _ call: RPCCall, _ procedure: BlockProtocol.Procedure, on connection: RPCConnection
  ) {
    guard let (session, seal) = proofs.proven(connection.id) else {
      return connection.reply(xid: call.xid, .authError(.AUTH_TOOWEAK))
    }
    guard let (number, body) = seal.opened(call.arguments, procedure, .call) else {
      // Somebody in between, or a program that is no member after all.
      onIntruder(connection)
      connection.reply(xid: call.xid, .authError(.AUTH_BADVERF))
      // Once the refusal has left.
      return connection.eventLoop.execute { connection.close() }
    }
    handler.received(
      MemberCall(
        procedure: procedure, member: session.high, body: body, connection: connection,
        xid: call.xid, number: number, seal: seal))
  }
}

import Glibc
public import NIOCore
public import ONCRPC
import Synchronization
import XDR

/// What a role does with the calls that arrive on its connections.
///
/// All functions are called on the connection's event loop and must not block.
public protocol RPCService: Sendable {
  func opened(_ connection: RPCConnection)
  /// A call arrived. `connection.reply` has to be called once, now or later, from any thread.
  func received(_ call: RPCCall, on connection: RPCConnection)
  func closed(_ connection: RPCConnection)
}

/// Why a call has no reply.
public enum RPCCallError: Error, Equatable, Sendable {
  /// The connection closed before the reply came.
  case closed
  /// No reply within the time given.
  case timedOut
  /// More calls wait for replies than the connection allows.
  case tooManyCalls
  /// The server refused the call.
  case refused(RPCReplyStatus)
}

/// What one connection may hold.
public struct RPCConnectionLimits: Sendable {
  /// Bytes of one record.
  public var recordBytes: Int
  /// Calls received and not yet answered; at the limit nothing more is read from the socket. Each
  /// may be for a reply of 1 MiB; a session has 64 slots.
  public var callsInFlight: Int
  /// Calls sent and not yet answered; at the limit further ones fail.
  public var callsOutstanding: Int

  public init(
    recordBytes: Int = 2 * 1024 * 1024, callsInFlight: Int = 96, callsOutstanding: Int = 1024
  ) {
    self.recordBytes = recordBytes
    self.callsInFlight = callsInFlight
    self.callsOutstanding = callsOutstanding
  }
}

/// One TCP connection that carries ONC RPC calls and replies, both ways (RFC 5531 §11, RFC 8881
/// §2.10.3.1): the fore channel of one side is the backchannel of the other.
///
/// All state belongs to the event loop. Replies made while one socket read is being handled leave
/// with one flush. Reading stops while too many calls are unanswered or the other side does not
/// take its replies, so what one connection can make the process hold is bounded; what all can is
/// by the listener's `ConnectionBudget`.
public final class RPCConnection: Sendable {
  /// Unique within the process.
  public let id: UInt64
  public let channel: any Channel
  /// The other side's address in network byte order; empty when unknown.
  public let remoteAddressBytes: [UInt8]
  public let remoteAddress: SocketAddress?
  public let localAddress: SocketAddress?
  private let handler: NIOLoopBound<RPCChannelHandler>
  private let lastReceived = Atomic<Int64>(0)
  private let receivedBytes = Atomic<UInt64>(0)

  private static let nextID = Atomic<UInt64>(1)

  init(channel: any Channel, handler: RPCChannelHandler) {
    self.id = Self.nextID.add(1, ordering: .relaxed).oldValue
    self.channel = channel
    self.remoteAddress = channel.remoteAddress
    self.localAddress = channel.localAddress
    self.remoteAddressBytes = channel.remoteAddress?.addressBytes ?? []
    self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
  }

  public var eventLoop: any EventLoop { channel.eventLoop }

  /// Answers a call. Any thread.
  /// - Parameters:
  ///   - results: what follows the header after `success`; large ones are not copied.
  ///   - promise: succeeds when the operating system has taken the whole answer, fails with the
  ///     connection.
  public func reply(
    xid: UInt32, _ status: RPCReplyStatus, results: [ByteBuffer] = [],
    promise: EventLoopPromise<Void>? = nil
  ) {
    if eventLoop.inEventLoop {
      handler.value.sendReply(xid: xid, status, results: results, promise: promise)
    } else {
      eventLoop.execute {
        self.handler.value.sendReply(xid: xid, status, results: results, promise: promise)
      }
    }
  }

  /// When bytes last arrived, whatever they were, and how many have; nil: none did.
  public var lastHeard: (at: NIODeadline, byteCount: UInt64)? {
    let nanoseconds = lastReceived.load(ordering: .relaxed)
    guard nanoseconds != 0 else { return nil }
    return (
      .uptimeNanoseconds(UInt64(nanoseconds)), receivedBytes.load(ordering: .relaxed)
    )
  }

  func heard(_ byteCount: Int, at time: NIODeadline) {
    receivedBytes.wrappingAdd(UInt64(byteCount), ordering: .relaxed)
    lastReceived.store(Int64(clamping: time.uptimeNanoseconds), ordering: .relaxed)
  }

  /// Lets the other side have more calls unanswered, or fewer, than the limits said that the
  /// connection was made with. Any thread.
  public func setCallsInFlight(_ limit: Int) {
    eventLoop.execute { self.handler.value.setCallsInFlight(limit) }
  }

  /// Keeps what is not sent yet in this process rather than in the operating system, as far as it
  /// goes: what is more urgent can still go first, and a promise of `reply` succeeds when the
  /// answer is about to leave.
  public func keepUnsentBytesLow(_ byteCount: Int) {
    let notSentLowWater = ChannelOptions.Types.SocketOption(
      level: .tcp, name: .init(rawValue: 25))
    channel.setOption(notSentLowWater, value: .init(byteCount)).whenFailure { _ in
      // Only the order in which answers leave is worse without it.
    }
  }

  /// Calls a procedure of the other side. Any thread.
  /// - Returns: the results after the header of a successful reply; fails with `RPCCallError`.
  public func call(
    program: UInt32, version: UInt32, procedure: UInt32, credential: OpaqueAuth = .none,
    arguments: ByteBuffer, timeout: TimeAmount
  ) -> EventLoopFuture<ByteBuffer> {
    let promise = eventLoop.makePromise(of: ByteBuffer.self)
    let call = RPCCall(
      xid: 0, prog: program, vers: version, proc: procedure, cred: credential,
      arguments: arguments)
    if eventLoop.inEventLoop {
      handler.value.sendCall(call, timeout: timeout, promise: promise)
    } else {
      eventLoop.execute {
        self.handler.value.sendCall(call, timeout: timeout, promise: promise)
      }
    }
    return promise.futureResult
  }

  /// Closes the connection. Any thread; more than once is harmless.
  public func close() { channel.close(promise: nil) }
}

extension SocketAddress {
  /// The address without the port, in network byte order; an IPv4 address mapped into IPv6 as
  /// its 4 bytes. Nil for what is not IP.
  public var addressBytes: [UInt8]? {
    switch self {
    case .v4(let address):
      return withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
      let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
      return bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    case .unixDomainSocket:
      return nil
    }
  }
}

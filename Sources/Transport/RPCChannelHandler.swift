import Logging
import NIOCore
import ONCRPC
import XDR

/// The channel's end of an `RPCConnection`: records in, calls and replies out. Loop-bound.
final class RPCChannelHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Pieces of results up to this many bytes are copied behind the reply's header.
  private static var copyLimitBytes: Int { 4096 }

  private struct Outstanding {
    var promise: EventLoopPromise<ByteBuffer>
    var timeout: Scheduled<Void>
  }

  private let service: any RPCService
  private let limits: RPCConnectionLimits
  private let logger: Logger
  private(set) var connection: RPCConnection?
  private var context: ChannelHandlerContext?
  private var assembler: RecordAssembler
  private var outstanding: [UInt32: Outstanding] = [:]
  private var nextXid: UInt32
  private var callsInFlight = 0
  private var isReading = false
  private var needsFlush = false
  private var readIsDelayed = false

  /// - Parameter firstXid: an arbitrary start, different for each connection.
  init(
    service: any RPCService, limits: RPCConnectionLimits, logger: Logger, firstXid: UInt32
  ) {
    self.service = service
    self.limits = limits
    self.logger = logger
    self.assembler = RecordAssembler(recordLimitBytes: limits.recordBytes)
    self.nextXid = firstXid
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { activate(context) }
  }

  func channelActive(context: ChannelHandlerContext) { activate(context) }

  private func activate(_ context: ChannelHandlerContext) {
    guard connection == nil else { return }
    let connection = RPCConnection(channel: context.channel, handler: self)
    self.connection = connection
    service.opened(connection)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    let waiting = outstanding
    outstanding = [:]
    for (_, call) in waiting {
      call.timeout.cancel()
      call.promise.fail(RPCCallError.closed)
    }
    if let connection {
      self.connection = nil
      service.closed(connection)
    }
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  // MARK: Receiving

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    assembler.append(unwrapInboundIn(data))
    isReading = true
    defer { isReading = false }
    handleRecords(context)
  }

  /// Handles what was received, as far as its replies have room: one socket read can hold
  /// thousands of requests for large replies. The rest waits in the assembler.
  private func handleRecords(_ context: ChannelHandlerContext) {
    do {
      while hasRoom(context), let record = try assembler.next() {
        try handle(record)
        guard self.context != nil else { return }
      }
    } catch {
      logger.debug("closing: not RPC", metadata: ["error": "\(error)"])
      context.close(promise: nil)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flushIfNeeded(context)
    context.fireChannelReadComplete()
  }

  private func handle(_ record: ByteBuffer) throws(XDRError) {
    switch try RPCMessage(record: record) {
    case .reply(let reply):
      // A reply that came after its time-out finds nobody and is dropped.
      guard let call = outstanding.removeValue(forKey: reply.xid) else { return }
      call.timeout.cancel()
      if reply.status == .success {
        call.promise.succeed(reply.results)
      } else {
        call.promise.fail(RPCCallError.refused(reply.status))
      }
    case .call(let call):
      guard let connection else { return }
      callsInFlight += 1
      guard call.rpcvers == rpcVersion else {
        sendReply(
          xid: call.xid, .rpcMismatch(low: rpcVersion, high: rpcVersion), results: [])
        return
      }
      service.received(call, on: connection)
    }
  }

  // MARK: Backpressure

  /// Whether one more call may be taken.
  private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
    callsInFlight < limits.callsInFlight && context.channel.isWritable
  }

  func read(context: ChannelHandlerContext) {
    if hasRoom(context) {
      context.read()
    } else {
      readIsDelayed = true
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    resumeReading(context)
    context.fireChannelWritabilityChanged()
  }

  private func resumeReading(_ context: ChannelHandlerContext) {
    // While records are being handled, whoever handles them goes on.
    guard !isReading, hasRoom(context) else { return }
    isReading = true
    handleRecords(context)
    isReading = false
    guard self.context != nil else { return }
    flushIfNeeded(context)
    guard readIsDelayed, hasRoom(context) else { return }
    readIsDelayed = false
    context.read()
  }

  // MARK: Sending

  func sendReply(xid: UInt32, _ status: RPCReplyStatus, results: [ByteBuffer]) {
    callsInFlight -= 1
    guard let context else { return }
    var head = context.channel.allocator.buffer(
      capacity: 4 + 24 + min(results.first?.readableBytes ?? 0, Self.copyLimitBytes))
    head.writeInteger(UInt32(0))
    var encoder = XDREncoder(head)
    status.encode(xid: xid, to: &encoder)
    send(headed: &encoder, payload: results, context)
    resumeReading(context)
  }

  func sendCall(_ call: RPCCall, timeout: TimeAmount, promise: EventLoopPromise<ByteBuffer>) {
    guard let context else { return promise.fail(RPCCallError.closed) }
    guard outstanding.count < limits.callsOutstanding else {
      return promise.fail(RPCCallError.tooManyCalls)
    }
    var call = call
    repeat { nextXid &+= 1 } while outstanding[nextXid] != nil
    call.xid = nextXid
    let xid = nextXid
    let expiry = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
      self.outstanding.removeValue(forKey: xid)?.promise.fail(RPCCallError.timedOut)
      return
    }
    outstanding[xid] = Outstanding(promise: promise, timeout: expiry)
    var head = context.channel.allocator.buffer(capacity: 128 + call.arguments.readableBytes)
    head.writeInteger(UInt32(0))
    var encoder = XDREncoder(head)
    call.encode(to: &encoder)
    send(headed: &encoder, payload: [], context)
  }

  /// Small results are copied behind the header, so that a reply is one buffer; large ones follow
  /// as they are and leave in the same gathering write.
  private func send(
    headed encoder: inout XDREncoder, payload: [ByteBuffer], _ context: ChannelHandlerContext
  ) {
    var head = encoder.finishContiguous()
    var rest = payload[...]
    // A piece need not be a whole number of XDR units: only all of them together are.
    while let first = rest.first, first.readableBytes <= Self.copyLimitBytes {
      head.writeImmutableBuffer(first)
      rest = rest.dropFirst()
    }
    var recordBytes = head.readableBytes - 4
    for piece in rest { recordBytes += piece.readableBytes }
    head.setInteger(recordMark(recordBytes: recordBytes), at: head.readerIndex)
    context.write(wrapOutboundOut(head), promise: nil)
    for piece in rest { context.write(wrapOutboundOut(piece), promise: nil) }
    needsFlush = true
    if !isReading { flushIfNeeded(context) }
  }

  private func flushIfNeeded(_ context: ChannelHandlerContext) {
    guard needsFlush else { return }
    needsFlush = false
    context.flush()
  }
}

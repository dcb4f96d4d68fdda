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
  /// Answers are noted as sent in steps of at least so many bytes: a note costs a promise.
  private static var noteBytes: Int { 64 << 10 }

  private struct Outstanding {
    var promise: EventLoopPromise<ByteBuffer>
    var timeout: Scheduled<Void>
  }

  private let service: any RPCService
  private var limits: RPCConnectionLimits
  private let logger: Logger
  private(set) var connection: RPCConnection?
  private var context: ChannelHandlerContext?
  private var assembler: RecordAssembler
  private var outstanding: [UInt32: Outstanding] = [:]
  private var nextXid: UInt32
  private var callsInFlight = 0
  private var isReading = false
  private var isFlushing = false
  private var needsFlush = false
  private var readIsDelayed = false
  /// Records wait, or the socket does, until there is room.
  private var isPaused = false
  private let budget: ConnectionBudget?
  private var account: ConnectionAccount
  private var stallClock = StallClock()
  private var stallTimer: Scheduled<Void>?
  /// Part of a record has arrived, and what follows is being read.
  private var isIncomplete = false
  private var recordCount = 0
  private var writtenBytes = 0
  /// Of those, bytes since the last note.
  private var unnotedBytes = 0

  /// - Parameters:
  ///   - budget: what the connection shares with others; nil: it is not counted.
  ///   - firstXid: an arbitrary start, different for each connection.
  init(
    service: any RPCService, limits: RPCConnectionLimits, budget: ConnectionBudget? = nil,
    logger: Logger, firstXid: UInt32
  ) {
    self.service = service
    self.limits = limits
    self.logger = logger
    self.budget = budget
    self.account = ConnectionAccount(budget: nil, id: 0)
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
    account = ConnectionAccount(budget: budget, id: connection.id)
    service.opened(connection)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    stallTimer?.cancel()
    assembler = RecordAssembler(recordLimitBytes: limits.recordBytes)
    account.closed()
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
    let bytes = unwrapInboundIn(data)
    connection?.heard(bytes.readableBytes, at: context.eventLoop.now)
    assembler.append(bytes)
    isReading = true
    defer { isReading = false }
    handleRecords(context)
  }

  /// Handles what was received, as far as its replies have room: one socket read can hold
  /// thousands of requests for large replies. The rest waits in the assembler.
  private func handleRecords(_ context: ChannelHandlerContext) {
    isIncomplete = false
    do {
      while true {
        guard hasRoom(context) else {
          isPaused = true
          break
        }
        guard let record = try assembler.next() else {
          isIncomplete = assembler.heldBytes > 0
          break
        }
        recordCount += 1
        try handle(record)
        guard self.context != nil else { return }
      }
    } catch {
      logger.debug("closing: not RPC", metadata: ["error": "\(error)"])
      return context.close(promise: nil)
    }
    countRequest(context)
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
      if let problem = call.authProblem {
        return sendReply(xid: call.xid, .authError(problem), results: [])
      }
      service.received(call, on: connection)
      account.setCalls(callsInFlight)
    }
  }

  // MARK: Backpressure

  func setCallsInFlight(_ limit: Int) {
    limits.callsInFlight = limit
    account.isMember = true
  }

  /// Whether one more call may be taken.
  private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
    guard takesRequests(context) else { return false }
    return account.admitsCall { waiter(context) }
  }

  private func waiter(_ context: ChannelHandlerContext) -> ByteBudget.Waiter {
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    return ByteBudget.Waiter(loop: context.eventLoop) { handler.value.budgetHasRoom() }
  }

  /// Whether the socket may deliver more.
  private func mayRead(_ context: ChannelHandlerContext) -> Bool {
    guard isIncomplete else { return hasRoom(context) }
    // What has begun to arrive needs no room for its answer yet: it would take room itself while
    // it waited.
    return takesRequests(context) && account.admitsMoreOfRequest { waiter(context) }
  }

  /// Whether the connection's own limits allow one more call.
  private func takesRequests(_ context: ChannelHandlerContext) -> Bool {
    callsInFlight < limits.callsInFlight && context.channel.isWritable
  }

  private func budgetHasRoom() {
    account.resumed()
    if let context { resumeReading(context) }
  }

  func read(context: ChannelHandlerContext) {
    if mayRead(context) {
      context.read()
    } else {
      readIsDelayed = true
      isPaused = true
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    resumeReading(context)
    context.fireChannelWritabilityChanged()
  }

  private func resumeReading(_ context: ChannelHandlerContext) {
    // While records are being handled, whoever handles them goes on.
    guard !isReading, !isFlushing, mayRead(context) else { return }
    isPaused = false
    isReading = true
    handleRecords(context)
    isReading = false
    guard self.context != nil else { return }
    flushIfNeeded(context)
    guard readIsDelayed, mayRead(context) else { return }
    readIsDelayed = false
    context.read()
  }

  // MARK: What the connection holds

  private func countRequest(_ context: ChannelHandlerContext) {
    guard account.isLimited else { return }
    account.setRequest(assembler.heldBytes > 0 ? assembler.capacityBytes : 0)
    if isIncomplete { watchForStall(context) }
  }

  private func noteSent(_ byteCount: Int) {
    account.sent(byteCount)
    guard let context, isPaused else { return }
    if isFlushing || isReading {
      // Later: to go on from within would nest as deep as there are answers.
      let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
      context.eventLoop.execute {
        if let context = handler.value.context { handler.value.resumeReading(context) }
      }
    } else {
      resumeReading(context)
    }
  }

  /// Looks again and again while something waits that the other side has to move.
  private func watchForStall(_ context: ChannelHandlerContext) {
    guard stallTimer == nil else { return }
    guard account.queuedBytes > 0 || isIncomplete else {
      stallClock = StallClock()
      return
    }
    let waitingBytes =
      account.queuedBytes > 0
      ? (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 : 0
    var pressed: Set<StallClock.Stall> = []
    if account.areAnswersPressed { pressed.insert(.output) }
    if account.areRequestsPressed { pressed.insert(.request) }
    let stall = stallClock.look(
      at: context.eventLoop.now, sentBytes: waitingBytes > 0 ? writtenBytes - waitingBytes : nil,
      request: isIncomplete && takesRequests(context)
        ? .init(number: recordCount, byteCount: assembler.heldBytes) : nil,
      pressed: pressed)
    if let stall {
      logger.debug("closing: the other side stands still", metadata: ["where": "\(stall)"])
      return context.close(promise: nil)
    }
    stallTimer = context.eventLoop.assumeIsolated().scheduleTask(in: StallClock.interval) {
      self.stallTimer = nil
      if let context = self.context { self.watchForStall(context) }
    }
  }

  // MARK: Sending

  func sendReply(
    xid: UInt32, _ status: RPCReplyStatus, results: [ByteBuffer],
    promise: EventLoopPromise<Void>? = nil
  ) {
    callsInFlight -= 1
    guard let context else {
      account.setCalls(callsInFlight)
      promise?.fail(RPCCallError.closed)
      return
    }
    var head = context.channel.allocator.buffer(
      capacity: 4 + 24 + min(results.first?.readableBytes ?? 0, Self.copyLimitBytes))
    head.writeInteger(UInt32(0))
    var encoder = XDREncoder(head)
    status.encode(xid: xid, to: &encoder)
    send(headed: &encoder, payload: results, context, promise: promise)
    account.setCalls(callsInFlight)
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
    headed encoder: inout XDREncoder, payload: [ByteBuffer], _ context: ChannelHandlerContext,
    promise: EventLoopPromise<Void>? = nil
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
    let promise = noted(recordBytes + 4, promise, context)
    context.write(wrapOutboundOut(head), promise: rest.isEmpty ? promise : nil)
    for (place, piece) in zip(rest.indices, rest) {
      let isLast = place == rest.endIndex - 1
      context.write(wrapOutboundOut(piece), promise: isLast ? promise : nil)
    }
    needsFlush = true
    if !isReading { flushIfNeeded(context) }
  }

  /// Counts what is about to be written, until it is sent.
  /// - Returns: the promise for its last piece.
  private func noted(
    _ byteCount: Int, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
  ) -> EventLoopPromise<Void>? {
    guard account.isLimited else { return promise }
    writtenBytes &+= byteCount
    unnotedBytes += byteCount
    guard unnotedBytes >= Self.noteBytes else { return promise }
    let bytes = unnotedBytes
    unnotedBytes = 0
    account.queued(bytes)
    let sent = context.eventLoop.makePromise(of: Void.self)
    if let promise { sent.futureResult.cascade(to: promise) }
    sent.futureResult.assumeIsolated().whenComplete { _ in self.noteSent(bytes) }
    return sent
  }

  private func flushIfNeeded(_ context: ChannelHandlerContext) {
    guard needsFlush else { return }
    needsFlush = false
    isFlushing = true
    context.flush()
    isFlushing = false
    if account.queuedBytes > 0 { watchForStall(context) }
  }
}

import NIOCore
import NIOEmbedded
import ONCRPC
import Synchronization
import Testing
import XDR

@testable import Transport

/// A connection whose socket a test plays.
private final class TestConnection {
  let channel: EmbeddedChannel
  let service: ScriptedService
  private let socket = Socket()

  /// The socket's end of the pipeline: takes what is sent while it is open, and counts how often
  /// it is asked to deliver.
  private final class Socket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var isTaking = true
    var readCount = 0
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
    func flush(context: ChannelHandlerContext) { if isTaking { context.flush() } }
    func read(context: ChannelHandlerContext) { readCount += 1 }

    func take() {
      isTaking = true
      context?.flush()
    }
  }

  init(
    _ loop: EmbeddedEventLoop, _ budget: ConnectionBudget?, isTaking: Bool = true,
    limits: RPCConnectionLimits = RPCConnectionLimits(callsInFlight: 1000),
    _ answer: @escaping ScriptedService.Answer
  ) throws {
    socket.isTaking = isTaking
    service = ScriptedService(answer)
    channel = EmbeddedChannel(loop: loop)
    try channel.pipeline.syncOperations.addHandlers([
      socket,
      RPCChannelHandler(
        service: service, limits: limits, budget: budget, logger: quiet, firstXid: 1),
    ])
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
    channel.read()
  }

  var isOpen: Bool { channel.isActive }

  /// Delivers bytes if the socket is read from, as the network does.
  /// - Returns: whether it was.
  @discardableResult
  func deliver(_ bytes: ByteBuffer) throws -> Bool {
    guard socket.readCount > 0 else { return false }
    socket.readCount = 0
    try channel.writeInbound(bytes)
    if channel.isActive { channel.read() }
    return true
  }

  /// Takes everything that waits to be sent, and goes on doing so.
  func take() { socket.take() }

  /// Takes nothing any more.
  func stick() { socket.isTaking = false }

  /// Bytes that were sent since the last look.
  func sentBytes() throws -> Int {
    var count = 0
    while let sent = try channel.readOutbound(as: ByteBuffer.self) { count += sent.readableBytes }
    return count
  }
}

/// A call of procedure 1 with 4 bytes of arguments.
private let callRecord = record(10, 0, 2, 7, 1, 1, 0, 0, 0, 0, 42)
private let mebibyte = ByteBuffer(repeating: 7, count: 1 << 20)

@Suite struct ConnectionBudgetTests {
  private let loop = EmbeddedEventLoop()
  /// 512 MiB of answers, 512 MiB of requests.
  private let budget = ConnectionBudget(limitBytes: 1 << 30)

  private static let large: ScriptedService.Answer = { call, connection in
    connection.reply(xid: call.xid, .success, results: [mebibyte])
  }

  /// Delivers one call after the other while the socket is read from, at most so many.
  /// - Returns: how many were.
  @discardableResult
  private func flood(_ connection: TestConnection, _ count: Int = 64) throws -> Int {
    for number in 0..<count where try !connection.deliver(callRecord) { return number }
    return count
  }

  @Test("however many connections take no answers, what they hold is bounded and others are served")
  func unreadAnswers() throws {
    let stuck = try (0..<60).map { _ in
      try TestConnection(loop, budget, isTaking: false, Self.large)
    }
    for connection in stuck { #expect(try flood(connection) <= 30) }
    #expect(budget.heldBytes < 512 << 20)
    let other = try TestConnection(loop, budget, Self.large)
    #expect(try flood(other, 200) == 200)
    #expect(try other.sentBytes() > 200 << 20)
    for connection in stuck { connection.take() }
    loop.run()
    #expect(budget.heldBytes == 0)
    for connection in stuck { #expect(try connection.deliver(callRecord)) }
  }

  @Test("calls that arrive together wait in their connection, and go on as answers leave")
  func pipelined() throws {
    let connection = try TestConnection(loop, budget, isTaking: false, Self.large)
    var calls = ByteBuffer()
    for _ in 0..<100 { calls.writeImmutableBuffer(callRecord) }
    try connection.deliver(calls)
    #expect(budget.heldBytes < 31 << 20)
    #expect(try !connection.deliver(callRecord))
    connection.take()
    loop.run()
    #expect(try connection.sentBytes() > 100 << 20)
    #expect(try connection.deliver(callRecord))
  }

  @Test("a call without an answer counts as the largest answer, also when its connection is gone")
  func callsUnderWay() throws {
    let waiting = Mutex<[(UInt32, RPCConnection)]>([])
    let connection = try TestConnection(loop, budget) { call, connection in
      waiting.withLock { $0.append((call.xid, connection)) }
    }
    #expect(try flood(connection) == 30)
    #expect(budget.heldBytes == 30 << 20)
    // A client that comes and goes must not get more done than one that stays.
    _ = try connection.channel.finish(acceptAlreadyClosed: true)
    #expect(budget.heldBytes == 30 << 20)
    for (xid, connection) in waiting.withLock({ $0 }) { connection.reply(xid: xid, .success) }
    #expect(budget.heldBytes == 0)
  }

  @Test("when all is held nobody is read from, and whoever waits is when some is free again")
  func exhausted() throws {
    let waiting = try (0..<3).map { _ in try TestConnection(loop, budget, Self.large) }
    let stuck = try (0..<150).map { _ in
      try TestConnection(loop, budget, isTaking: false, Self.large)
    }
    for connection in stuck { try flood(connection) }
    #expect(budget.heldBytes <= 512 << 20)
    for connection in waiting {
      #expect(try connection.deliver(callRecord))
      #expect(try connection.sentBytes() == 0)
      #expect(try !connection.deliver(callRecord))
    }
    for connection in stuck[..<4] { connection.take() }
    loop.run()
    for connection in waiting {
      #expect(try connection.sentBytes() > 1 << 20)
      #expect(try connection.deliver(callRecord))
    }
  }

  @Test("a connection that takes nothing for 30 seconds is closed; one that takes something is not")
  func stalledOutput() throws {
    let connection = try TestConnection(loop, budget, isTaking: false, Self.large)
    let stuck = try TestConnection(loop, budget, isTaking: false, Self.large)
    try flood(stuck, 3)
    for _ in 0..<10 {
      try flood(connection, 3)
      loop.advanceTime(by: .seconds(25))
      connection.take()
      connection.stick()
    }
    #expect(connection.isOpen && !stuck.isOpen)
    #expect(budget.heldBytes == 0)
  }

  @Test("while more than half is held, a connection that takes nothing for 10 seconds is closed")
  func pressed() throws {
    let stuck = try (0..<60).map { _ in
      try TestConnection(loop, budget, isTaking: false, Self.large)
    }
    for connection in stuck { try flood(connection) }
    loop.advanceTime(by: .seconds(10))
    #expect(budget.heldBytes <= 256 << 20)
    #expect(!stuck[0].isOpen)
  }

  @Test("a request that does not go on for 30 seconds closes its connection; an idle one stays")
  func stalledRequest() throws {
    let idle = try TestConnection(loop, budget, ScriptedService.echo)
    let connection = try TestConnection(loop, budget, ScriptedService.echo)
    try connection.deliver(ByteBuffer(integer: 0x8000_0000 | UInt32(1 << 20)))
    try connection.deliver(ByteBuffer(repeating: 0, count: 1000))
    loop.advanceTime(by: .seconds(25))
    #expect(connection.isOpen)
    loop.advanceTime(by: .seconds(10))
    #expect(!connection.isOpen && idle.isOpen)
    #expect(budget.heldBytes == 0)
  }

  @Test("large requests that do not complete are bounded, and small ones of others are answered")
  func incompleteRequests() throws {
    let budget = ConnectionBudget(limitBytes: 32 << 20)
    let connections = try (0..<40).map { _ in
      try TestConnection(loop, budget, ScriptedService.echo)
    }
    let piece = ByteBuffer(repeating: 0, count: 50_000)
    for connection in connections {
      try connection.deliver(ByteBuffer(integer: 0x8000_0000 | UInt32(2 << 20)))
      for _ in 0..<30 { try connection.deliver(piece) }
    }
    #expect(budget.heldBytes <= 24 << 20, "\(budget.heldBytes) bytes")
    let other = try TestConnection(loop, budget, ScriptedService.echo)
    #expect(try flood(other, 5) == 5)
    #expect(try other.sentBytes() > 0)
    // Those that stand still go, and the others go on.
    loop.advanceTime(by: .seconds(10))
    #expect(!connections[0].isOpen)
    #expect(budget.requests.usedBytes < 16 << 20)
    loop.run()
    #expect(try connections.contains { try $0.isOpen && $0.deliver(piece) })
    #expect(other.isOpen)
  }

  @Test("members of the cluster are not kept waiting, and their calls do not count")
  func members() throws {
    let connection = try TestConnection(loop, budget) { call, connection in
      connection.setCallsInFlight(5000)
    }
    #expect(try flood(connection, 1) == 1)
    loop.run()
    #expect(try flood(connection, 900) == 900)
    #expect(budget.heldBytes == 0)
  }

  @Test("a budget that is too small to work with counts as the least")
  func least() {
    #expect(ConnectionBudget(limitBytes: 0).answers.limitBytes == 8 << 20)
    #expect(ConnectionBudget.defaultBytes <= 1 << 30)
  }
}

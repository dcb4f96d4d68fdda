import NIOCore
import NIOPosix
import ONCRPC
import Synchronization
import Testing
import Transport

@Suite(.timeLimit(.minutes(2))) struct RPCListenerTests {
  @Test("an address in use cannot be bound")
  func inUse() async throws {
    let server = try await Listening(ScriptedService())
    await #expect(throws: IOError.self) {
      _ = try await RPCListener.bind(
        host: "127.0.0.1", port: server.port, group: .singletonMultiThreadedEventLoopGroup,
        service: ScriptedService(), limits: RPCConnectionLimits(), connectionLimit: 1,
        logger: quiet)
    }
    await server.listener.close()
  }

  @Test("a closed listener refuses connections, and those it had stay")
  func closed() async throws {
    let server = try await Listening(ScriptedService())
    let client = try await server.connect()
    #expect(try await client.echo(1) == ByteBuffer(integer: UInt32(1)))
    await server.listener.close()
    await #expect(throws: (any Error).self) { try await server.connect() }
    #expect(try await client.echo(2) == ByteBuffer(integer: UInt32(2)))
    client.close()
  }

  @Test("beyond the limit connections are closed as they come; when one leaves, one may come")
  func connectionLimit() async throws {
    let server = try await Listening(ScriptedService(), connectionLimit: 2)
    let first = try await server.connect()
    let second = try await server.connect()
    _ = try await first.echo(1)
    _ = try await second.echo(1)
    try await server.rawSocket().executeThenClose { inbound, _ in
      do {
        for try await _ in inbound { Issue.record("an answer beyond the limit") }
      } catch is IOError {
        // Reset.
      }
    }
    #expect(try await first.echo(2) == ByteBuffer(integer: UInt32(2)))
    first.close()
    for await _ in server.service.closed { break }
    // The place is free a moment after the service was told.
    var answer: ByteBuffer?
    while answer == nil {
      let third = try? await server.connect()
      answer = try? await third?.echo(3)
      third?.close()
    }
    #expect(answer == ByteBuffer(integer: UInt32(3)))
    second.close()
    await server.listener.close()
  }

  @Test("at the limit of unanswered calls nothing more is read, and answers let it go on")
  func callsInFlight() async throws {
    let held = Mutex<[(UInt32, RPCConnection)]>([])
    let (arrivals, arrived) = AsyncStream<Void>.makeStream()
    let server = try await Listening(
      ScriptedService { call, connection in
        held.withLock { $0.append((call.xid, connection)) }
        arrived.yield()
      }, limits: RPCConnectionLimits(recordBytes: 1 << 20, callsInFlight: 4))
    let client = try await server.connect()
    // Each call is larger than what one turn of the socket delivers.
    let futures = (0..<32).map { _ in
      client.call(
        program: 7, version: 1, procedure: 1, arguments: ByteBuffer(repeating: 0, count: 900_000),
        timeout: .seconds(100))
    }
    var most = 0
    var answered = 0
    var arrival = arrivals.makeAsyncIterator()
    while answered < 32 {
      await arrival.next()
      let waiting = held.withLock { $0.count }
      most = max(most, waiting)
      guard waiting >= 4 || answered + waiting == 32 else { continue }
      for (xid, connection) in held.withLock({ held in
        defer { held = [] }
        return held
      }) {
        connection.reply(xid: xid, .success)
        answered += 1
      }
    }
    for future in futures { _ = try await future.get() }
    #expect(most <= 5, "\(most) calls in flight")
    client.close()
    await server.listener.close()
  }

  @Test("a client that does not take its replies is not read from")
  func unreadReplies() async throws {
    let received = Atomic<Int>(0)
    let payload = ByteBuffer(repeating: 7, count: 1 << 20)
    let (pauses, paused) = AsyncStream<Void>.makeStream()
    let server = try await Listening(
      ScriptedService { call, connection in
        let count = received.add(1, ordering: .relaxed).newValue
        connection.reply(xid: call.xid, .success, results: [payload])
        if !connection.channel.isWritable { paused.yield() }
        if count == 100 { paused.finish() }
      })
    try await server.rawSocket().executeThenClose { inbound, outbound in
      // Never read: the replies fill the sockets and then the server's queue. Each call is sent
      // in a segment of its own and padded beyond what a turn of the socket delivers.
      var call = record(10, 0, 2, 7, 1, 1, 0, 0, 0, 0)
      call.setInteger(UInt32(0x8000_0000 | (40 + 300_000)), at: call.readerIndex)
      call.writeRepeatingByte(0, count: 300_000)
      let padded = call
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for _ in 0..<100 { try await outbound.write(padded) } }
        for await _ in pauses { break }
        // The queue is full. Whatever else was sent stays in the sockets.
        let before = received.load(ordering: .relaxed)
        let connection = await server.service.opened.first { _ in true }
        try await connection?.eventLoop.submit {}.get()
        let after = received.load(ordering: .relaxed)
        #expect(after - before <= 4)
        #expect(after < 60, "\(after) calls were taken")
        group.cancelAll()
      }
      _ = inbound
    }
    await server.listener.close()
  }
}

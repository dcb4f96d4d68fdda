import NIOCore
import NIOPosix
import ONCRPC
import Synchronization
import Testing
import Transport

@Suite(.timeLimit(.minutes(2))) struct RPCConnectionTests {
  @Test("every pipelined call gets its own reply, in whatever order they come")
  func pipelined() async throws {
    // Answers in batches of ten, the last call first.
    let batch = Mutex<[(UInt32, ByteBuffer)]>([])
    let server = try await Listening(
      ScriptedService { call, connection in
        let ready = batch.withLock { batch -> [(UInt32, ByteBuffer)] in
          batch.append((call.xid, call.arguments))
          guard batch.count == 10 else { return [] }
          defer { batch = [] }
          return batch.reversed()
        }
        for (xid, arguments) in ready {
          connection.reply(xid: xid, .success, results: [arguments])
        }
      })
    let client = try await server.connect()
    let futures = (0..<1000).map { number in
      client.call(
        program: 7, version: 1, procedure: 1, arguments: ByteBuffer(integer: UInt32(number)),
        timeout: .seconds(60))
    }
    for (number, future) in futures.enumerated() {
      #expect(try await future.get() == ByteBuffer(integer: UInt32(number)))
    }
    client.close()
    await server.listener.close()
  }

  @Test("calls go both ways on one connection")
  func bothWays() async throws {
    // The answer to a call is the answer to a call back, one more each time.
    let server = try await Listening(
      ScriptedService { call, connection in
        connection.call(
          program: 8, version: 1, procedure: 1, arguments: call.arguments, timeout: .seconds(30)
        ).whenSuccess { connection.reply(xid: call.xid, .success, results: [$0]) }
      })
    let client = try await server.connect(
      ScriptedService { call, connection in
        var arguments = call.arguments
        let number = arguments.readInteger(as: UInt32.self) ?? 0
        connection.reply(xid: call.xid, .success, results: [ByteBuffer(integer: number + 1)])
      })
    for number: UInt32 in 0..<10 {
      #expect(try await client.echo(number) == ByteBuffer(integer: number + 1))
    }
    client.close()
    await server.listener.close()
  }

  @Test("a large reply of several pieces arrives whole")
  func pieces() async throws {
    let pieces = [3, 5000, 1, 1_000_000, 3].map { ByteBuffer(repeating: 7, count: $0) }
    let server = try await Listening(
      ScriptedService { call, connection in
        connection.reply(xid: call.xid, .success, results: pieces)
      })
    let client = try await server.connect()
    let total = pieces.reduce(0) { $0 + $1.readableBytes }
    #expect(try await client.echo(1) == ByteBuffer(repeating: 7, count: total))
    client.close()
    await server.listener.close()
  }

  @Test("a call without a reply in time fails, and its late reply harms nobody")
  func timeout() async throws {
    let late = Mutex<[(UInt32, RPCConnection)]>([])
    let server = try await Listening(
      ScriptedService { call, connection in
        guard call.arguments == ByteBuffer(integer: UInt32(1)) else {
          return ScriptedService.echo(call, connection)
        }
        late.withLock { $0.append((call.xid, connection)) }
      })
    let client = try await server.connect()
    await #expect(throws: RPCCallError.timedOut) {
      try await client.echo(1, timeout: .milliseconds(1))
    }
    #expect(try await client.echo(2) == ByteBuffer(integer: UInt32(2)))
    for (xid, connection) in late.withLock({ $0 }) { connection.reply(xid: xid, .success) }
    #expect(try await client.echo(3) == ByteBuffer(integer: UInt32(3)))
    client.close()
    await server.listener.close()
  }

  @Test("closing fails the calls that wait, and those made later")
  func closing() async throws {
    let server = try await Listening(ScriptedService { _, connection in connection.close() })
    let service = ScriptedService()
    let client = try await server.connect(service)
    let futures = (0..<10).map { _ in
      client.call(
        program: 7, version: 1, procedure: 1, arguments: ByteBuffer(), timeout: .seconds(60))
    }
    for future in futures {
      await #expect(throws: RPCCallError.closed) { try await future.get() }
    }
    for await id in service.closed {
      #expect(id == client.id)
      break
    }
    await #expect(throws: RPCCallError.closed) { try await client.echo(1) }
    client.close()
    await server.listener.close()
  }

  @Test("every refusal reaches the caller as it was said")
  func refusals() async throws {
    let statuses: [RPCReplyStatus] = [
      .progUnavail, .progMismatch(low: 2, high: 3), .procUnavail, .garbageArgs, .systemErr,
      .rpcMismatch(low: 2, high: 2), .authError(.AUTH_TOOWEAK),
    ]
    let server = try await Listening(
      ScriptedService { call, connection in
        var arguments = call.arguments
        let index = Int(arguments.readInteger(as: UInt32.self) ?? 0)
        connection.reply(xid: call.xid, statuses[index % statuses.count])
      })
    let client = try await server.connect()
    for (index, status) in statuses.enumerated() {
      await #expect(throws: RPCCallError.refused(status)) { try await client.echo(UInt32(index)) }
    }
    client.close()
    await server.listener.close()
  }

  @Test("calls beyond the limit of outstanding ones fail at once")
  func tooManyCalls() async throws {
    let server = try await Listening(ScriptedService { _, _ in })
    let client = try await server.connect(limits: RPCConnectionLimits(callsOutstanding: 4))
    let futures = (0..<5).map { _ in
      client.call(
        program: 7, version: 1, procedure: 1, arguments: ByteBuffer(), timeout: .seconds(60))
    }
    await #expect(throws: RPCCallError.tooManyCalls) { try await futures[4].get() }
    client.close()
    for future in futures[..<4] {
      await #expect(throws: RPCCallError.closed) { try await future.get() }
    }
    await server.listener.close()
  }

  @Test("another RPC version is answered with RPC_MISMATCH, and the connection stays")
  func otherVersion() async throws {
    let server = try await Listening(ScriptedService())
    try await server.rawSocket().executeThenClose { inbound, outbound in
      try await outbound.write(record(9, 0, 3))
      try await outbound.write(record(10, 0, 2, 7, 1, 1, 0, 0, 0, 0, 42))
      var received = ByteBuffer()
      for try await bytes in inbound {
        received.writeImmutableBuffer(bytes)
        if received.readableBytes >= 28 + 32 { break }
      }
      var expected = record(9, 1, 1, 0, 2, 2)
      expected.writeImmutableBuffer(record(10, 1, 0, 0, 0, 0, 42))
      #expect(received == expected)
    }
    await server.listener.close()
  }

  @Test(
    "what is no RPC closes the connection",
    arguments: [
      ByteBuffer(integer: UInt32.max), ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"),
      record(), record(1), record(1, 2, 3), record(1, 0, 2, 3),
      record(1, 0, 2, 7, 1, 1, 1, .max),
    ])
  func garbage(bytes: ByteBuffer) async throws {
    let server = try await Listening(ScriptedService())
    try await server.rawSocket().executeThenClose { inbound, outbound in
      try await outbound.write(bytes)
      do {
        for try await _ in inbound { Issue.record("an answer to garbage") }
      } catch is IOError {
        // Reset rather than closed, as bytes were left unread.
      }
    }
    await server.listener.close()
  }

  @Test("a reply that nobody waits for is dropped")
  func strayReply() async throws {
    let server = try await Listening(ScriptedService())
    try await server.rawSocket().executeThenClose { inbound, outbound in
      try await outbound.write(record(5, 1, 0, 0, 0, 0))
      try await outbound.write(record(10, 0, 2, 7, 1, 1, 0, 0, 0, 0, 42))
      for try await bytes in inbound {
        #expect(bytes == record(10, 1, 0, 0, 0, 0, 42))
        break
      }
    }
    await server.listener.close()
  }

  @Test("addresses are network-order bytes, and a mapped IPv4 address is an IPv4 address")
  func addresses() throws {
    #expect(try SocketAddress(ipAddress: "10.1.2.3", port: 1).addressBytes == [10, 1, 2, 3])
    #expect(
      try SocketAddress(ipAddress: "::ffff:10.1.2.3", port: 1).addressBytes == [10, 1, 2, 3])
    #expect(
      try SocketAddress(ipAddress: "2001:db8::1", port: 1).addressBytes
        == [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(try SocketAddress(unixDomainSocketPath: "/x").addressBytes == nil)
  }
}

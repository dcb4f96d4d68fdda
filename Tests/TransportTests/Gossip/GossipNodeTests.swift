import Logging
import Membership
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport

private let key = [UInt8](repeating: 1, count: DatagramSeal.keyBytes)
private let otherKey = [UInt8](repeating: 2, count: DatagramSeal.keyBytes)

/// A node on a free port of the loopback interface, and what it told. Where a port is used again
/// the address is no other test's, so that nobody takes the port meanwhile.
private struct Running {
  let node: GossipNode
  let events: AsyncStream<GossipEvent>
  let id: MemberID

  init(
    _ number: UInt64, keys: [[UInt8]] = [key], settings: SwimSettings = .local,
    on address: [UInt8] = [127, 0, 0, 1], port: Int = 0
  ) async throws {
    let (events, source) = AsyncStream<GossipEvent>.makeStream()
    let gossip = try #require(GossipEndpoint(address: address, port: UInt16(port)))
    let service = try #require(GossipEndpoint(address: [127, 0, 0, 1], port: 2049))
    id = MemberID(number)
    self.events = events
    node = try await GossipNode.start(
      host: address.map(String.init).joined(separator: "."), port: port,
      record: MemberRecord(
        id: id, name: "node \(number)", role: number == 1 ? .mds : .peer, gossip: gossip,
        service: service, flags: .serving, boot: .random(in: 0...(.max))),
      keys: keys, settings: settings, group: .singletonMultiThreadedEventLoopGroup,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      onEvent: { source.yield($0) })
  }

  /// Waits for something to be told.
  func wait(for isMatch: (GossipEvent) -> Bool) async {
    for await event in events where isMatch(event) { return }
  }

  func waitJoined(_ others: Running...) async {
    var missing = Set(others.map(\.id))
    for await event in events {
      if case .joined(let record) = event { missing.remove(record.id) }
      if missing.isEmpty { return }
    }
  }
}

/// A UDP socket of somebody who is no member.
private func stranger() async throws -> any Channel {
  try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
    .bind(host: "127.0.0.1", port: 0).get()
}

private func send(
  _ datagrams: [[UInt8]], from channel: any Channel, to node: GossipNode
) async throws {
  let address = try SocketAddress(
    ipAddress: "127.0.0.1", port: Int(node.localEndpoint.port))
  for bytes in datagrams {
    try await channel.writeAndFlush(
      AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)))
  }
}

@Suite(.timeLimit(.minutes(2))) struct GossipNodeTests {
  @Test("a record that nobody could reach is not announced")
  func unacceptable() async throws {
    let nowhere = try #require(GossipEndpoint(address: [0, 0, 0, 0], port: 0))
    await #expect(throws: GossipNodeError.unacceptableRecord) {
      _ = try await GossipNode.start(
        host: "127.0.0.1", port: 0,
        record: MemberRecord(
          id: MemberID(1), name: "", role: .peer, gossip: nowhere, service: nowhere, boot: 1),
        keys: [key], group: .singletonMultiThreadedEventLoopGroup,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onEvent: { _ in })
    }
    await #expect(throws: DatagramSealError.keyLength(3)) {
      _ = try await Running(1, keys: [[1, 2, 3]])
    }
  }

  @Test("three nodes join through one; one that leaves has left, and one that is gone has failed")
  func life() async throws {
    let (one, two, three) = (
      try await Running(1), try await Running(2), try await Running(3)
    )
    two.node.join([one.node.localEndpoint])
    three.node.join([one.node.localEndpoint])
    await one.waitJoined(two, three)
    await two.waitJoined(one, three)
    await three.waitJoined(one, two)
    #expect(one.node.members.count == 2)
    #expect(one.node.member(two.id)?.record.gossip == two.node.localEndpoint)

    await two.node.leave()
    await one.wait { $0 == .left(two.id) }
    await three.wait { $0 == .left(two.id) }
    #expect(one.node.member(two.id) == nil)

    await three.node.close()
    await one.wait { $0 == .failed(three.id) }
    #expect(one.node.members.isEmpty)
    await one.node.close()
  }

  @Test("a broadcast, a load and a new record reach the others")
  func news() async throws {
    let (one, two) = (try await Running(1), try await Running(2))
    two.node.join([one.node.localEndpoint])
    await one.waitJoined(two)
    await two.waitJoined(one)
    one.node.broadcast([1, 2, 3])
    await two.wait { $0 == .delivered([1, 2, 3], from: one.id) }
    two.node.update(load: MemberLoad(egressBytesPerSecond: 5, queueMilliseconds: 7))
    await one.wait {
      if case .load(let id, let load) = $0 {
        id == two.id && load.egressBytesPerSecond == 5 && load.queueMilliseconds == 7
      } else {
        false
      }
    }
    var record = try #require(two.node.record)
    record.flags = [.serving, .draining]
    try two.node.update(record: record)
    await one.wait { $0 == .updated(record) }
    #expect(one.node.member(two.id)?.record == record)
    record.id = MemberID(9)
    #expect(throws: GossipNodeError.otherIdentity) { try two.node.update(record: record) }
    await one.node.close()
    await two.node.close()
  }

  @Test("whatever is thrown at the port is counted by kind, and changes nothing")
  func garbage() async throws {
    let (one, two) = (try await Running(1), try await Running(2))
    let channel = try await stranger()
    var random = SystemRandomNumberGenerator()
    var foreign = try DatagramSeal(keys: [otherKey], random: &random)
    let strange = foreign.seal([1, 2, 3], to: one.node.localEndpoint) ?? []
    var own = try DatagramSeal(keys: [key], random: &random)
    var forged = own.seal([1, 2, 3], to: one.node.localEndpoint) ?? []
    forged[forged.count - 1] ^= 1
    let noise = (0..<20).map { _ in (0..<100).map { _ in UInt8.random(in: 0...255) } }
    try await send(
      noise + [[], strange, forged, [UInt8](repeating: 0, count: 4000)], from: channel,
      to: one.node)
    // What comes behind it is taken.
    two.node.join([one.node.localEndpoint])
    await one.waitJoined(two)
    await two.waitJoined(one)
    one.node.broadcast([9])
    await two.wait { $0 == .delivered([9], from: one.id) }
    let statistics = one.node.statistics
    #expect(statistics.seal.refused[.foreign] == 22)
    #expect(statistics.seal.refused[.unknownKey] == 1)
    #expect(statistics.seal.refused[.forged] == 1)
    #expect(statistics.swim.malformed == 0)
    #expect(one.node.members.map(\.record.id) == [two.id])
    try await channel.close()
    await one.node.close()
    await two.node.close()
  }

  @Test("an address that cannot be sent to costs the datagrams to it and nothing else")
  func unreachable() async throws {
    let (one, two) = (try await Running(1), try await Running(2))
    // A socket of the loopback interface sends nowhere else, and an IPv4 socket not to IPv6.
    let elsewhere = try #require(GossipEndpoint(address: [10, 255, 255, 1], port: 7946))
    let six = try #require(
      GossipEndpoint(address: [0x20, 1] + [UInt8](repeating: 7, count: 14), port: 7946))
    two.node.join([elsewhere, six, one.node.localEndpoint])
    await two.waitJoined(one)
    await one.waitJoined(two)
    one.node.broadcast([1])
    await two.wait { $0 == .delivered([1], from: one.id) }
    #expect(two.node.statistics.datagramsDropped >= 2)
    #expect(two.node.statistics.socketsReopened == 0)
    await one.node.close()
    await two.node.close()
  }

  @Test("a port in use is refused, and a closed node's port can be bound again")
  func inUse() async throws {
    let address: [UInt8] = [127, 0, 7, 1]
    let one = try await Running(1, on: address)
    let port = Int(one.node.localEndpoint.port)
    await #expect(throws: IOError.self) { _ = try await Running(2, on: address, port: port) }
    await one.node.close()
    let two = try await Running(2, on: address, port: port)
    #expect(two.node.localEndpoint.port == one.node.localEndpoint.port)
    // What is asked of a closed node is not done, and hurts nobody.
    one.node.broadcast([1])
    await one.node.leave()
    await two.node.leave()
  }

  @Test("keys are changed one node after the other while news flows")
  func rotation() async throws {
    let (one, two) = (try await Running(1), try await Running(2))
    two.node.join([one.node.localEndpoint])
    await one.waitJoined(two)
    await two.waitJoined(one)
    var number: UInt8 = 0
    for keys in [[key, otherKey], [otherKey, key], [otherKey]] {
      for node in [one.node, two.node] {
        try await node.rotate(keys: keys)
        number += 1
        one.node.broadcast([number])
        await two.wait { [number] in $0 == .delivered([number], from: one.id) }
        two.node.broadcast([number])
        await one.wait { [number] in $0 == .delivered([number], from: two.id) }
      }
    }
    await #expect(throws: DatagramSealError.noKeys) { try await one.node.rotate(keys: []) }
    #expect(one.node.statistics.seal.refused[.unknownKey] == nil)
    await one.node.close()
    await two.node.close()
  }

  @Test("a node that comes back on its port under a new boot is the same member again")
  func restart() async throws {
    let one = try await Running(1)
    let two = try await Running(2, on: [127, 0, 7, 2])
    two.node.join([one.node.localEndpoint])
    await one.waitJoined(two)
    let port = Int(two.node.localEndpoint.port)
    await two.node.close()
    let again = try await Running(2, on: [127, 0, 7, 2], port: port)
    again.node.join([one.node.localEndpoint])
    await one.wait { $0 == .failed(two.id) }
    await one.waitJoined(again)
    #expect(one.node.member(again.id)?.record == again.node.record)
    #expect(one.node.members.count == 1)
    await one.node.close()
    await again.node.close()
  }
}

import Membership
import Testing

private func isDelivered(_ event: SwimDirective) -> Bool {
  if case .delivered = event { true } else { false }
}

@Suite struct DisseminationTests {
  @Test("95% of 64 members know a broadcast within 300 ms; gossip at rest is below 1 kB/s a node")
  func figures() {
    let cluster = VirtualCluster(64, seed: 1)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(5))
    let before = cluster.nodes.map { $0.sentBytes + $0.receivedBytes }
    cluster.run(for: .seconds(10))
    let rates = zip(cluster.nodes, before).map { ($0.sentBytes + $0.receivedBytes - $1) / 10 }
    // Both ways together.
    #expect((rates.max() ?? 0) < 1000, "\(rates)")

    var times: [Duration] = []
    for origin in [0, 17, 40] {
      for index in cluster.nodes.indices { cluster.nodes[index].events = [] }
      let start = cluster.now
      cluster.call(origin) {
        $0.broadcast(Array(repeating: 7, count: 200), now: cluster.now, random: &$1)
      }
      cluster.run(for: .seconds(1))
      times += cluster.nodes.indices.compactMap { cluster.time($0, of: isDelivered) }
        .map { $0 - start }
    }
    #expect(times.count == 3 * 63)
    times.sort()
    #expect(times[times.count * 95 / 100] < .milliseconds(300), "\(times.suffix(10))")
  }

  @Test("a broadcast is delivered once to everybody, and not to its origin", arguments: [0, 0.2])
  func once(loss: Double) {
    let cluster = VirtualCluster(16, seed: 2)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(2))
    cluster.loss = loss
    for number: UInt8 in 0..<20 {
      cluster.call(Int(number) % 16) { $0.broadcast([number], now: cluster.now, random: &$1) }
    }
    cluster.run(for: .seconds(3))
    for number: UInt8 in 0..<20 {
      let origin = Int(number) % 16
      let count = cluster.count { $0 == .delivered([number], from: cluster.id(origin)) }
      #expect(count == 15, "broadcast \(number)")
    }
    #expect(cluster.count(isDelivered) == 300)
    #expect(cluster.nodes[0].swim.statistics.duplicates > 0)
  }

  @Test("when everything was told nothing is sent but probes")
  func quiet() {
    let cluster = VirtualCluster(8, seed: 3)
    #expect(cluster.joinAll())
    cluster.call(0) { $0.broadcast([1], now: cluster.now, random: &$1) }
    cluster.run(for: .seconds(5))
    let before = cluster.nodes.map(\.sentDatagrams).reduce(0, +)
    cluster.run(for: .seconds(10))
    let count = cluster.nodes.map(\.sentDatagrams).reduce(0, +) - before
    // A ping and an ack a second, and a comparison of lists.
    #expect(count <= 8 * (2 * 10 + 4), "\(count)")
  }

  @Test("a broadcast before anybody is known goes out when somebody is")
  func early() {
    let cluster = VirtualCluster(2, seed: 4)
    cluster.call(1) { $0.broadcast([5], now: cluster.now, random: &$1) }
    cluster.join(1, 0)
    cluster.run(for: .seconds(2))
    #expect(cluster.nodes[0].events.last?.event == .delivered([5], from: cluster.id(1)))
  }

  @Test("a queue that is full drops the oldest and counts them")
  func fullQueue() {
    var settings = SwimSettings.lan
    settings.broadcastLimit = 10
    let cluster = VirtualCluster(2, seed: 5, settings: settings)
    #expect(cluster.joinAll())
    for number: UInt8 in 0..<30 {
      cluster.call(0) { $0.broadcast([number], now: cluster.now, random: &$1) }
    }
    cluster.run(for: .seconds(2))
    #expect(cluster.nodes[0].swim.statistics.queueDropped == 20)
    let numbers = cluster.nodes[1].events.compactMap {
      if case .delivered(let payload, _) = $0.event { payload.first } else { nil }
    }
    #expect(numbers.sorted() == Array(20..<30))
  }

  @Test("one member's flood of broadcasts is cut down to its share, and others get through")
  func flood() {
    let cluster = VirtualCluster(4, seed: 6)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(1))
    for number in 0..<1000 {
      cluster.call(0) {
        $0.broadcast([UInt8(number & 255)], now: cluster.now, random: &$1)
      }
    }
    cluster.call(1) { $0.broadcast([1, 2, 3], now: cluster.now, random: &$1) }
    cluster.run(for: .seconds(3))
    #expect(cluster.count { $0 == .delivered([1, 2, 3], from: cluster.id(1)) } == 3)
    #expect(cluster.nodes[2].swim.statistics.broadcastsRefused > 100)
    #expect(cluster.nodes[2].swim.statistics.delivered < 700)
  }

  @Test("the newest load wins, small changes wait for a probe, and large ones do not")
  func loads() {
    let cluster = VirtualCluster(12, seed: 7)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    func known(_ index: Int) -> [UInt64] {
      cluster.nodes.indices.filter { $0 != index }.compactMap {
        cluster.nodes[$0].swim.member(cluster.id(index))?.load.egressBytesPerSecond
      }
    }
    func tell(_ rate: UInt64) {
      let load = MemberLoad(egressBytesPerSecond: rate, capacityBytesPerSecond: 1 << 30)
      cluster.call(3) { $0.update(load: load, now: cluster.now, random: &$1) }
    }
    tell(1_000_000)
    cluster.run(for: .milliseconds(500))
    #expect(known(3) == Array(repeating: 1_000_000, count: 11))
    tell(1_050_000)
    cluster.run(for: .milliseconds(500))
    #expect(known(3).filter { $0 == 1_050_000 }.count < 6)
    tell(9_000_000)
    tell(2_000_000)
    cluster.run(for: .milliseconds(1500))
    #expect(known(3) == Array(repeating: 2_000_000, count: 11))
  }

  @Test("equal seeds give equal runs, to the byte")
  func deterministic() {
    func trace(_ seed: UInt64) -> [UInt64] {
      var trace: [UInt64] = []
      let cluster = VirtualCluster(10, seed: seed)
      cluster.loss = 0.1
      cluster.onSend = { source, target, bytes in
        let sum = bytes.reduce(UInt64(source << 8 | target)) {
          ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        trace.append(sum)
      }
      _ = cluster.joinAll()
      cluster.nodes[4].isUp = false
      cluster.call(1) { $0.broadcast([1], now: cluster.now, random: &$1) }
      cluster.run(for: .seconds(15))
      return trace
    }
    let first = trace(8)
    #expect(first == trace(8))
    #expect(first != trace(9))
  }
}

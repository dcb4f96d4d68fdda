import Simulation
import Testing

/// What reliable messages cost in time, reckoned by hand. A link of 100 Mbit/s takes 2.6 ms for a
/// piece of 32 KiB.
@Suite struct StreamTests {
  private let piece = Duration.microseconds(2622)
  private let latency = Duration.microseconds(100)

  private func cluster(
    _ links: [LinkRates], settings: NetworkSettings = .plain
  ) -> Cluster<ProbeNode> {
    var topology = Topology.oneRack(nodeCount: links.count, link: fastEthernet)
    for (index, link) in links.enumerated() { topology.nodes[index].link = link }
    return Cluster.probes(topology, settings: settings)
  }

  @Test("10 MB over 100 Mbit/s take 0.8 s, a piece and the latency")
  func rate() {
    var cluster = cluster([fastEthernet, fastEthernet])
    cluster.send(1, bytes: 10_000_000, from: 0, to: 1)
    cluster.run(until: .seconds(2))
    let expected = Duration.milliseconds(800) + piece + latency
    #expect(cluster.arrival(1, at: 1)?.isNear(expected, within: .microseconds(500)) == true)
    #expect(cluster.traffic(.up(.node(0))).bytes == 10_000_000)
    #expect(cluster.traffic(.down(.node(1))).bytes == 10_000_000)
    #expect(cluster.traffic(.down(.node(0))).bytes == 0)
  }

  @Test("two transfers to two receivers share the sender's link equally")
  func shareUp() {
    var cluster = cluster([fastEthernet, fastEthernet, fastEthernet])
    cluster.send(1, bytes: 10_000_000, from: 0, to: 1)
    cluster.send(2, bytes: 10_000_000, from: 0, to: 2)
    cluster.run(until: .milliseconds(800))
    for node in 1...2 {
      let half = cluster.traffic(.down(.node(node))).bytes
      #expect((4_900_000...5_033_000).contains(half), "\(half)")
    }
    cluster.run(until: .seconds(2))
    for (number, node) in [(1, 1), (2, 2)] {
      let expected = Duration.milliseconds(1600)
      #expect(
        cluster.arrival(number, at: node)?.isNear(expected, within: .milliseconds(6)) == true)
    }
  }

  @Test("two senders share the receiver's link equally")
  func shareDown() {
    var cluster = cluster([fastEthernet, fastEthernet, fastEthernet])
    cluster.send(1, bytes: 5_000_000, from: 0, to: 2)
    cluster.send(2, bytes: 10_000_000, from: 1, to: 2)
    cluster.run(until: .seconds(2))
    #expect(
      cluster.arrival(1, at: 2)?.isNear(.milliseconds(800), within: .milliseconds(6)) == true)
    #expect(
      cluster.arrival(2, at: 2, from: 1)?.isNear(.milliseconds(1200), within: .milliseconds(6))
        == true)
  }

  @Test("a slow receiver does not slow down others")
  func slowReceiver() {
    let slow = LinkRates(up: 12_500_000, down: 125_000)
    var cluster = cluster([fastEthernet, slow, fastEthernet])
    cluster.send(1, bytes: 10_000_000, from: 0, to: 1)
    cluster.run(until: .seconds(1))
    cluster.send(2, bytes: 10_000_000, from: 0, to: 2)
    cluster.run(until: .seconds(5))
    // The slow one takes no more than one hundredth of the sender's link.
    #expect(
      cluster.arrival(2, at: 2)?.isNear(.milliseconds(1808), within: .milliseconds(10)) == true)
  }

  @Test("a small message overtakes a large one of another connection")
  func smallMessage() {
    var cluster = cluster([fastEthernet, fastEthernet, fastEthernet])
    cluster.send(1, bytes: 10_000_000, from: 0, to: 1)
    cluster.run(until: .milliseconds(100))
    cluster.send(2, bytes: 100, from: 0, to: 2)
    cluster.send(3, bytes: 100, from: 0, to: 1, channel: 1)
    cluster.run(until: .seconds(2))
    for (number, node) in [(2, 2), (3, 1)] {
      let limit = Duration.milliseconds(100) + piece * 2 + latency + .microseconds(100)
      #expect(cluster.arrival(number, at: node).map { $0 <= limit } == true)
    }
  }

  @Test("messages of one connection arrive in order, however they are sized")
  func order() {
    var topology = Topology.oneRack(nodeCount: 2, link: fastEthernet)
    topology.jitter.sameRack = .milliseconds(5)
    var cluster = Cluster.probes(topology)
    for number in 1...50 {
      cluster.send(number, bytes: number % 3 == 0 ? 100_000 : number % 2, from: 0, to: 1)
    }
    cluster.run(until: .seconds(5))
    #expect(
      cluster.nodes[1].happenings.dropFirst() == (1...50).map { .received($0, from: 0) }[...])
  }

  @Test("an empty message takes the latency, and crosses links without limit at once")
  func latencyOnly() {
    var cluster = cluster([LinkRates(), LinkRates()])
    cluster.send(1, bytes: 0, from: 0, to: 1)
    cluster.run(until: .milliseconds(5))
    cluster.send(2, bytes: 100_000_000, from: 0, to: 1)
    cluster.send(3, bytes: 5, from: 1, to: 1)
    cluster.run(until: .seconds(1))
    #expect(cluster.arrival(1, at: 1) == latency)
    #expect(cluster.arrival(2, at: 1) == .milliseconds(5) + latency)
    #expect(cluster.arrival(3, at: 1, from: 1) == .milliseconds(5) + .microseconds(20))
    #expect(cluster.traffic(.up(.node(0))).bytes == 100_000_001)
  }

  @Test("every packet costs its header, and a connection its handshake")
  func overhead() {
    var settings = NetworkSettings()
    settings.connectRoundTrips = 2
    var cluster = cluster([fastEthernet, LinkRates()], settings: settings)
    cluster.send(1, bytes: 1448 * 10 + 1, from: 0, to: 1)
    cluster.run(until: .seconds(1))
    let wireBytes = 1448 * 10 + 1 + 11 * 66
    #expect(cluster.traffic(.up(.node(0))).bytes == wireBytes)
    #expect(
      cluster.arrival(1, at: 1) == latency * 5 + .nanoseconds(80 * wireBytes))
    // The answer goes over the same connection.
    cluster.send(2, bytes: 0, from: 1, to: 0)
    cluster.run(until: .seconds(2))
    #expect(
      cluster.arrival(2, at: 0, from: 1) == .seconds(1) + latency + .nanoseconds(80 * 66))
  }

  @Test("a sender is told when its message has left its own link")
  func sent() {
    let slow = LinkRates(up: 12_500_000, down: 1_250_000)
    var cluster = cluster([fastEthernet, slow])
    cluster.send(1, bytes: 125_000, from: 0, to: 1, token: 11)
    cluster.send(2, bytes: 125_000, from: 0, to: 1, token: 12)
    cluster.send(3, bytes: 10, from: 0, to: 0, token: 13)
    cluster.run(until: .seconds(1))
    let node = cluster.nodes[0]
    #expect(node.moment(.sent(13, to: 0)) == .zero)
    #expect(
      node.moment(.sent(11, to: 1))?.isNear(.milliseconds(10), within: piece) == true)
    #expect(node.moment(.sent(12, to: 1))?.isNear(.milliseconds(20), within: piece) == true)
    #expect(
      cluster.arrival(2, at: 1)?.isNear(.milliseconds(200), within: .milliseconds(30)) == true)
  }

  @Test("a connection has no more on its way than its window")
  func window() {
    let slow = LinkRates(up: 12_500_000, down: 1000)
    var cluster = cluster([fastEthernet, slow])
    cluster.send(1, bytes: 10_000_000, from: 0, to: 1)
    cluster.run(until: .seconds(2))
    #expect(cluster.traffic(.up(.node(0))).bytes == NetworkSettings.plain.windowBytes)
  }

  @Test("what crosses racks shares their links, what stays inside does not")
  func racks() {
    let topology = Topology(
      nodes: (0..<6).map {
        Topology.Node(name: "n\($0)", rack: $0 / 2, link: fastEthernet)
      },
      racks: [
        Topology.Rack(zone: 0, link: LinkRates(up: 2_500_000, down: 2_500_000)),
        Topology.Rack(zone: 0), Topology.Rack(zone: 1),
      ],
      zones: [Topology.Zone(), Topology.Zone(link: LinkRates(up: nil, down: 125_000))])
    var cluster = Cluster.probes(topology)
    cluster.send(1, bytes: 1_250_000, from: 0, to: 2)
    cluster.send(2, bytes: 1_250_000, from: 1, to: 3)
    cluster.send(3, bytes: 1_250_000, from: 0, to: 1)
    cluster.run(until: .seconds(5))
    #expect(
      cluster.arrival(1, at: 2)?.isNear(.seconds(1), within: .milliseconds(30)) == true)
    #expect(
      cluster.arrival(2, at: 3, from: 1)?.isNear(.seconds(1), within: .milliseconds(30)) == true)
    #expect(cluster.arrival(3, at: 1).map { $0 < .milliseconds(140) } == true)
    #expect(cluster.traffic(.up(.rack(0))).bytes == 2_500_000)
    #expect(cluster.traffic(.down(.rack(1))).bytes == 2_500_000)
    cluster.send(4, bytes: 125_000, from: 2, to: 4)
    cluster.run(until: .seconds(10))
    #expect(
      cluster.arrival(4, at: 4, from: 2)?.isNear(.milliseconds(6020), within: .milliseconds(20))
        == true)
    #expect(cluster.traffic(.down(.zone(1))).bytes == 125_000)
    #expect(
      cluster.deliveredBytes
        == Tiered(sameNode: 0, sameRack: 1_250_000, sameZone: 2_500_000, elsewhere: 125_000))
    #expect(cluster.pairs.map(\.bytes) == [1_250_000, 1_250_000, 1_250_000, 125_000])
    #expect(cluster.pairs.map(\.tier) == [.sameZone, .sameZone, .sameRack, .elsewhere])
  }

  @Test("a million bytes in small messages cost few events")
  func coalescing() {
    var cluster = cluster([fastEthernet, fastEthernet])
    for number in 0..<1000 { cluster.send(number, bytes: 1000, from: 0, to: 1) }
    let before = cluster.eventCount
    cluster.run(until: .seconds(1))
    #expect(cluster.nodes[1].log.count == 1001)
    #expect(cluster.eventCount - before < 1100)
  }
}

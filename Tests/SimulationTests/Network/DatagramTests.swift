import Simulation
import Testing

@Suite struct DatagramTests {
  @Test("a datagram takes each link's time and the latency")
  func time() {
    var cluster = Cluster.probes(.oneRack(nodeCount: 2, link: fastEthernet))
    cluster.sendDatagram(1, bytes: 1250, from: 0, to: 1)
    cluster.run(until: .seconds(1))
    #expect(cluster.arrival(1, at: 1) == .microseconds(300))
    #expect(cluster.traffic(.up(.node(0))).datagramBytes == 1250)
    #expect(cluster.traffic(of: 1).receivedDatagramBytes == 1250)
  }

  @Test("datagrams wait for each other, and those that would wait too long are lost")
  func queue() {
    var settings = NetworkSettings.plain
    settings.datagramQueue = .milliseconds(1)
    var cluster = Cluster.probes(
      .oneRack(nodeCount: 2, link: fastEthernet), settings: settings)
    for number in 0..<20 { cluster.sendDatagram(number, bytes: 1250, from: 0, to: 1) }
    cluster.run(until: .seconds(1))
    #expect(cluster.nodes[1].log.count == 1 + 11)
    #expect(cluster.arrival(3, at: 1) == .microseconds(600))
    #expect(cluster.traffic(.up(.node(0))).droppedDatagramCount == 9)
    #expect(cluster.traffic(of: 0).lostDatagramCount == 9)
  }

  @Test("a datagram overtakes a transfer, and takes its time from it")
  func overtakes() {
    var cluster = Cluster.probes(.oneRack(nodeCount: 2, link: fastEthernet))
    cluster.send(1, bytes: 1_250_000, from: 0, to: 1)
    cluster.run(until: .milliseconds(10))
    for number in 2...101 { cluster.sendDatagram(number, bytes: 1250, from: 0, to: 1) }
    cluster.run(until: .seconds(1))
    #expect(
      cluster.arrival(2, at: 1).map { $0 < .milliseconds(16) } == true)
    // A hundred datagrams of 100 µs each.
    #expect(
      cluster.arrival(1, at: 1)?.isNear(.milliseconds(113), within: .milliseconds(3)) == true)
  }

  @Test("as many datagrams are lost as the links' probability says")
  func loss() {
    var topology = Topology.oneRack(nodeCount: 2, link: LinkRates())
    topology.lossProbability = 0.2
    var cluster = Cluster.probes(topology)
    for number in 0..<5000 { cluster.sendDatagram(number, bytes: 10, from: 0, to: 1) }
    cluster.run(until: .seconds(1))
    // 0.8 · 0.8 of 5000, with 5 standard deviations.
    let count = cluster.traffic(of: 1).receivedDatagramCount
    #expect((3030...3370).contains(count), "\(count)")
    cluster.inject(.loss(.up(.node(0)), probability: 1), at: .seconds(1))
    cluster.run(until: .seconds(2))
    cluster.sendDatagram(9999, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(3))
    #expect(cluster.arrival(9999, at: 1) == nil)
  }

  @Test("jitter lets datagrams overtake each other, within its bound")
  func jitter() {
    var topology = Topology.oneRack(nodeCount: 2, link: LinkRates())
    topology.jitter.sameRack = .milliseconds(1)
    var cluster = Cluster.probes(topology)
    for number in 0..<100 { cluster.sendDatagram(number, bytes: 10, from: 0, to: 1) }
    cluster.run(until: .seconds(1))
    let arrivals = (0..<100).compactMap { cluster.arrival($0, at: 1) }
    #expect(arrivals.count == 100)
    #expect(arrivals != arrivals.sorted())
    #expect(
      arrivals.allSatisfy { (.microseconds(100)...Duration.microseconds(1100)).contains($0) })
  }

  @Test("a datagram to a node that is down is lost, and to oneself it is not")
  func ends() {
    var cluster = Cluster.probes(.oneRack(nodeCount: 2, link: fastEthernet))
    cluster.inject(.kill(1), at: .zero)
    cluster.run(until: .milliseconds(1))
    cluster.sendDatagram(1, bytes: 10, from: 0, to: 1)
    cluster.sendDatagram(2, bytes: 10, from: 0, to: 0)
    cluster.run(until: .seconds(1))
    #expect(cluster.nodes[0].happenings == [.started, .received(2, from: 0)])
    #expect(cluster.nodes[1].happenings == [.started])
  }
}

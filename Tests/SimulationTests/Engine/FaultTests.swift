import Simulation
import Testing

@Suite struct FaultTests {
  private func cluster(_ nodeCount: Int = 3) -> Cluster<ProbeNode> {
    Cluster.probes(.oneRack(nodeCount: nodeCount, link: fastEthernet))
  }

  @Test("peers of a killed node learn of it one latency later, strangers never")
  func kill() {
    var cluster = cluster()
    cluster.send(1, bytes: 10, from: 0, to: 1)
    cluster.inject(.kill(1), at: .seconds(1))
    cluster.run(until: .seconds(2))
    #expect(
      cluster.nodes[0].moment(.disconnected(1)) == .seconds(1) + .microseconds(100))
    #expect(cluster.nodes[2].happenings == [.started])
    #expect(cluster.status(of: 1) == .down)
    #expect(cluster.arrival(1, at: 1) != nil)
  }

  @Test("what a killed node was sending does not arrive, and what is sent to it is refused")
  func killedMidway() {
    var cluster = cluster()
    cluster.send(1, bytes: 1_000_000, from: 0, to: 1)
    cluster.inject(.kill(0), at: .milliseconds(40))
    cluster.run(until: .seconds(1))
    #expect(cluster.nodes[1].happenings == [.started, .disconnected(0)])
    cluster.send(2, bytes: 10, from: 2, to: 0, token: 5)
    cluster.run(until: .seconds(2))
    #expect(cluster.nodes[2].happenings == [.started, .disconnected(0)])
  }

  @Test("a killed node starts again as a new one that can be talked to")
  func restart() {
    var cluster = cluster()
    cluster.send(1, bytes: 1_000_000, from: 0, to: 1)
    cluster.perform(on: 1) { $1.setTimer(9, after: .seconds(2)) }
    cluster.inject(.kill(1), at: .milliseconds(40))
    cluster.inject(.start(1), at: .milliseconds(41))
    cluster.run(until: .seconds(1))
    cluster.send(2, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(5))
    #expect(cluster.nodes[1].restarts == 1)
    #expect(cluster.nodes[1].happenings == [.started, .received(2, from: 0)])
    #expect(cluster.nodes[0].happenings == [.started, .disconnected(1)])
  }

  @Test("nobody is told of a loss of power until a connection has stalled for its timeout")
  func powerOff() {
    var cluster = cluster()
    cluster.send(1, bytes: 10, from: 0, to: 1)
    cluster.inject(.powerOff(1), at: .seconds(1))
    cluster.run(until: .seconds(5))
    #expect(cluster.nodes[0].happenings == [.started])
    cluster.send(2, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(30))
    #expect(cluster.nodes[0].moment(.disconnected(1)) == .seconds(15))
    cluster.inject(.start(1), at: .seconds(31))
    cluster.run(until: .seconds(32))
    cluster.send(3, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(33))
    #expect(cluster.nodes[1].happenings == [.started, .received(3, from: 0)])
  }

  @Test("a node that starts after a loss of power gets nothing from before")
  func powerOn() {
    var cluster = cluster()
    cluster.send(1, bytes: 10, from: 0, to: 1)
    cluster.inject(.powerOff(1), at: .seconds(1))
    cluster.inject(.start(1), at: .seconds(4))
    cluster.run(until: .seconds(2))
    cluster.send(2, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(60))
    #expect(cluster.nodes[1].happenings == [.started])
    #expect(cluster.nodes[0].moment(.disconnected(1)) == .seconds(4) + .microseconds(100))
  }

  @Test("events of a stopped node wait until it goes on, in order, and nobody is told")
  func stop() {
    var cluster = cluster()
    cluster.perform(on: 1) { $1.setTimer(7, after: .seconds(2)) }
    cluster.inject(.stop(1), at: .seconds(1))
    cluster.inject(.resume(1), at: .seconds(5))
    cluster.run(until: .milliseconds(1500))
    cluster.send(1, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(3))
    cluster.send(2, bytes: 10, from: 2, to: 1)
    cluster.run(until: .seconds(10))
    #expect(
      cluster.nodes[1].happenings == [
        .started, .received(1, from: 0), .timer(7), .received(2, from: 2),
      ])
    #expect(cluster.nodes[1].log.dropFirst().allSatisfy { $0.at == .seconds(5) })
    #expect(cluster.nodes[0].happenings == [.started])
  }

  @Test("a stopped receiver takes a window of bytes, a stopped sender gives one")
  func stopWindow() {
    var cluster = cluster()
    let window = NetworkSettings.plain.windowBytes
    cluster.inject(.stop(1), at: .zero)
    cluster.run(until: .milliseconds(1))
    cluster.send(1, bytes: 4 * window, from: 0, to: 1)
    cluster.run(until: .seconds(5))
    #expect(cluster.traffic(.down(.node(1))).bytes == window)
    cluster.inject(.resume(1), at: .seconds(5))
    cluster.run(until: .seconds(10))
    #expect(cluster.arrival(1, at: 1) != nil)

    cluster.send(2, bytes: 4 * window, from: 2, to: 0)
    cluster.inject(.stop(2), at: .seconds(10))
    cluster.run(until: .seconds(20))
    let sent = cluster.traffic(.down(.node(0))).bytes
    #expect((window...window + (32 << 10)).contains(sent), "\(sent)")
    cluster.inject(.resume(2), at: .seconds(20))
    cluster.run(until: .seconds(30))
    #expect(cluster.arrival(2, at: 0, from: 2) != nil)
  }

  @Test("a stopped node keeps so many datagrams, and loses the others")
  func stopDatagrams() {
    var settings = NetworkSettings.plain
    settings.heldDatagramLimit = 3
    var cluster = Cluster.probes(
      .oneRack(nodeCount: 2, link: fastEthernet), settings: settings)
    cluster.inject(.stop(1), at: .zero)
    cluster.run(until: .milliseconds(1))
    for number in 1...5 { cluster.sendDatagram(number, bytes: 10, from: 0, to: 1) }
    cluster.inject(.resume(1), at: .seconds(1))
    cluster.run(until: .seconds(2))
    #expect(
      cluster.nodes[1].happenings == [
        .started, .received(1, from: 0), .received(2, from: 0), .received(3, from: 0),
      ])
  }

  @Test("over a healed partition everything arrives, late")
  func partition() {
    var cluster = cluster()
    cluster.inject(.cut(from: [0], to: [1, 2], bothWays: true), at: .seconds(1))
    cluster.inject(.heal, at: .seconds(4))
    cluster.run(until: .seconds(2))
    cluster.send(1, bytes: 10, from: 0, to: 1)
    cluster.send(2, bytes: 10, from: 2, to: 1)
    cluster.sendDatagram(3, bytes: 10, from: 0, to: 1)
    cluster.run(until: .seconds(10))
    #expect(cluster.arrival(1, at: 1)?.isNear(.seconds(4), within: .milliseconds(1)) == true)
    #expect(
      cluster.arrival(2, at: 1, from: 2)?.isNear(.seconds(2), within: .milliseconds(1)) == true)
    #expect(cluster.arrival(3, at: 1) == nil)
    #expect(cluster.traffic(of: 0).lostDatagramCount == 1)
    #expect(!cluster.nodes[0].happenings.contains(.disconnected(1)))
  }

  @Test("over a partition that lasts, a connection breaks at both ends after the timeout")
  func brokenPartition() {
    var cluster = cluster()
    cluster.send(1, bytes: 2_500_000, from: 0, to: 1)
    cluster.inject(.cut(from: [1], to: [0], bothWays: true), at: .milliseconds(100))
    cluster.run(until: .seconds(20))
    for node in 0...1 {
      let moment = cluster.nodes[node].moment(.disconnected(1 - node))
      #expect(moment?.isNear(.milliseconds(10_100), within: .milliseconds(10)) == true)
    }
    #expect(cluster.arrival(1, at: 1) == nil)
  }

  @Test("a path cut one way carries datagrams the other way, but no connection")
  func oneWay() {
    var cluster = cluster()
    cluster.inject(.cut(from: [0], to: [1], bothWays: false), at: .zero)
    cluster.run(until: .milliseconds(1))
    cluster.sendDatagram(1, bytes: 10, from: 0, to: 1)
    cluster.sendDatagram(2, bytes: 10, from: 1, to: 0)
    cluster.send(3, bytes: 10, from: 1, to: 0)
    cluster.run(until: .seconds(5))
    #expect(cluster.nodes[1].happenings == [.started])
    #expect(cluster.nodes[0].happenings == [.started, .received(2, from: 1)])
  }

  @Test("a link that becomes slow carries what comes later at its new rate")
  func rate() {
    var cluster = cluster()
    cluster.inject(.rate(.up(.node(0)), bytesPerSecond: 1_250_000), at: .seconds(1))
    cluster.run(until: .seconds(2))
    cluster.send(1, bytes: 1_250_000, from: 0, to: 1)
    cluster.run(until: .seconds(10))
    #expect(cluster.arrival(1, at: 1)?.isNear(.seconds(3), within: .milliseconds(5)) == true)
    #expect(cluster.bytesPerSecond(.up(.node(0))) == 1_250_000)
  }

  @Test("the wall clock jumps, the monotonic one does not")
  func clock() {
    var cluster = cluster()
    cluster.inject(.jumpClock(1, by: .seconds(-3600)), at: .seconds(1))
    cluster.run(until: .seconds(2))
    cluster.perform(on: 1) { _, context in
      #expect(context.now == .seconds(2))
      #expect(context.wallClock == .seconds(2 - 3600))
    }
    cluster.perform(on: 0) { #expect($1.wallClock == .seconds(2)) }
  }

  @Test("a node that closes its connections tells its peer, and drops what was on its way")
  func disconnect() {
    var cluster = cluster()
    cluster.send(1, bytes: 1_000_000, from: 0, to: 1)
    cluster.send(2, bytes: 1_000_000, from: 1, to: 0)
    cluster.run(until: .milliseconds(10))
    cluster.perform(on: 1) { $1.disconnect(0) }
    cluster.run(until: .seconds(1))
    #expect(cluster.nodes[0].happenings == [.started, .disconnected(1)])
    #expect(cluster.nodes[1].happenings == [.started])
    cluster.send(3, bytes: 1000, from: 0, to: 1)
    cluster.run(until: .seconds(2))
    #expect(cluster.arrival(3, at: 1) != nil)
  }

  @Test("a fault of a node that is in no state for it is none")
  func idle() {
    var cluster = cluster()
    for fault in [Fault.resume(0), .start(0), .kill(1), .kill(1), .stop(1), .powerOff(1)] {
      cluster.inject(fault, at: .seconds(1))
    }
    cluster.run(until: .seconds(2))
    #expect(cluster.nodes[0].happenings == [.started])
    #expect(cluster.status(of: 0) == .running)
    #expect(cluster.status(of: 1) == .down)
  }
}

import Simulation
import Testing

@Suite struct SimulatedDiskTests {
  private func cluster(_ speed: DiskSpeed) -> Cluster<ProbeNode> {
    var topology = Topology.oneRack(nodeCount: 1, link: fastEthernet)
    topology.nodes[0].disk = speed
    return Cluster.probes(topology)
  }

  @Test("operations are done one after another, each for its latency and its bytes")
  func rates() {
    var cluster = cluster(
      DiskSpeed(
        readBytesPerSecond: 100_000_000, writeBytesPerSecond: 50_000_000,
        operationLatency: .milliseconds(1)))
    cluster.perform(on: 0) { _, context in
      context.readDisk(bytes: 1_000_000, token: 1)
      context.writeDisk(bytes: 1_000_000, token: 2)
      context.readDisk(bytes: 0, token: 3)
    }
    cluster.run(until: .seconds(1))
    let node = cluster.nodes[0]
    #expect(
      node.moment(.disk(.read, token: 1, succeeded: true)) == .milliseconds(11))
    #expect(
      node.moment(.disk(.write, token: 2, succeeded: true)) == .milliseconds(32))
    #expect(
      node.moment(.disk(.read, token: 3, succeeded: true)) == .milliseconds(33))
    #expect(cluster.disk(of: 0) == (1_000_000, 1_000_000, 1_000_000))
  }

  @Test("a write without room fails, and room given back is room")
  func capacity() {
    var cluster = cluster(DiskSpeed(capacityBytes: 1000))
    cluster.perform(on: 0) { _, context in
      context.writeDisk(bytes: 600, token: 1)
      context.writeDisk(bytes: 600, token: 2)
      context.freeDisk(bytes: 300)
      context.writeDisk(bytes: 600, token: 3)
    }
    cluster.run(until: .seconds(1))
    #expect(
      cluster.nodes[0].happenings.dropFirst() == [
        .disk(.write, token: 1, succeeded: true), .disk(.write, token: 2, succeeded: false),
        .disk(.write, token: 3, succeeded: true),
      ])
    #expect(cluster.disk(of: 0).usedBytes == 900)
  }

  @Test("a disk becomes slow, or full, at a moment of the run")
  func faults() {
    var cluster = cluster(DiskSpeed(readBytesPerSecond: 1_000_000))
    cluster.inject(.disk(0, DiskSpeed(readBytesPerSecond: 1000, capacityBytes: 0)), at: .seconds(1))
    cluster.run(until: .seconds(2))
    cluster.perform(on: 0) { _, context in
      context.readDisk(bytes: 1000, token: 1)
      context.writeDisk(bytes: 1, token: 2)
    }
    cluster.run(until: .seconds(10))
    let node = cluster.nodes[0]
    #expect(node.moment(.disk(.read, token: 1, succeeded: true)) == .seconds(3))
    #expect(node.moment(.disk(.write, token: 2, succeeded: false)) == .seconds(3))
  }

  @Test("what a killed node had asked its disk for is not answered to its next life")
  func killed() {
    var cluster = cluster(DiskSpeed(readBytesPerSecond: 1000))
    cluster.perform(on: 0) { $1.readDisk(bytes: 1000, token: 1) }
    cluster.inject(.kill(0), at: .milliseconds(100))
    cluster.inject(.start(0), at: .milliseconds(200))
    cluster.run(until: .seconds(5))
    #expect(cluster.nodes[0].happenings == [.started])
    #expect(cluster.nodes[0].restarts == 1)
  }
}

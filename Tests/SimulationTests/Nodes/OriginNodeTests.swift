import Simulation
import Testing

/// The engine against what is known beforehand: a cluster in which everybody asks the metadata
/// server for everything.
@Suite struct OriginNodeTests {
  private func workload(_ rest: String = "") throws -> Workload {
    Workload(
      try scenario(
        """
        topology: {peers: 6, link: {up: 100Mbit, down: 100Mbit}}
        network: {packet_header: 0}
        files: {list: [{name: a, size: 5MiB}, {name: b, size: 2MiB, compresses: 2}]}
        readers: {in_flight: 4}

        """ + rest), seed: 1)
  }

  @Test("its makespan is N times the bytes over the rate, and its egress N")
  func makespan() throws {
    let (cluster, counters) = try workload().runWithoutPeers()
    let report = StormReport(counters)
    #expect(report.mdsEgressOverUnique == 6)
    #expect(counters.uniqueStoredBytes == 6 << 20)
    #expect(report.boundSeconds == Double(6 << 20) / 12_500_000)
    #expect(report.narrowestLink == "mds up")
    let ratio = try #require(report.makespanOverBound)
    #expect((6.0...6.1).contains(ratio), "\(ratio)")
    #expect(report.duplicateFraction == 0)
    let up = cluster.traffic(.up(.node(0))).bytes
    // 28 blocks and their headers of 128 bytes, six times.
    #expect(up == 6 * (6 << 20) + 6 * 28 * 128)
  }

  @Test("the metadata server goes away, comes back, and everybody finishes")
  func restart() throws {
    let workload = try workload(
      """
      faults:
        - {at: 1500ms, what: kill, whom: mds}
        - {at: 4s, what: start, whom: mds}
      """)
    let report = StormReport(workload.runWithoutPeers().counters)
    #expect(report.finishedCount == 6)
    #expect((2.5...3.5).contains(report.longestStallSeconds), "\(report.longestStallSeconds)")
  }

  @Test("one seed gives one trace of a whole storm, another seed another")
  func deterministic() throws {
    let scenario = try Scenario.load(file: "\(scenarioFolder)/killed-parent.yml")
    var small = scenario
    small.files = try workload().scenario.files
    func digest(_ seed: UInt64) -> UInt64 {
      Workload(small, seed: seed).runWithoutPeers().cluster.trace.digest
    }
    small.topology.jitter.sameRack = .microseconds(10)
    let first = digest(1)
    #expect(first == digest(1))
    #expect(first != digest(2))
  }
}

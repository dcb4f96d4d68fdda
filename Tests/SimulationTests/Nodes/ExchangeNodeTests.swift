import Simulation
import Testing

/// Whole boot storms with the daemons' own exchange of blocks, from the example scenarios.
@Suite struct ExchangeNodeTests {
  private func storm(
    _ name: String, seed: UInt64 = 1, _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> (report: StormReport, digest: UInt64) {
    var scenario = try Scenario.load(file: "\(scenarioFolder)/\(name).yml")
    change(&scenario)
    let (cluster, counters) = Workload(scenario, seed: seed).runWithExchange()
    return (StormReport(counters), cluster.trace.digest)
  }

  @Test("sixteen peers take one copy from the origin, and upload about as much as each other")
  func oneCopy() throws {
    let report = try storm("storm-16").report
    #expect(report.finishedCount == 16)
    #expect(report.mdsEgressOverUnique <= 1.02)
    #expect(report.duplicateFraction <= 0.002)
    let upload = try #require(report.uploadMaxOverMean)
    #expect(upload <= 1.25, "\(upload)")
    let spread = try #require(report.p99OverP50)
    #expect(spread <= 1.2, "\(spread)")
  }

  @Test("a link between racks carries everything about once")
  func racks() throws {
    let report = try storm("two-racks").report
    #expect(report.finishedCount == 16)
    #expect(report.mdsEgressOverUnique <= 1.02)
    let between = try #require(report.rackBytesOverUnique)
    #expect(between <= 1.02, "\(between)")
  }

  @Test("a late joiner takes nothing from the origin")
  func lateJoiner() throws {
    let report = try storm("late-joiner").report
    let fromOrigin = try #require(report.lateFromMDSFraction)
    #expect(fromOrigin <= 0.005, "\(fromOrigin)")
  }

  @Test("one slow peer does not slow the others, once it is known for one")
  func slowPeer() throws {
    let long = { (scenario: inout Scenario) in
      scenario.files.generator?.count = 32
      scenario.files.blockBytes = 128 << 10
    }
    let slowed = try #require(try storm("slow-peer", long).report.makespanSeconds)
    let even = try #require(
      try storm("slow-peer") {
        long(&$0)
        $0.faults = []
      }.report.makespanSeconds)
    #expect(slowed <= even * 1.05, "\(slowed) s, \(even) s without")
  }

  @Test("peers die, stand still and are cut off midway, and all others finish")
  func faults() throws {
    let report = try storm("killed-parent").report
    #expect(report.finishedCount >= report.expectedCount)
    #expect(report.mdsEgressOverUnique <= 1.3, "\(report.mdsEgressOverUnique)")
  }

  @Test("one seed gives one trace of a storm, another seed another")
  func deterministic() throws {
    let small = { (scenario: inout Scenario) in
      scenario.files.generator?.count = 2
      scenario.topology.jitter.sameRack = .microseconds(10)
    }
    let first = try storm("killed-parent", seed: 1, small).digest
    #expect(try storm("killed-parent", seed: 1, small).digest == first)
    #expect(try storm("killed-parent", seed: 2, small).digest != first)
  }
}

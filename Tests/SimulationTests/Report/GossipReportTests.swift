import Simulation
import Testing

/// Membership at the size of a cluster: its cost at rest, its speed, and that nobody is said to be
/// dead who is not.
@Suite struct GossipReportTests {
  @Test("64 members: less than 1 kB/s each at rest, news to 95 % in 300 ms, no false death")
  func sixtyFour() throws {
    let report = GossipReport(members: 64, settings: .lan, seed: 1)
    #expect(report.convergedSeconds != nil)
    #expect(report.worstRestBytesPerSecond < 1000, "\(report.worstRestBytesPerSecond)")
    let known = try #require(report.broadcast95Seconds)
    #expect(known <= 0.3, "\(known)")
    #expect(report.crashKnownSeconds != nil)
    #expect(report.falseDeaths == 0)
  }

  @Test("a thousand members find each other and cost no more at rest than 64")
  func thousand() {
    let report = GossipReport(members: 1000, settings: .lan, seed: 1, rest: .seconds(10))
    #expect(report.convergedSeconds != nil)
    #expect(report.worstRestBytesPerSecond < 1000, "\(report.worstRestBytesPerSecond)")
    #expect(report.falseDeaths == 0)
  }

  @Test("one seed gives one run")
  func deterministic() {
    let first = GossipReport(members: 16, settings: .local, seed: 3, rest: .seconds(1))
    #expect(GossipReport(members: 16, settings: .local, seed: 3, rest: .seconds(1)) == first)
  }
}

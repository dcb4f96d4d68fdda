import Foundation
import Simulation
import Testing

@Suite struct StormReportTests {
  /// Four peers, of which one is late and one need not finish.
  private var counters: StormCounters {
    var counters = StormCounters(uniqueStoredBytes: 1000, uniquePlainBytes: 2000)
    counters.mdsEgressBytes = 1100
    for (index, finish) in [11.0, 12, nil, 70].enumerated() {
      var peer = StormCounters.Peer(name: "peer-\(index)", startSeconds: index == 3 ? 60 : 1)
      peer.finishSeconds = finish
      peer.isExpectedToFinish = finish != nil
      peer.isLate = index == 3
      peer.receivedBytes = 1000
      peer.receivedFromMDSBytes = index == 3 ? 20 : 360
      peer.duplicateBytes = index == 1 ? 100 : 0
      peer.uploadedBytes = 500 * index
      peer.longestStallSeconds = 0.1 * Double(index + 1)
      counters.peers.append(peer)
    }
    counters.links = [
      StormCounters.Link(
        name: "mds up", isBetweenRacks: false, bytesPerSecond: 250, mustCarryBytes: 1000,
        carriedBytes: 1100),
      StormCounters.Link(
        name: "rack-2 down", isBetweenRacks: true, bytesPerSecond: 200, mustCarryBytes: 1000,
        carriedBytes: 1150),
      StormCounters.Link(
        name: "rack-3 down", isBetweenRacks: true, bytesPerSecond: nil, mustCarryBytes: 1000,
        carriedBytes: 1300),
      StormCounters.Link(
        name: "idle", isBetweenRacks: true, bytesPerSecond: 1, mustCarryBytes: 0,
        carriedBytes: 10),
    ]
    return counters
  }

  @Test("every figure is what its definition says")
  func arithmetic() {
    let report = StormReport(counters)
    #expect(report.makespanSeconds == 11)
    #expect(report.boundSeconds == 5)
    #expect(report.narrowestLink == "rack-2 down")
    #expect(report.plainBoundSeconds == 10)
    #expect(report.makespanOverBound == 2.2)
    #expect(report.makespanOverPlainBound == 1.1)
    #expect(report.mdsEgressOverUnique == 1.1)
    #expect(report.duplicateFraction == 0.025)
    #expect(report.worstDuplicateFraction == 0.1)
    #expect(report.rackBytesOverUnique == 1.3)
    #expect(report.uploadMaxOverMean == 2)
    #expect(report.p50FinishSeconds == 10)
    #expect(report.p99FinishSeconds == 11)
    #expect(report.p99OverP50 == 1.1)
    #expect(report.longestStallSeconds == 0.4)
    #expect(report.lateFromMDSFraction == 0.02)
    #expect(report.finishedCount == 3)
    #expect(report.expectedCount == 3)
  }

  @Test("a peer that was expected to finish and did not leaves no makespan")
  func unfinished() {
    var counters = counters
    counters.peers[2].isExpectedToFinish = true
    let report = StormReport(counters)
    #expect(report.makespanSeconds == nil)
    #expect(report.makespanOverBound == nil)
    #expect(report.table.contains("makespan / bound                      -"))
  }

  @Test("of nothing, nothing is computed")
  func nothing() {
    let report = StormReport(StormCounters(uniqueStoredBytes: 0, uniquePlainBytes: 0))
    #expect(report.makespanSeconds == nil)
    #expect(report.boundSeconds == nil)
    #expect(report.mdsEgressOverUnique == 0)
    #expect(report.uploadMaxOverMean == nil)
    #expect(report.p50FinishSeconds == nil)
    #expect(report.rackBytesOverUnique == nil)
  }

  @Test("percentiles are those of the nearest rank")
  func percentiles() {
    var counters = StormCounters(uniqueStoredBytes: 1, uniquePlainBytes: 1)
    for number in (1...200).reversed() {
      var peer = StormCounters.Peer(name: "\(number)", startSeconds: 0)
      peer.finishSeconds = Double(number)
      counters.peers.append(peer)
    }
    let report = StormReport(counters)
    #expect(report.p50FinishSeconds == 100)
    #expect(report.p99FinishSeconds == 198)
  }

  @Test("a report and its counters survive JSON")
  func json() throws {
    let report = StormReport(counters)
    let decoder = JSONDecoder()
    #expect(try decoder.decode(StormReport.self, from: Data(report.json().utf8)) == report)
    let encoded = try JSONEncoder().encode(counters)
    #expect(try decoder.decode(StormCounters.self, from: encoded) == counters)
  }

  @Test("the table has a line a figure")
  func table() {
    let lines = StormReport(counters).table.split(separator: "\n").map(String.init)
    #expect(lines.count == 15)
    #expect(lines.contains("MDS egress / unique stored bytes      1.100"))
    #expect(lines.contains("bound                                 5.000 s  (rack-2 down)"))
    #expect(lines.contains("duplicate bytes received              2.50 %"))
  }
}

import Foundation
import Testing

@testable import Bench

/// A storm of four peers on links of 8 Mbit/s, which take a million bytes a second.
enum Sample {
  static func setup(files: String = "random", rackCount: Int = 1) -> StormSetup {
    StormSetup(
      peerCount: 4, linkRate: 8_000_000, rackCount: rackCount, rackRate: 4_000_000,
      pattern: "barrier", files: files, fileCount: 2, plainBytes: 2_000_000,
      storedBytes: 1_000_000, blockBytes: 1 << 18, readBytes: 1 << 17, readAhead: 4, seed: 1)
  }

  static func reader(_ name: String, seconds: Double, longestMilliseconds: Int = 10)
    -> ReaderResult
  {
    var latency = LatencyHistogram()
    latency.record(.milliseconds(1))
    latency.record(.milliseconds(longestMilliseconds))
    var counters = PnfsClient.Counters()
    counters.dataServerBytes = 1_500_000
    counters.metadataServerBytes = 500_000
    return ReaderResult(
      name: name, bytes: 2_000_000, files: 2, seconds: seconds, fileSeconds: [1, seconds],
      latency: latency, longestSilenceSeconds: 0.25, cpuSeconds: 0.1, counters: counters)
  }

  static func peer(
    _ number: Int, seconds: Double? = 1, start: Double = 0,
    fate: StormMeasurement.Fate = .unharmed, received: Int = 1_000_000, sent: Int = 750_000,
    counters: [String: Int] = [:], longestMilliseconds: Int = 10
  ) -> StormMeasurement.Peer {
    var interface = InterfaceTable.Counters()
    interface.receivedBytes = received
    interface.sentBytes = sent
    return StormMeasurement.Peer(
      name: "peer\(number)", rack: 1, linkRate: 8_000_000, fate: fate, startSeconds: start,
      reader: seconds.map {
        reader("peer\(number)", seconds: $0, longestMilliseconds: longestMilliseconds)
      },
      interface: interface, counters: counters, cpuSeconds: 0.2)
  }

  static func measurement(_ peers: [StormMeasurement.Peer]) -> StormMeasurement {
    var interface = InterfaceTable.Counters()
    interface.sentBytes = 1_200_000
    return StormMeasurement(
      peers: peers,
      mds: StormMeasurement.Server(
        interface: interface, counters: ["blocks_stored_bytes": 1_000_000, "read_bytes": 50_000],
        cpuSeconds: 0.8),
      samples: [
        .init(seconds: 0, mdsSentBytes: 0, peersSentBytes: 0, readBytes: 0),
        .init(seconds: 0.5, mdsSentBytes: 250_000, peersSentBytes: 1_000_000, readBytes: 1),
        .init(seconds: 1, mdsSentBytes: 1_200_000, peersSentBytes: 1_000_000, readBytes: 2),
      ], coreCount: 2)
  }
}

@Suite struct StormFiguresTests {
  private func figures(
    _ peers: [StormMeasurement.Peer], _ setup: StormSetup = Sample.setup(),
    _ change: (inout StormMeasurement) -> Void = { _ in }
  ) -> [String: Figure] {
    var measurement = Sample.measurement(peers)
    change(&measurement)
    return Dictionary(
      uniqueKeysWithValues: StormFigures(setup, measurement).all.map { ($0.key, $0) })
  }

  private func isNear(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 - expected) < 1e-6 } ?? false
  }

  @Test("makespan is the last end, the bound is stored bytes over the link")
  func makespan() {
    let all = figures([1, 1.5, 2, 1].enumerated().map { Sample.peer($0 + 1, seconds: $1) })
    #expect(isNear(all["makespan_seconds"]?.value, 2))
    #expect(isNear(all["bound_seconds"]?.value, 1))
    #expect(isNear(all["makespan_to_bound"]?.value, 2))
    #expect(isNear(all["makespan_to_plain_bound"]?.value, 1))
    #expect(all["makespan_to_bound"]?.isReached == false)
    #expect(all["makespan_to_plain_bound"]?.must == nil)
  }

  @Test("libraries are judged by the uncompressed bound, random files by the other")
  func libraries() {
    let all = figures([Sample.peer(1)], Sample.setup(files: "library"))
    #expect(all["makespan_to_plain_bound"]?.isReached == true)
    #expect(all["makespan_to_bound"]?.must == nil)
  }

  @Test("readers that begin later move the bound, and are timed from their own start")
  func stagger() {
    let all = figures([Sample.peer(1), Sample.peer(2, seconds: 1.1, start: 3)])
    #expect(isNear(all["makespan_seconds"]?.value, 4.1))
    #expect(isNear(all["bound_seconds"]?.value, 4))
    #expect(isNear(all["finish_p99_to_p50"]?.value, 1.1))
  }

  @Test("a thin link between racks makes the bound")
  func racks() {
    let all = figures([Sample.peer(1)], Sample.setup(rackCount: 2)) {
      $0.rackLinkBytes = [1_100_000]
    }
    #expect(isNear(all["bound_seconds"]?.value, 2))
    #expect(isNear(all["rack_link_ratio"]?.value, 1.1))
    #expect(figures([Sample.peer(1)])["rack_link_ratio"] == nil)
  }

  @Test("egress by the link and by the server's own count")
  func egress() {
    let all = figures([Sample.peer(1)])
    #expect(isNear(all["mds_egress_ratio"]?.value, 1.2))
    #expect(all["mds_egress_ratio"]?.isReached == false)
    #expect(isNear(all["mds_daemon_ratio"]?.value, 1.05))
    let unknown = figures([Sample.peer(1)]) { $0.mds.counters = [:] }
    #expect(unknown["mds_daemon_ratio"]?.value == nil)
  }

  @Test("duplicates are the worst peer's, and unknown unless every peer counts them")
  func duplicates() {
    let counted = figures([
      Sample.peer(1, counters: ["duplicate_block_bytes": 1000]),
      Sample.peer(2, counters: ["duplicate_block_bytes": 30_000]),
    ])
    #expect(isNear(counted["duplicate_share"]?.value, 0.03))
    #expect(counted["received_block_ratio"]?.value == nil)
    let received = figures([
      Sample.peer(1, counters: ["received_block_bytes": 1_000_000]),
      Sample.peer(2, counters: ["received_block_bytes": 1_100_000]),
    ])
    #expect(isNear(received["received_block_ratio"]?.value, 1.05))
    #expect(counted["duplicate_share"]?.isReached == false)
    let partly = figures([
      Sample.peer(1, counters: ["duplicate_block_bytes": 1000]), Sample.peer(2),
    ])
    #expect(partly["duplicate_share"]?.value == nil)
    #expect(partly["duplicate_share"]?.isReached == nil)
  }

  @Test("what arrived beyond everything once, and how even the uploads are")
  func links() {
    let all = figures([
      Sample.peer(1, received: 1_100_000, sent: 500_000),
      Sample.peer(2, received: 1_300_000, sent: 1_500_000),
    ])
    #expect(isNear(all["excess_share"]?.value, 0.2))
    #expect(isNear(all["upload_max_to_mean"]?.value, 1.5))
    #expect(isNear(all["data_server_share"]?.value, 0.75))
  }

  @Test("what befell a peer does not count for the others, and is shown beside them")
  func faults() {
    let all = figures([
      Sample.peer(1, longestMilliseconds: 400),
      Sample.peer(2, seconds: 9, fate: .killed, received: 9_000_000, longestMilliseconds: 8000),
      Sample.peer(3, seconds: 5, fate: .slow), Sample.peer(4, seconds: nil, fate: .stopped),
    ])
    #expect(isNear(all["makespan_seconds"]?.value, 1))
    #expect(isNear(all["excess_share"]?.value, 0))
    #expect(isNear(all["read_longest_seconds"]?.value, 0.4))
    #expect(all["read_longest_seconds"]?.isReached == true)
    #expect(isNear(all["peer2_killed_seconds"]?.value, 9))
    #expect(isNear(all["peer3_slow_seconds"]?.value, 5))
    #expect(all["peer4_stopped_seconds"]?.value == nil)
    #expect(figures([Sample.peer(1)])["read_longest_seconds"]?.must == nil)
  }

  @Test("a reader that has not finished leaves no makespan")
  func unfinished() {
    let all = figures([Sample.peer(1), Sample.peer(2, seconds: nil)])
    #expect(all["makespan_seconds"]?.value == nil)
  }

  @Test("a late joiner's share of the server")
  func late() {
    let all = figures([Sample.peer(1), Sample.peer(2, start: 5, fate: .late)]) {
      $0.lateMDSSentBytes = 10_000
    }
    #expect(isNear(all["late_mds_share"]?.value, 0.01))
    #expect(isNear(all["makespan_seconds"]?.value, 1))
  }

  @Test("processor time of all programs over what there was")
  func processors() {
    let all = figures([Sample.peer(1), Sample.peer(2)])
    #expect(isNear(all["cpu_share"]?.value, 1.4 / 2))
  }

  @Test("percentiles by nearest rank")
  func percentile() {
    #expect(StormFigures.percentile([], 0.5) == nil)
    #expect(StormFigures.percentile([3], 0.99) == 3)
    #expect(StormFigures.percentile([1, 2, 3, 4], 0.5) == 2)
    #expect(StormFigures.percentile([1, 2, 3, 4], 0.99) == 4)
  }
}

@Suite struct FigureTests {
  @Test("medians of runs, where a run may not know a figure")
  func medians() {
    func run(_ value: Double?) -> [Figure] { [Figure("a", "A", value, .ratio, must: 2)] }
    #expect(Figure.medians([run(3), run(1), run(2)])[0].value == 2)
    #expect(Figure.medians([run(3), run(nil), run(2)])[0].value == 2.5)
    #expect(Figure.medians([run(nil)])[0].value == nil)
    #expect(Figure.medians([]).isEmpty)
  }

  @Test("the table says what was reached")
  func table() {
    let lines = Figure.table([
      Figure("a", "ratio", 1.05, .ratio, must: 1.1, aim: 1.02),
      Figure("b", "share", 0.5, .share, must: 0.02), Figure("c", "unknown", nil, .bytes),
      Figure("d", "infinite", .infinity, .seconds),
    ])
    #expect(lines.count == 5)
    #expect(lines[1].split(separator: " ") == ["ratio", "1.05", "1.10", "1.02", "ok"])
    #expect(lines[2].hasSuffix("missed"))
    #expect(lines[3].contains("unknown"))
    #expect(lines[4].hasSuffix("unknown"))
  }
}

@Suite struct StormReportTests {
  private static let report = StormReport(
    setup: Sample.setup(),
    runs: [
      Sample.measurement([Sample.peer(1), Sample.peer(2)]),
      Sample.measurement([Sample.peer(1, seconds: 3), Sample.peer(2)]),
    ])

  @Test("JSON has the setup, medians, and every run's figures and counts, in one line")
  func json() throws {
    let bytes = try Self.report.json()
    #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1)
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect(document["benchmark"] as? String == "storm")
    let figures = try #require(document["figures"] as? [String: Double])
    #expect(figures["makespan_seconds"] == 2)
    #expect(figures["duplicate_share"] == nil)
    let runs = try #require(document["runs"] as? [[String: Any]])
    #expect(runs.count == 2)
    let measurement = try #require(runs[1]["measurement"] as? [String: Any])
    #expect((measurement["peers"] as? [Any])?.count == 2)
    let setup = try #require(document["setup"] as? [String: Any])
    #expect(setup["stored_bytes"] as? Int == 1_000_000)
  }

  @Test("a measurement survives JSON")
  func measurement() throws {
    let measurement = Sample.measurement([Sample.peer(1), Sample.peer(2, fate: .killed)])
    let data = try JSONEncoder().encode(measurement)
    #expect(try JSONDecoder().decode(StormMeasurement.self, from: data) == measurement)
  }

  @Test("a run is complete when every reader has finished that could")
  func complete() {
    func report(_ peer: StormMeasurement.Peer) -> StormReport {
      StormReport(setup: Sample.setup(), runs: [Sample.measurement([Sample.peer(1), peer])])
    }
    #expect(report(Sample.peer(2)).isComplete)
    #expect(!report(Sample.peer(2, seconds: nil)).isComplete)
    #expect(!report(Sample.peer(2, seconds: nil, fate: .killed)).isComplete)
    #expect(report(Sample.peer(2, seconds: nil, fate: .stopped)).isComplete)
  }

  @Test("the text says what was measured and how often")
  func text() {
    let text = Self.report.text
    #expect(text.hasPrefix("4 peers, 8mbit links, barrier; random: 2 files"))
    #expect(text.contains("medians of 2 runs"))
    #expect(text.contains("MDS egress at its link / stored bytes"))
  }
}

import ArgumentParser
import Foundation
import Settings
import Simulation

/// A boot storm under a virtual clock.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Runs scenarios in simulation: the daemons' own decisions, a simulated network.",
    discussion: """
      A scenario is a YAML file: machines and links, files, readers, what goes wrong and when. \
      Tests/SimulationTests/Scenarios/storm-16.yml explains every key. The same scenario, seed \
      and settings give the same result to the byte, on any machine.
      """)

  @Argument(help: "Scenario files.")
  var scenarios: [String]

  @OptionGroup(title: "Settings to try") var policy: PolicyOptions

  @Option(help: "Run this seed only; otherwise those that the scenario lists.")
  var seed: UInt64?

  @Flag(help: "Print the figures as JSON, an array with an object a run.")
  var json = false

  @Option(help: "Write every event of the last run into this file, a line each.")
  var trace: String?

  func validate() throws {
    if scenarios.isEmpty { throw ValidationError("expected at least one scenario file") }
  }

  func run() throws {
    let progress = Progress()
    var results: [SimulatedRun] = []
    for file in scenarios {
      var scenario: Scenario
      do {
        scenario = try Scenario.load(file: file)
      } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        throw ExitCode(78)
      }
      if let bytes = try policy.plainBlockBytes() { scenario.files.blockBytes = bytes }
      for seed in seed.map({ [$0] }) ?? scenario.seeds {
        let run = try simulate(scenario, file, seed, progress)
        if !json { print(run.table + "\n") }
        results.append(run)
      }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(results), as: UTF8.self))
    }
    if results.contains(where: { $0.report.makespanSeconds == nil }) { throw ExitCode(1) }
  }

  private func simulate(
    _ scenario: Scenario, _ file: String, _ seed: UInt64, _ progress: Progress
  ) throws -> SimulatedRun {
    let started = ContinuousClock.now
    let text = try trace.map { try TraceText(path: $0) }
    let workload = Workload(scenario, seed: seed)
    let (cluster, counters) = workload.runWithExchange(
      settings: policy.peer, originSettings: policy.origin, text: text
    ) { cluster in
      let finished = cluster.nodes.count { $0.peer?.reader.finishedNanoseconds != nil }
      progress.show(
        "\(file), seed \(seed): \(cluster.now.formatted(.units(width: .narrow))) simulated, "
          + "\(finished) of \(scenario.peers.count) readers finished")
    }
    try text?.flush()
    progress.clear()
    return SimulatedRun(
      scenario: file, title: scenario.title, seed: seed, report: StormReport(counters),
      eventCount: cluster.trace.eventCount,
      traceDigest: String(cluster.trace.digest, radix: 16),
      wallSeconds: (ContinuousClock.now - started) / .seconds(1))
  }
}

/// One run and what came of it.
struct SimulatedRun: Encodable {
  /// The file's name as it was given.
  var scenario: String
  var title: String
  var seed: UInt64
  var report: StormReport
  /// What happened in the run, counted and digested: equal for equal runs.
  var eventCount: Int
  var traceDigest: String
  /// What the run took here.
  var wallSeconds: Double

  var table: String {
    let run =
      "\(eventCount) events, trace \(traceDigest), "
      + String(format: "%.1f s of this machine's time", wallSeconds)
    return "\(title.isEmpty ? scenario : title), seed \(seed)\n\(report.table)\n\(run)"
  }
}

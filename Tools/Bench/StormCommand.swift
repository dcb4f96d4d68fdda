import ArgumentParser
import Bench
import Foundation
import Lab

/// A boot storm with real daemons.
struct StormCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storm",
    abstract: "Many cold nodes read the same files at once: the origin's cost, and the time.",
    discussion: """
      Starts a metadata server and peers, each on a network node of its own whose link is limited \
      both ways, and behind every peer a reader that does what a stock Linux client does. All \
      readers read the same files in the same order and check every byte. Everything that is \
      shown was counted in this run, the bytes at the links.
      """)

  @OptionGroup var options: StormOptions

  @Option(help: "How many times; medians are shown.")
  var `repeat` = 1

  @Option(help: "Write the results as JSON to this file; - is standard output.")
  var json: String?

  @Option(help: "Draw the last run into this file, as SVG.")
  var svg: String?

  @Flag(help: "Leave everything running at the end, until Ctrl-C.")
  var keep = false

  func validate() throws {
    guard (1...100).contains(`repeat`) else {
      throw ValidationError("--repeat: read \(`repeat`), expected 1 to 100")
    }
  }

  func run() async throws {
    let progress = Progress()
    let work = Task { try await measure(progress) }
    let interrupt = Interrupt { work.cancel() }
    let result = await work.result
    if interrupt.hasFired {
      progress.note("Stopped; everything is cleaned up.")
      throw ExitCode(130)
    }
    do {
      let report = try result.get()
      if !report.isComplete { throw ExitCode(1) }
    } catch let error as ExitCode {
      throw error
    } catch {
      progress.note("storm: \(error)")
      throw ExitCode(1)
    }
  }

  private func measure(_ progress: Progress) async throws -> StormReport {
    await Network.removeLeftovers()
    var setup: StormSetup?
    var runs: [StormMeasurement] = []
    for number in 1...`repeat` {
      if `repeat` > 1 { progress.note("Run \(number) of \(`repeat`)") }
      let network = try await Network.create()
      do {
        let run = try await StormRun.prepare(options, on: network, progress)
        setup = run.setup
        runs.append(try await run.measure())
        if keep, number == `repeat`, let setup {
          try publish(StormReport(setup: setup, runs: runs))
          try await stay(on: network, progress)
        }
        await network.close()
      } catch {
        await network.close()
        throw error
      }
    }
    guard let setup else { throw LabError("nothing was measured") }
    let report = StormReport(setup: setup, runs: runs)
    if !keep { try publish(report) }
    return report
  }

  private func publish(_ report: StormReport) throws {
    let json = try report.json()
    if self.json != "-" {
      try FileHandle.standardOutput.write(contentsOf: Data((report.text + "\n").utf8))
    }
    switch self.json {
    case nil: break
    case "-": try FileHandle.standardOutput.write(contentsOf: Data(json))
    case .some(let path): try Data(json).write(to: URL(filePath: path))
    }
    if let svg, let last = report.runs.last {
      try Data(StormChart(report.setup, last).svg.utf8).write(to: URL(filePath: svg))
    }
  }

  private func stay(on network: Network, _ progress: Progress) async throws {
    progress.note(
      """
      Everything runs on, until Ctrl-C. From another terminal of the same user:
        ip netns list                     the nodes
        ip netns exec NODE COMMAND        on one of them
        \(network.directory)   logs, configurations, caches
      """)
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}

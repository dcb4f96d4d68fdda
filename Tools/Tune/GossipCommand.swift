import ArgumentParser
import Foundation
import Membership
import Simulation

/// Membership under a virtual clock.
struct GossipCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gossip",
    abstract: "What membership gossip costs, and how fast it is, for so many members.",
    discussion: """
      Everybody joins through the metadata server, then: a minute of rest, a broadcast, a crash. \
      The members' own state machines over a simulated network, so 5,000 of them need one process.
      """)

  enum Preset: String, CaseIterable, ExpressibleByArgument {
    case lan
    case wan
    case local

    var settings: SwimSettings {
      switch self {
      case .lan: .lan
      case .wan: .wan
      case .local: .local
      }
    }
  }

  @Option(help: "Members, with the metadata server: 3 to 20000.")
  var members = 64

  @Option(help: "Settings, as in the configuration's gossip.preset.")
  var preset = Preset.lan

  @Option(help: "Seconds of rest that are measured.")
  var rest = 60

  @Option(help: "The seed of the run.")
  var seed: UInt64 = 1

  @Flag(help: "Print the figures as JSON.")
  var json = false

  func validate() throws {
    guard (3...20_000).contains(members) else {
      throw ValidationError("--members: read \(members), expected 3 to 20000")
    }
    guard (1...3600).contains(rest) else {
      throw ValidationError("--rest: read \(rest), expected 1 to 3600")
    }
  }

  func run() throws {
    let progress = Progress()
    let report = GossipReport(
      members: members, settings: preset.settings, seed: seed, rest: .seconds(rest)
    ) { now, knowing in
      progress.show("\(now / .seconds(1)) s simulated, \(knowing) of \(members) know everybody")
    }
    progress.clear()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
      return
    }
    let rows: [(String, String)] = [
      ("members", "\(report.members), seed \(report.seed)"),
      ("everybody knows everybody after", Self.seconds(report.convergedSeconds)),
      (
        "sent at rest by a node",
        String(
          format: "%.0f bytes/s, %.0f at most", report.restBytesPerSecond,
          report.worstRestBytesPerSecond)
      ),
      ("a broadcast is known to 50 % after", Self.seconds(report.broadcast50Seconds)),
      ("                      to 95 % after", Self.seconds(report.broadcast95Seconds)),
      ("                      to all after", Self.seconds(report.broadcastAllSeconds)),
      ("a crash is known to all after", Self.seconds(report.crashKnownSeconds)),
      ("false deaths", "\(report.falseDeaths)"),
      ("trace", "\(report.eventCount) events, \(String(report.traceDigest, radix: 16))"),
    ]
    let width = rows.map(\.0.count).max() ?? 0
    for (name, value) in rows {
      print(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
    }
  }

  private static func seconds(_ value: Double?) -> String {
    value.map { String(format: "%.3f s", $0) } ?? "not within the limit"
  }
}

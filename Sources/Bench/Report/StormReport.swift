import FoundationEssentials

/// One or more runs of a storm, and what came out.
public struct StormReport: Sendable {
  public let setup: StormSetup
  public let runs: [StormMeasurement]
  /// Medians over the runs.
  public let figures: [Figure]

  /// - Parameter runs: at least one.
  public init(setup: StormSetup, runs: [StormMeasurement]) {
    self.setup = setup
    self.runs = runs
    figures = Figure.medians(runs.map { StormFigures(setup, $0).all })
  }

  /// Whether every reader that could finish has read everything right.
  public var isComplete: Bool {
    runs.allSatisfy { run in run.peers.allSatisfy { $0.fate == .stopped || $0.reader != nil } }
  }

  /// For people.
  public var text: String {
    var lines = [setup.summary]
    if runs.count > 1 { lines.append("medians of \(runs.count) runs") }
    lines += Figure.table(figures)
    let refusals = runs.flatMap(\.peers).compactMap(\.reader?.counters.refusals)
      .reduce(into: [String: Int]()) { $0.merge($1) { $0 + $1 } }
    if !refusals.isEmpty {
      let words = refusals.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
      lines.append("READs that peers did not answer: " + words.joined(separator: ", "))
    }
    if let share = figures.first(where: { $0.key == "cpu_share" })?.value, share > 0.9 {
      lines.append("The processors were busy: this machine may be what is measured, not the links.")
    }
    return lines.joined(separator: "\n")
  }

  private struct Document: Encodable {
    struct Run: Encodable {
      var figures: [String: Double]
      var measurement: StormMeasurement
    }

    var benchmark = "storm"
    var setup: StormSetup
    var figures: [String: Double]
    var runs: [Run]
  }

  private static func values(_ figures: [Figure]) -> [String: Double] {
    figures.reduce(into: [:]) { $0[$1.key] = $1.value }
  }

  /// Everything, for programs: figures by their keys, and every count of every run.
  public func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let document = Document(
      setup: setup, figures: Self.values(figures),
      runs: runs.map {
        Document.Run(figures: Self.values(StormFigures(setup, $0).all), measurement: $0)
      })
    return Array(try encoder.encode(document)) + [UInt8(ascii: "\n")]
  }
}

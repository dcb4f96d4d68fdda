/// One figure of a benchmark, with what it has to reach.
public struct Figure: Hashable, Sendable {
  /// How a value is written.
  public enum Unit: Sendable {
    case ratio
    case share
    case seconds
    case bytes
    case number
  }

  /// Its name in JSON.
  public var key: String
  /// Its name for people.
  public var title: String
  /// Nil where it is not known.
  public var value: Double?
  public var unit: Unit
  /// At most this much is required; nil where nothing is.
  public var must: Double?
  /// At most this much is hoped for.
  public var aim: Double?

  public init(
    _ key: String, _ title: String, _ value: Double?, _ unit: Unit, must: Double? = nil,
    aim: Double? = nil
  ) {
    self.key = key
    self.title = title
    self.value = value.flatMap { $0.isFinite ? $0 : nil }
    self.unit = unit
    self.must = must
    self.aim = aim
  }

  /// Whether it reaches what is required; nil where nothing is required or known.
  public var isReached: Bool? {
    guard let value, let must else { return nil }
    return value <= must
  }

  /// A value in this figure's unit.
  public func text(_ value: Double?) -> String {
    guard let value else { return "unknown" }
    switch unit {
    case .ratio: return Text.fixed(value, digits: 2)
    case .share: return Text.fixed(value * 100, digits: 2) + "%"
    case .seconds: return Text.seconds(value)
    case .bytes: return Text.bytes(Int(value))
    case .number: return Text.number(value)
    }
  }

  /// The same figures of several runs as one: medians, of those runs that know the figure.
  public static func medians(_ runs: [[Figure]]) -> [Figure] {
    guard let first = runs.first else { return [] }
    return first.map { figure in
      var median = figure
      let values = runs.flatMap { run in
        run.filter { $0.key == figure.key }.compactMap(\.value)
      }.sorted()
      median.value =
        values.isEmpty
        ? nil
        : values.count % 2 == 1
          ? values[values.count / 2]
          : (values[values.count / 2 - 1] + values[values.count / 2]) / 2
      return median
    }
  }

  /// Figures as a table for people.
  public static func table(_ figures: [Figure]) -> [String] {
    let rows = figures.map { figure in
      [
        figure.title, figure.text(figure.value), figure.must.map { figure.text($0) } ?? "",
        figure.aim.map { figure.text($0) } ?? "",
        figure.isReached.map { $0 ? "ok" : "missed" } ?? "",
      ]
    }
    return Text.table([["", "measured", "must", "aim", ""]] + rows)
  }
}

/// One metric and its samples, as Prometheus knows them (text exposition format 0.0.4).
public struct MetricFamily: Hashable, Sendable {
  /// What may be done with a metric's values.
  public enum Kind: String, Hashable, Sendable {
    /// Only grows, and starts from 0 with the program.
    case counter
    /// Goes up and down.
    case gauge
  }

  /// One label of a sample.
  public struct Label: Hashable, Sendable {
    /// Letters, digits and `_`, not beginning with a digit.
    public var name: String
    /// Any text.
    public var value: String

    /// A label of a sample.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// One value, told from the metric's others by its labels.
  public struct Sample: Hashable, Sendable {
    /// Empty for a metric with one value only.
    public var labels: [Label]
    /// The value now.
    public var value: Double

    /// A value and its labels.
    public init(labels: [Label] = [], value: Double) {
      self.labels = labels
      self.value = value
    }
  }

  /// Letters, digits and `_`, with the unit at the end (`_bytes`, `_seconds`), and `_total` after
  /// it for a counter.
  public var name: String
  /// One sentence.
  public var help: String
  /// What may be done with its values.
  public var kind: Kind
  /// In the order they are to be shown.
  public var samples: [Sample]

  /// A metric and its samples.
  public init(name: String, help: String, kind: Kind, samples: [Sample]) {
    self.name = name
    self.help = help
    self.kind = kind
    self.samples = samples
  }

  /// The text of several metrics.
  public static func exposition(_ families: [MetricFamily]) -> String {
    var text = ""
    for family in families {
      text += "# HELP \(family.name) \(escape(family.help, quotes: false))\n"
      text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in family.samples {
        text += family.name
        if !sample.labels.isEmpty {
          let labels = sample.labels.map { "\($0.name)=\"\(escape($0.value, quotes: true))\"" }
          text += "{\(labels.joined(separator: ","))}"
        }
        text += " \(number(sample.value))\n"
      }
    }
    return text
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// Whole numbers without a fraction or exponent, as far as a Double holds them exactly.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int(exactly: value), whole.magnitude <= 1 << 53 { return "\(whole)" }
    return "\(value)"
  }
}

/// Everything that is wrong with a configuration file: the daemon prints `description` and exits
/// with status 78 (`EX_CONFIG` of sysexits.h).
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One thing that is wrong, and where.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The file as its name was given.
    public var file: String
    /// Counted from 1; nil when the file could not be read at all.
    public var line: Int?
    /// The dotted path, such as `exports[0].clients[1]`; nil when the whole file is meant.
    public var key: String?
    /// What was read, as it completes "read …".
    public var found: String
    /// What would have been right, as it completes "expected …".
    public var expected: String

    /// A problem with one key of one file.
    public init(file: String, line: Int?, key: String?, found: String, expected: String) {
      self.file = file
      self.line = line
      self.key = key
      self.found = found
      self.expected = expected
    }

    /// `file:line: key: read X, expected Y`, without the parts that do not apply.
    public var description: String {
      var text = file
      if let line { text += ":\(line)" }
      if let key { text += ": \(key)" }
      return text + ": read \(found), expected \(expected)"
    }
  }

  /// The number of problems that are reported at most; what comes after is counted only.
  public static let problemLimit = 100

  /// In the order of their lines; never empty.
  public let problems: [Problem]
  /// The number of problems beyond `problemLimit`.
  public let omittedCount: Int

  /// Sorts the problems by line and keeps the first `problemLimit`.
  public init(problems: [Problem]) {
    let sorted = problems.enumerated().sorted {
      ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
    }
    self.problems = sorted.prefix(Self.problemLimit).map(\.element)
    omittedCount = problems.count - self.problems.count
  }

  /// One problem a line, without a newline at the end.
  public var description: String {
    var lines = problems.map(\.description)
    if omittedCount > 0 { lines.append("… and \(omittedCount) more problems") }
    return lines.joined(separator: "\n")
  }
}

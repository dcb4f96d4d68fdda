/// The problems found so far in one file.
package final class ProblemLog {
  package let file: String
  package private(set) var problems: [ConfigurationError.Problem] = []

  package init(file: String) {
    self.file = file
  }

  package func add(line: Int?, key: String?, found: String, expected: String) {
    problems.append(
      ConfigurationError.Problem(
        file: file, line: line, key: key, found: found, expected: expected))
  }
}

/// One mapping of a configuration file, read key by key. What does not read is logged and comes
/// back as nil, so that reading goes on and every problem is found.
package struct Section {
  /// The line of the mapping's first key, or of the key that should hold it.
  package let line: Int
  private let path: String
  private let log: ProblemLog
  private var entries: [String: YAMLDocument.Entry] = [:]

  /// Takes a mapping's entries, and logs keys that are unknown or given twice.
  package init(
    _ mapping: [YAMLDocument.Entry], line: Int, path: String, keys: [String], log: ProblemLog
  ) {
    self.line = line
    self.path = path
    self.log = log
    for entry in mapping {
      let key = Self.join(path, Self.shown(entry.key))
      if let earlier = entry.earlierLine {
        log.add(
          line: entry.line, key: key, found: "the key again (first on line \(earlier))",
          expected: "each key once")
      } else if keys.contains(entry.key) {
        entries[entry.key] = entry
      } else {
        log.add(
          line: entry.line, key: key, found: "an unknown key",
          expected: Self.suggestion(for: entry.key, among: keys))
      }
    }
  }

  /// A section that a file leaves out: every key has its default.
  private init(absentAt line: Int, path: String, log: ProblemLog) {
    self.line = line
    self.path = path
    self.log = log
  }

  // MARK: - Reading

  /// Whether the key is there with a value.
  package func has(_ key: String) -> Bool { present(key) != nil }

  /// The line of a key, or of the section if it is left out.
  package func line(of key: String) -> Int { entries[key]?.line ?? line }

  /// A key that may be left out.
  package func optional<Value>(_ key: String, _ kind: Kind<Value>) -> Value? {
    present(key).flatMap { scalar($0, Self.join(path, key), kind) }
  }

  /// A key that must be there.
  package func required<Value>(_ key: String, _ kind: Kind<Value>) -> Value? {
    if !has(key) { missing(key, kind.expected) }
    return optional(key, kind)
  }

  /// A list of scalars; nil if it is left out. With `orOne`, a scalar is a list of one.
  package func list<Value>(
    _ key: String, _ kind: Kind<Value>, orOne: Bool = false, limit: Int = 10_000
  ) -> [Value]? {
    guard let node = present(key) else { return nil }
    let path = Self.join(path, key)
    switch node.content {
    case .sequence(let nodes):
      guard !nodes.isEmpty, nodes.count <= limit else {
        log.add(
          line: node.line, key: path, found: Self.count(nodes.count),
          expected: "1 to \(limit) entries, each \(kind.expected)")
        return nil
      }
      return nodes.enumerated().compactMap { scalar($1, "\(path)[\($0)]", kind) }
    case .scalar where orOne:
      return scalar(node, path, kind).map { [$0] }
    default:
      log.add(
        line: node.line, key: path, found: Self.describe(node.content),
        expected: "a list, each entry \(kind.expected)")
      return nil
    }
  }

  /// A mapping; one without entries if it is left out.
  package func section(_ key: String, keys: [String]) -> Section {
    let path = Self.join(path, key)
    guard let node = present(key) else {
      return Section(absentAt: line(of: key), path: path, log: log)
    }
    guard case .mapping(let entries) = node.content else {
      log.add(
        line: node.line, key: path, found: Self.describe(node.content),
        expected: "a mapping with \(Self.enumerate(keys))")
      return Section(absentAt: node.line, path: path, log: log)
    }
    return Section(entries, line: line(of: key), path: path, keys: keys, log: log)
  }

  /// A list of mappings, of which there must be at least one; empty if it is left out.
  package func sections(_ key: String, keys: [String], limit: Int = 10_000) -> [Section] {
    guard let node = present(key) else { return [] }
    let path = Self.join(path, key)
    guard case .sequence(let nodes) = node.content, (1...limit).contains(nodes.count)
    else {
      var found = Self.describe(node.content)
      if case .sequence(let nodes) = node.content { found = Self.count(nodes.count) }
      log.add(
        line: node.line, key: path, found: found,
        expected: "a list of 1 to \(limit) mappings with \(Self.enumerate(keys))")
      return []
    }
    return nodes.enumerated().compactMap { index, node in
      guard case .mapping(let entries) = node.content else {
        log.add(
          line: node.line, key: "\(path)[\(index)]", found: Self.describe(node.content),
          expected: "a mapping with \(Self.enumerate(keys))")
        return nil
      }
      return Section(entries, line: node.line, path: "\(path)[\(index)]", keys: keys, log: log)
    }
  }

  // MARK: - Reporting

  /// Logs a problem with the value of a key, shown as it was read.
  package func refuse(_ key: String, expected: String) {
    let node = entries[key]?.value
    log.add(
      line: node?.line ?? line, key: Self.join(path, key),
      found: node.map { Self.describe($0.content) } ?? "nothing", expected: expected)
  }

  /// Logs that a key is not there.
  package func missing(_ key: String, _ expected: String) {
    log.add(line: line(of: key), key: Self.join(path, key), found: "nothing", expected: expected)
  }

  // MARK: - Words

  private func present(_ key: String) -> YAMLDocument.Node? {
    guard let node = entries[key]?.value else { return nil }
    if case .null = node.content { return nil }
    return node
  }

  private func scalar<Value>(
    _ node: YAMLDocument.Node, _ path: String, _ kind: Kind<Value>
  ) -> Value? {
    var expected = kind.expected
    if case .scalar(let text, _) = node.content {
      do {
        if let value = try kind.read(text) { return value }
      } catch {
        expected = error.expected
      }
    }
    log.add(line: node.line, key: path, found: Self.describe(node.content), expected: expected)
    return nil
  }

  private static func join(_ path: String, _ key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
  }

  /// What was read, in few words: long or unprintable text is cut and escaped.
  package static func describe(_ content: YAMLDocument.Content) -> String {
    switch content {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .null: "nothing"
    case .scalar(let text, _): "'\(shown(text))'"
    }
  }

  private static func shown(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(80).map {
      $0.value < 32 || $0.value == 127 ? $0.escaped(asASCII: true) : String($0)
    }
    return printable.joined() + (text.unicodeScalars.count > 80 ? "…" : "")
  }

  private static func count(_ count: Int) -> String {
    count == 0 ? "an empty list" : "a list of \(count) entries"
  }

  private static func enumerate(_ keys: [String]) -> String {
    keys.map { "'\($0)'" }.joined(separator: ", ")
  }

  /// The nearest known key if it is near, else all of them.
  private static func suggestion(for key: String, among keys: [String]) -> String {
    let nearest = keys.map { (key: $0, distance: distance(key, $0)) }
      .min { $0.distance < $1.distance }
    if let nearest, nearest.distance <= max(1, nearest.key.count / 3) {
      return "'\(nearest.key)'"
    }
    return "one of \(enumerate(keys))"
  }

  /// Levenshtein's distance, ignoring case and reading `-` as `_`; far away for long keys.
  private static func distance(_ left: String, _ right: String) -> Int {
    let left = left.lowercased().map { $0 == "-" ? "_" : $0 }
    let right = Array(right)
    guard left.count <= 64 else { return .max }
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let change = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(change, diagonal + 1, row[j] + 1)
      }
    }
    return row[right.count]
  }
}

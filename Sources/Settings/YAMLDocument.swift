import Yams

/// A YAML document as a tree whose every node knows its line.
///
/// Yams gives up at the first key that occurs twice; here such a document is read all the same, so
/// that every problem of a file is reported at once. Anchors with aliases, which could make a
/// small file huge, are refused.
package struct YAMLDocument {
  /// The largest file that is read, in bytes.
  package static let byteLimit = 1 << 20
  /// The most keys given twice that are found in one file.
  private static let duplicateLimit = ConfigurationError.problemLimit

  /// A node and its line, counted from 1.
  package struct Node {
    package var line: Int
    package var content: Content
  }

  /// What a node is.
  package enum Content {
    case mapping([Entry])
    case sequence([Node])
    /// The text; `isPlain` is false when it is quoted and so can be a string only.
    case scalar(String, isPlain: Bool)
    /// Nothing, `~` or `null`.
    case null
  }

  /// One key of a mapping.
  package struct Entry {
    package var key: String
    package var line: Int
    package var value: Node
    /// The line of an earlier entry with the same key.
    package var earlierLine: Int?
  }

  /// nil for a file with nothing but comments.
  package var root: Node?
  /// What is wrong with the document as YAML, beside what `root` tells.
  package var problems: [Problem] = []

  /// A line and what is wrong with it.
  package struct Problem: Error {
    package var line: Int?
    package var found: String
    package var expected: String
  }

  /// Reads one document.
  /// - Throws: the problem that keeps it from being read at all.
  package init(_ bytes: [UInt8]) throws(Problem) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(
        line: Self.lineOfInvalidText(bytes), found: "bytes that are no UTF-8",
        expected: "YAML in UTF-8")
    }
    try Self.refuseAliases(bytes)
    var lines = text.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).map(String.init)
    var count = 0
    while true {
      do {
        let root = try Parser(yaml: lines.joined(separator: "\n"), encoding: .utf8).singleRoot()
        if let root { self.root = try convert(root) }
        return
      } catch let YamlError.duplicatedKeysInMapping(_, context) {
        // Rename the first of the equal keys and try again. The others keep their lines.
        let (line, column) = (context.mark.line - 1, context.mark.column - 1)
        guard count < Self.duplicateLimit, lines.indices.contains(line) else {
          throw Problem(
            line: context.mark.line, found: "a key that is given more than once",
            expected: "each key once")
        }
        let scalars = lines[line].unicodeScalars
        lines[line] =
          String(scalars.prefix(column)) + Self.marked(count) + String(scalars.dropFirst(column))
        count += 1
      } catch let problem as Problem {
        throw problem
      } catch let error as YamlError {
        throw Self.problem(error, lines)
      } catch {
        throw Problem(line: nil, found: "\(error)", expected: "YAML")
      }
    }
  }

  // MARK: - Keys that occur twice

  /// The private-use character that begins a renamed key.
  private static let mark: Character = "\u{F8F0}"
  private static let markEnd: Character = "\u{F8F1}"

  private static func marked(_ count: Int) -> String { "\(mark)\(count)\(markEnd)" }

  /// The key without its mark. A quoted key that was marked has become plain text with quotes.
  private static func unmarked(_ key: String) -> String {
    guard key.first == mark, let end = key.firstIndex(of: markEnd) else { return key }
    let rest = key[key.index(after: end)...]
    for quote in ["\"", "'"]
    where rest.count >= 2 && rest.hasPrefix(quote) && rest.hasSuffix(quote) {
      return String(rest.dropFirst().dropLast())
    }
    return String(rest)
  }

  // MARK: - Conversion

  private mutating func convert(_ node: Yams.Node) throws(Problem) -> Node {
    let line = node.mark?.line ?? 1
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain
      let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      return Node(
        line: line, content: isNull ? .null : .scalar(scalar.string, isPlain: isPlain))
    case .sequence(let sequence):
      var nodes: [Node] = []
      for element in sequence { nodes.append(try convert(element)) }
      return Node(line: line, content: .sequence(nodes))
    case .mapping(let mapping):
      var entries: [Entry] = []
      var lines: [String: Int] = [:]
      for (key, value) in mapping {
        let keyLine = key.mark?.line ?? line
        guard let text = key.scalar?.string else {
          problems.append(
            Problem(line: keyLine, found: "a list or mapping as a key", expected: "a name"))
          continue
        }
        let name = Self.unmarked(text)
        let earlier = lines[name]
        lines[name] = earlier ?? keyLine
        let value = try convert(value)
        entries.append(Entry(key: name, line: keyLine, value: value, earlierLine: earlier))
      }
      return Node(line: line, content: .mapping(entries))
    case .alias:
      throw Problem(line: line, found: "an alias", expected: Self.insteadOfAlias)
    }
  }

  // MARK: - Aliases

  private static let insteadOfAlias =
    "the value itself (anchors and aliases are not supported; quote text that begins with '*')"

  /// Refuses a file in which some `*name` could stand for some `&name`.
  ///
  /// This looks at bytes, not at tokens: both marks after a blank or a bracket, with one name.
  private static func refuseAliases(_ bytes: [UInt8]) throws(Problem) {
    var anchors: Set<ArraySlice<UInt8>> = []
    var aliases: [(name: ArraySlice<UInt8>, line: Int)] = []
    var line = 1
    var before = UInt8(ascii: "\n")
    for (index, byte) in bytes.enumerated() {
      defer { before = byte }
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
      guard " \t\r\n[{,:-?".utf8.contains(before) else { continue }
      let name = bytes[(index + 1)...].prefix {
        48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == UInt8(ascii: "_")
          || $0 == UInt8(ascii: "-")
      }
      guard !name.isEmpty else { continue }
      if byte == UInt8(ascii: "&") { anchors.insert(name) } else { aliases.append((name, line)) }
    }
    guard let alias = aliases.first(where: { anchors.contains($0.name) }) else { return }
    throw Problem(
      line: alias.line, found: "'*\(String(decoding: alias.name, as: UTF8.self))'",
      expected: insteadOfAlias)
  }

  // MARK: - Malformed text

  private static func problem(_ error: YamlError, _ lines: [String]) -> Problem {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      // A file that ends too early has its problem on the line after its last.
      let line = min(mark.line, max(1, lines.count - (lines.last?.isEmpty == true ? 1 : 0)))
      let text = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
      let indent = text.prefix { $0 == " " || $0 == "\t" }
      let rest = text.unicodeScalars.dropFirst(mark.column - 1)
      var expected = "well-formed YAML"
      if indent.contains("\t") {
        expected = "spaces, not tabs, as indentation"
      } else if problem.contains("alias") || context?.text.contains("alias") == true {
        expected = "quotes around text that begins with '*'"
      } else if rest.first == "%" || rest.first == "@" || rest.first == "`" {
        expected = "quotes around text that begins with '\(rest.first ?? "%")'"
      } else if problem.contains("mapping values are not allowed") {
        expected = "well-formed YAML (does the line above lack its ':', or is this one indented?)"
      }
      if problem.contains("another document") {
        return Problem(line: line, found: "a second document", expected: "one document")
      }
      if problem.contains("nesting level") {
        return Problem(
          line: line, found: "lists or mappings nested too deep", expected: "well-formed YAML")
      }
      let place = context.map { " \($0.text) of line \($0.mark.line)" } ?? ""
      return Problem(line: line, found: "malformed YAML (\(problem)\(place))", expected: expected)
    case .reader(let problem, let offset, _, let yaml):
      let before = offset.map { yaml.prefix($0) } ?? ""
      return Problem(
        line: before.count(where: \.isNewline) + 1, found: "malformed YAML (\(problem))",
        expected: "well-formed YAML")
    case .memory:
      return Problem(
        line: nil, found: "lists or mappings nested too deep", expected: "well-formed YAML")
    default:
      return Problem(line: nil, found: "malformed YAML", expected: "well-formed YAML")
    }
  }

  private static func lineOfInvalidText(_ bytes: [UInt8]) -> Int {
    var line = 1
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { break }
      line += 1
    }
    return line
  }
}

import Foundation
import Settings
import Testing

@Suite struct YAMLDocumentTests {
  @Test(
    "malformed YAML is told with its line and what may be meant",
    arguments: [
      (
        "role: mds\nexports: [a, b\n",
        "node.yml:2: read malformed YAML (did not find expected "
          + "',' or ']' while parsing a flow sequence of line 2), expected well-formed YAML"
      ),
      (
        "role: mds\n\tlisten: a:1\n",
        "node.yml:2: read malformed YAML (found a tab character "
          + "that violates indentation while scanning a plain scalar of line 1), expected spaces, "
          + "not tabs, as indentation"
      ),
      (
        "role: mds\nexports:\n  - path: /a\n     pseudo: /b\n",
        "node.yml:4: read malformed YAML "
          + "(mapping values are not allowed in this context), expected well-formed YAML (does the "
          + "line above lack its ':', or is this one indented?)"
      ),
      (
        "role: mds\nserve: *.so\n",
        "node.yml:2: read malformed YAML (did not find expected "
          + "alphabetic or numeric character while scanning an alias of line 2), expected quotes "
          + "around text that begins with '*'"
      ),
      (
        "role: mds\nserve: *so\n",
        "node.yml:2: read malformed YAML (found undefined alias), "
          + "expected quotes around text that begins with '*'"
      ),
      (
        "role: mds\nstate_dir: @home\n",
        "node.yml:2: read malformed YAML (found character that "
          + "cannot start any token while scanning for the next token of line 2), expected quotes "
          + "around text that begins with '@'"
      ),
      (
        "role: 'mds\n",
        "node.yml:1: read malformed YAML (found unexpected end of stream while "
          + "scanning a quoted scalar of line 1), expected well-formed YAML"
      ),
      (
        "role: mds\n---\nrole: peer\n",
        "node.yml:2: read a second document, expected one "
          + "document"
      ),
      (
        "role: mds\n\u{1}\n",
        "node.yml:2: read malformed YAML (control characters are not "
          + "allowed), expected well-formed YAML"
      ),
    ])
  func malformed(_ text: String, _ expected: String) {
    #expect(problems(text) == [expected])
  }

  @Test("a file that is no mapping is told so")
  func noMapping() {
    let expected = "expected a mapping that begins with 'role: mds' or 'role: peer'"
    #expect(problems("") == ["node.yml: read nothing, \(expected)"])
    #expect(problems("# nothing\n") == ["node.yml: read nothing, \(expected)"])
    #expect(problems("\n- a\n") == ["node.yml:2: read a list, \(expected)"])
    #expect(problems("role") == ["node.yml:1: read 'role', \(expected)"])
  }

  @Test("a key that is no text is told with its line")
  func oddKey() {
    #expect(
      problems(Minimal.mds + "\n? [a, b]\n: 1\n") == [
        "node.yml:5: read a list or mapping as a key, expected a name"
      ])
  }

  @Test("bytes that are no UTF-8 are told with their line")
  func invalidText() {
    #expect(
      problems(Array("role: mds\nstate_dir: ".utf8) + [0xff, 10]) == [
        "node.yml:2: read bytes that are no UTF-8, expected YAML in UTF-8"
      ])
  }

  @Test("control characters of a value are shown escaped, and long values are cut")
  func shownValues() {
    #expect(
      problems(Minimal.mds + "\nlog_level: \"a\\e[31m\\nb\"")
        == [
          "node.yml:5: log_level: read 'a\\u{1B}[31m\\nb', expected one of 'trace', 'debug', "
            + "'info', 'notice', 'warning', 'error', 'critical'"
        ])
    let long = problems(Minimal.mds + "\nlog_level: " + String(repeating: "x", count: 500))
    #expect(long.first?.contains(String(repeating: "x", count: 80) + "…'") == true)
  }

  @Test("keys given twice are found wherever they are, quoted or not, also three times")
  func duplicates() {
    let text = """
      "role": mds
      role: mds
      state_dir: /s
      'role': mds
      exports: [{path: /a, path: /b, "path": /c}]
      """
    let again = "read the key again (first on line"
    #expect(
      problems(text) == [
        "node.yml:2: role: \(again) 1), expected each key once",
        "node.yml:4: role: \(again) 1), expected each key once",
        "node.yml:5: exports[0].path: \(again) 5), expected each key once",
        "node.yml:5: exports[0].path: \(again) 5), expected each key once",
      ])
  }

  @Test("anchors with aliases, which could make a small file huge, are refused")
  func aliases() {
    var text = "a0: &a0 [x, x]\n"
    for level in 1...60 {
      text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
    }
    text += "? *a60\n: 1\n"
    #expect(
      problems(text) == [
        "node.yml:2: read '*a0', expected the value itself (anchors and aliases are not "
          + "supported; quote text that begins with '*')"
      ])
  }

  @Test("deep nesting is refused, not followed")
  func nesting() {
    let text = "a: " + String(repeating: "[", count: 500_000)
    #expect(
      problems(text) == [
        "node.yml:1: read lists or mappings nested too deep, expected well-formed YAML"
      ])
  }

  @Test("lines are counted alike with every kind of line break")
  func lineBreaks() {
    let text = (Minimal.mds + "\nlisten: x\nlisten: y\n").replacing("\n", with: "\r\n")
    #expect(problems(text).map { $0.prefix(18) } == ["node.yml:5: listen", "node.yml:6: listen"])
  }

  @Test("every truncation, and every byte replaced, reads or is told with its file")
  func corrupted() throws {
    let text = Array((Minimal.mds + "\nlocalities: [{cidr: '10.0.0.0/8', zone: \"a\"}] # x\n").utf8)
    for count in text.indices {
      for line in problems(Array(text[..<count])) { #expect(line.hasPrefix("node.yml:")) }
    }
    for index in text.indices {
      for byte in "\0\t\n \"'#&*-:?[{}|!%@`~\u{7f}".utf8 {
        var other = text
        other[index] = byte
        for line in problems(other) where !line.hasPrefix("node.yml:") {
          Issue.record("\(line) for byte \(byte) at \(index)")
        }
      }
    }
  }

  // MARK: - Files

  @Test("a file that cannot be read is told with the reason")
  func unreadable() throws {
    try withTemporaryDirectory { directory in
      #expect(
        loadProblem("\(directory)/none.yml")
          == "\(directory)/none.yml: read nothing (No such file or directory), expected a file: "
          + "create it, or correct the path")
      #expect(loadProblem(directory) == "\(directory): read a directory, expected a file")
      let large = "\(directory)/large.yml"
      try Data(repeating: 35, count: (1 << 20) + 1).write(to: URL(filePath: large))
      #expect(
        loadProblem(large) == "\(large): read more than 1MiB, expected a file of at most 1MiB")
    }
  }
}

func loadProblem(_ file: String) -> String? {
  do throws(ConfigurationError) {
    _ = try NodeSettings.load(file: file)
    return nil
  } catch {
    return error.description
  }
}

/// Makes a directory that is gone afterwards.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: "p2pnfs-\(UUID())")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  try body(directory.path(percentEncoded: false))
}

/// Makes a file with a mode, and returns its path.
func write(_ text: String, in directory: String, mode: Int = 0o600) throws -> String {
  let file = "\(directory)/key"
  try Data(text.utf8).write(to: URL(filePath: file))
  try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  return file
}

import Foundation
import Testing

/// One Swift file of the repository.
private struct SwiftFile: Sendable {
  /// From the repository's root.
  let path: String
  let lines: [Substring]
}

/// The repository that these tests are of.
private enum Repository {
  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift file below some folders, in order.
  static func files(_ folders: String...) throws -> [SwiftFile] {
    try folders.flatMap { folder in
      let base = root.appendingPathComponent(folder)
      return try FileManager.default.subpathsOfDirectory(atPath: base.path).sorted()
        .filter { $0.hasSuffix(".swift") }
        .map { name in
          let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
          return SwiftFile(
            path: folder + "/" + name,
            lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The places where a line of code, its comment and its strings left out or not, is wrong.
  static func violations(
    in files: [SwiftFile], _ isWrong: (Substring) -> Bool
  ) -> [String] {
    files.flatMap { file in
      file.lines.enumerated().filter { isWrong($0.element) }
        .map { "\(file.path):\($0.offset + 1): \($0.element.prefix(100))" }
    }
  }
}

/// What a program can check of how the source is written.
@Suite struct HouseTests {
  /// These lines name what they forbid.
  private static let own = "Tests/HouseTests/HouseTests.swift"

  private func others() throws -> [SwiftFile] {
    try Repository.files("Sources", "Tests", "Tools").filter { $0.path != Self.own }
  }

  @Test("nothing traps on what it was given", arguments: ["try!", "as!", "fatalError("])
  func traps(word: String) throws {
    let violations = Repository.violations(in: try others()) { line in
      let code = line.range(of: "//").map { line[..<$0.lowerBound] } ?? line
      return code.contains(word)
    }
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test("nothing is left for later", arguments: ["TODO", "FIXME", "XXX:"])
  func leftForLater(word: String) throws {
    let violations = Repository.violations(in: try others()) { $0.contains(word) }
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test("no line is longer than 100 columns")
  func columns() throws {
    let violations = Repository.violations(in: try others()) { $0.count > 100 }
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test("no file of the sources is longer than 600 lines")
  func fileLength() throws {
    let long = try Repository.files("Sources").filter { $0.lines.count > 600 }.map(\.path)
    #expect(long.isEmpty, "\(long)")
  }

  @Test("no file is there only to be there")
  func placeholders() throws {
    let empty = try others().filter { file in
      !file.lines.contains { line in
        let code = line.drop { $0 == " " }
        return !code.isEmpty && !code.hasPrefix("//") && !code.hasPrefix("import ")
      }
    }.map(\.path)
    #expect(empty.isEmpty, "\(empty)")
  }

  @Test(
    "every operation has a test of its name, for its wire form and for its meaning",
    arguments: ["NFSv4", "NFSServer"])
  func operations(target: String) throws {
    let tests = Set(try Repository.files("Tests/\(target)Tests/Operations").map(\.path))
    let missing = try Repository.files("Sources/\(target)/Operations")
      .filter { file in
        file.lines.contains { $0.contains(": NfsOperation {") } || target == "NFSServer"
      }
      .map { file in
        "Tests/\(target)Tests/Operations/"
          + (file.path as NSString).lastPathComponent.replacing(".swift", with: "Tests.swift")
      }
      .filter { !tests.contains($0) }
    #expect(missing.isEmpty, "\(missing)")
  }

  @Test("one operation has one name in all places")
  func sameNames() throws {
    func names(_ folder: String) throws -> Set<String> {
      Set(try Repository.files(folder).map { ($0.path as NSString).lastPathComponent })
    }
    let strangers = try names("Sources/NFSServer/Operations")
      .subtracting(try names("Sources/NFSv4/Operations"))
    #expect(strangers.isEmpty, "\(strangers)")
  }

  @Test("targets depend on those above them in the manifest, and import nothing else of ours")
  func order() throws {
    let manifest = try Repository.text("Package.swift")
    let expression = try Regex<(Substring, Substring)>(
      #"(?:swiftTarget|\.target|\.systemLibrary)\(\s*(?:name: )?"(\w+)""#)
    let targets = manifest.matches(of: expression).map { String($0.output.1) }
      .filter { $0 != "Lab" }
    #expect(targets.count > 10)
    for (index, target) in targets.enumerated() {
      let below = Set(targets[...index])
      for file in try Repository.files("Sources/\(target)") {
        for line in file.lines where line.hasPrefix("import ") || line.hasPrefix("public import ") {
          let name = String(line.split(separator: " ").last ?? "")
          guard targets.contains(name) else { continue }
          #expect(below.contains(name) && name != target, "\(file.path) imports \(name)")
        }
      }
    }
  }
}

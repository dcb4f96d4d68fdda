import Foundation
import Settings
import Testing

@Suite struct KeyFileTests {
  private let key = Data(0..<32).base64EncodedString()
  private let other = Data(repeating: 7, count: 32).base64EncodedString()

  @Test("comments and blank lines are skipped, all keys are kept, the first is used")
  func keys() throws {
    try withTemporaryDirectory { directory in
      let file = try write("# old and new\n\n\(other)\r\n  \(key)  \n", in: directory)
      let keys = try KeyFile.load(file: file)
      #expect(keys.keys == [Array(repeating: 7, count: 32), Array(0..<32)])
      #expect(keys.first == Array(repeating: 7, count: 32))
      #expect("\(keys)" == "KeyFile(2 keys)")
    }
  }

  @Test(
    "a file that others can read is refused with the command that mends it",
    arguments: [
      0o640, 0o604, 0o666, 0o610,
    ])
  func readable(_ mode: Int) throws {
    try withTemporaryDirectory { directory in
      let file = try write(key, in: directory, mode: mode)
      #expect(
        problems(file) == [
          "\(file): read mode 0\(String(mode, radix: 8)), which lets others read the cluster's "
            + "keys, expected mode 0600: chmod 600 \(file)"
        ])
    }
  }

  @Test("every bad line is told, and none is shown")
  func badLines() throws {
    try withTemporaryDirectory { directory in
      let short = Data(0..<31).base64EncodedString()
      let file = try write("\(key)\nsecret!\n\(short)\n", in: directory)
      let expected = "expected a key of 32 bytes in base64 (44 characters)"
      #expect(
        problems(file) == [
          "\(file):2: read text that is no base64, \(expected)",
          "\(file):3: read a key of 31 bytes, \(expected)",
        ])
    }
  }

  @Test("a file without a key is refused")
  func empty() throws {
    try withTemporaryDirectory { directory in
      let file = try write("# none yet\n", in: directory)
      #expect(
        problems(file) == [
          "\(file): read no key, expected at least one (make a file with: p2pnfs key new --output "
            + "FILE)"
        ])
    }
  }

  @Test("a file that is not there is told so")
  func absent() throws {
    #expect(
      problems("/nowhere/key") == [
        "/nowhere/key: read nothing (No such file or directory), expected a file: create it, or "
          + "correct the path"
      ])
  }

  @Test("more keys than the limit are refused")
  func tooMany() throws {
    try withTemporaryDirectory { directory in
      let file = try write(String(repeating: key + "\n", count: 17), in: directory)
      #expect(problems(file) == ["\(file):17: read more than 16 keys, expected at most 16"])
    }
  }

  @Test("a new file loads, is its owner's alone, and is never overwritten")
  func create() throws {
    try withTemporaryDirectory { directory in
      let file = "\(directory)/key"
      try KeyFile.create(file: file)
      #expect(try KeyFile.load(file: file).keys.count == 1)
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let before = FileManager.default.contents(atPath: file)
      #expect(throws: ConfigurationError.self) { try KeyFile.create(file: file) }
      #expect(FileManager.default.contents(atPath: file) == before)
    }
  }

  @Test("a key that cannot be written says why")
  func cannotCreate() throws {
    try withTemporaryDirectory { directory in
      let file = try write(key, in: directory)
      #expect(
        createProblem(file)
          == "\(file): read a file that exists already, expected a path where nothing is: no key "
          + "is ever overwritten")
      #expect(
        createProblem("\(directory)/none/key")
          == "\(directory)/none/key: read no such directory, expected a directory that exists")
    }
  }

  private func createProblem(_ file: String) -> String? {
    do throws(ConfigurationError) {
      try KeyFile.create(file: file)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("new keys differ")
  func newKeys() {
    #expect(KeyFile.newKey() != KeyFile.newKey())
    #expect(KeyFile.newKey().count == 44)
  }

  private func problems(_ file: String) -> [String] {
    do throws(ConfigurationError) {
      _ = try KeyFile.load(file: file)
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }
}

import Foundation
import Settings
import Testing

@Suite struct TokenFileTests {
  @Test("comments and blank lines are skipped")
  func token() throws {
    try withTemporaryDirectory { directory in
      let file = try write("# the operators'\n\n  0123456789abcdef  \n", in: directory)
      let token = try TokenFile.load(file: file)
      #expect(token.token == "0123456789abcdef")
      #expect("\(token)" == "TokenFile")
    }
  }

  @Test("a key file's line is a token")
  func keyLine() throws {
    try withTemporaryDirectory { directory in
      let key = KeyFile.newKey()
      let file = try write("\(key)\n", in: directory)
      let token = try TokenFile.load(file: file)
      #expect(token.token == key)
    }
  }

  @Test(
    "what is no token is refused, and not shown",
    arguments: [
      ("", "0 lines"), ("0123456789abcde", "a line that is no token"),
      ("0123456789 abcdef", "a line that is no token"),
      ("0123456789abcdef\n0123456789abcdef", "2 lines"),
      (String(repeating: "x", count: 257), "a line that is no token"),
    ])
  func wrong(text: String, found: String) throws {
    try withTemporaryDirectory { directory in
      let file = try write(text, in: directory)
      #expect(
        problems(file) == [
          "\(file): read \(found), expected one line of 16 to 256 characters without spaces (make "
            + "one with: p2pnfs key new --output FILE)"
        ])
    }
  }

  @Test("a file that others can read is refused")
  func readable() throws {
    try withTemporaryDirectory { directory in
      let file = try write("0123456789abcdef", in: directory, mode: 0o640)
      #expect(
        problems(file) == [
          "\(file): read mode 0640, which lets others read the admin token, expected mode 0600: "
            + "chmod 600 \(file)"
        ])
    }
  }

  @Test("a file that is missing says so")
  func missing() throws {
    #expect(problems("/nowhere/token").count == 1)
  }

  private func problems(_ file: String) -> [String] {
    do throws(ConfigurationError) {
      _ = try TokenFile.load(file: file)
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }
}

import FoundationEssentials

/// The operator's token: what a request that changes a running node has to show.
///
/// The file holds it on one line, 16 to 256 printable characters of ASCII without spaces; blank
/// lines and lines that begin with `#` are skipped.
public struct TokenFile: Hashable, Sendable, CustomStringConvertible {
  /// How long a token may be, in characters.
  public static let lengths = 16...256

  /// The token.
  public let token: String

  /// Never shows the token.
  public var description: String { "TokenFile" }

  static let expected =
    "one line of \(lengths.lowerBound) to \(lengths.upperBound) characters without spaces "
    + "(make one with: p2pnfs key new --output FILE)"

  /// Reads a token file.
  /// - Throws: a file that is missing, that others than its owner can read, or that holds
  ///   something else. The token is never part of a message.
  public static func load(file: String) throws(ConfigurationError) -> TokenFile {
    let log = ProblemLog(file: file)
    do {
      let contents = try FileContents.read(file, limit: 64 << 10)
      if contents.permissions & 0o077 != 0 {
        let mode = String(contents.permissions & 0o777, radix: 8)
        log.add(
          line: nil, key: nil, found: "mode 0\(mode), which lets others read the admin token",
          expected: "mode 0600: chmod 600 \(KeyFile.quoted(file))")
      }
      let lines = String(decoding: contents.bytes, as: UTF8.self).split(separator: "\n")
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        .filter { !$0.isEmpty && !$0.hasPrefix("#") }
      let token = lines.first ?? ""
      if lines.count != 1 || !lengths.contains(token.utf8.count)
        || !token.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
      {
        log.add(
          line: nil, key: nil,
          found: lines.count == 1 ? "a line that is no token" : "\(lines.count) lines",
          expected: expected)
      }
      if log.problems.isEmpty { return TokenFile(token: token) }
    } catch {
      log.add(line: nil, key: nil, found: error.found, expected: error.expected)
    }
    throw ConfigurationError(problems: log.problems)
  }
}

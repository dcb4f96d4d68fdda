import FoundationEssentials

/// The cluster's keys: what makes a host a member.
///
/// The file holds one key a line, 32 bytes in base64; blank lines and lines that begin with `#`
/// are skipped. All keys are accepted, the first is used, so keys can be changed without a pause:
/// add the new one below on every node, then move it to the top, then drop the old one.
public struct KeyFile: Hashable, Sendable, CustomStringConvertible {
  /// The length of a key.
  public static let keyBytes = 32
  /// The most keys a file may hold.
  public static let keyLimit = 16

  /// Each `keyBytes` long, in the order of the file; never empty.
  public let keys: [[UInt8]]

  /// The key that is used; all of `keys` are accepted.
  public var first: [UInt8] { keys.first ?? [] }

  /// Never shows a key.
  public var description: String { "KeyFile(\(keys.count) keys)" }

  /// Reads a key file.
  /// - Throws: every problem at once: a file that is missing, that others than its owner can
  ///   read, that holds no key, or a line that is no key. No key is ever part of a message.
  public static func load(file: String) throws(ConfigurationError) -> KeyFile {
    let log = ProblemLog(file: file)
    do {
      let contents = try FileContents.read(file, limit: 64 << 10)
      if contents.permissions & 0o077 != 0 {
        let mode = String(contents.permissions & 0o777, radix: 8)
        log.add(
          line: nil, key: nil, found: "mode 0\(mode), which lets others read the cluster's keys",
          expected: "mode 0600: chmod 600 \(quoted(file))")
      }
      let keys = read(contents.bytes, log)
      if log.problems.isEmpty { return KeyFile(keys: keys) }
    } catch {
      log.add(line: nil, key: nil, found: error.found, expected: error.expected)
    }
    throw ConfigurationError(problems: log.problems)
  }

  /// Whether anything is at the path, as far as this user can tell.
  public static func exists(file: String) -> Bool {
    FileContents.exists(file)
  }

  /// Makes a key file with one new key, readable and writable by its owner only.
  /// - Throws: if something is at the path already, or it cannot be written.
  public static func create(file: String) throws(ConfigurationError) {
    let text = "# The key of a p2pnfs cluster. Copy to every node; keep secret.\n\(newKey())\n"
    do {
      try FileContents.createPrivate(file, Array(text.utf8))
    } catch {
      throw ConfigurationError(problems: [
        .init(file: file, line: nil, key: nil, found: error.found, expected: error.expected)
      ])
    }
  }

  /// A new key as a line of a key file, from the system's own source of randomness.
  public static func newKey() -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return Data(bytes).base64EncodedString()
  }

  private static func read(_ bytes: [UInt8], _ log: ProblemLog) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    var lineNumber = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      lineNumber += 1
      let text = String(decoding: line, as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
      if text.isEmpty || text.hasPrefix("#") { continue }
      guard let key = Data(base64Encoded: text) else {
        log.add(
          line: lineNumber, key: nil, found: "text that is no base64",
          expected: "a key of \(keyBytes) bytes in base64 (44 characters)")
        continue
      }
      guard key.count == keyBytes else {
        log.add(
          line: lineNumber, key: nil, found: "a key of \(key.count) bytes",
          expected: "a key of \(keyBytes) bytes in base64 (44 characters)")
        continue
      }
      if keys.count == keyLimit {
        log.add(
          line: lineNumber, key: nil, found: "more than \(keyLimit) keys",
          expected: "at most \(keyLimit)")
        break
      }
      keys.append(Array(key))
    }
    if keys.isEmpty, log.problems.isEmpty {
      log.add(
        line: nil, key: nil, found: "no key",
        expected: "at least one (make a file with: p2pnfs key new --output FILE)")
    }
    return keys
  }

  /// As a shell takes it.
  static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy {
      48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || "/._-+:@".utf8.contains($0)
    }
    return isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }
}

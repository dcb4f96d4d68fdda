/// What one reader process is told to do; a JSON file.
public struct ReaderPlan: Codable, Hashable, Sendable {
  /// The metadata server.
  public var host: String
  public var port: Int
  /// Where the files are, below the server's root.
  public var exportPath: String
  /// Its node's name, unique among the readers.
  public var name: String
  /// Of its identity: another one in every run.
  public var verifier: UInt64
  /// A `Manifest` in JSON.
  public var manifestPath: String
  /// READs under way at once in each file.
  public var readAhead: Int
  /// Files that are read at once.
  public var fileCount: Int
  /// The file that says when to begin: a time of the monotonic clock in nanoseconds.
  public var startPath: String
  /// The file that says by being there that all is counted and the reader may leave.
  public var leavePath: String
  /// Where the reader writes how far it is, a `ReaderProgress`.
  public var progressPath: String

  public init(
    host: String, port: Int, exportPath: String, name: String, verifier: UInt64,
    manifestPath: String, readAhead: Int, fileCount: Int, startPath: String, leavePath: String,
    progressPath: String
  ) {
    self.host = host
    self.port = port
    self.exportPath = exportPath
    self.name = name
    self.verifier = verifier
    self.manifestPath = manifestPath
    self.readAhead = readAhead
    self.fileCount = fileCount
    self.startPath = startPath
    self.leavePath = leavePath
    self.progressPath = progressPath
  }
}

/// How far a reader is, as it writes it to a file of a fixed size several times a second.
public struct ReaderProgress: Hashable, Sendable {
  /// Whether everything was read and found right.
  public var isFinished: Bool
  /// Bytes that were read and found right.
  public var byteCount: Int
  public var fileCount: Int

  /// Bytes of its text.
  static let textBytes = 48

  public init(isFinished: Bool = false, byteCount: Int = 0, fileCount: Int = 0) {
    self.isFinished = isFinished
    self.byteCount = byteCount
    self.fileCount = fileCount
  }

  /// `reading 123456 7` or `finished 123456 7`, with spaces up to `textBytes`.
  public var text: String {
    let text = "\(isFinished ? "finished" : "reading") \(byteCount) \(fileCount)"
    return text + String(repeating: " ", count: max(0, Self.textBytes - text.utf8.count))
  }

  /// Reads the text; nil for any other.
  public init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 3, words[0] == "reading" || words[0] == "finished",
      let bytes = Int(words[1]), let files = Int(words[2])
    else { return nil }
    self.init(isFinished: words[0] == "finished", byteCount: bytes, fileCount: files)
  }
}

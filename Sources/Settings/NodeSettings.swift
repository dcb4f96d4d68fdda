/// The configuration of one node, read from a YAML file.
public enum NodeSettings: Hashable, Sendable {
  /// A metadata server.
  case mds(MetadataServerSettings)
  /// A peer.
  case peer(PeerSettings)

  /// Reads a file of at most 1 MiB.
  /// - Throws: every problem of the file at once: malformed YAML, keys that are unknown, missing
  ///   or given twice, values that do not read.
  public static func load(file: String) throws(ConfigurationError) -> NodeSettings {
    let contents: FileContents.Contents
    do {
      contents = try FileContents.read(file, limit: YAMLDocument.byteLimit)
    } catch {
      throw ConfigurationError(problems: [
        .init(file: file, line: nil, key: nil, found: error.found, expected: error.expected)
      ])
    }
    return try read(contents.bytes, file: file)
  }

  /// Reads the text of a file; `file` is its name in error messages.
  public static func read(
    _ bytes: [UInt8], file: String
  ) throws(ConfigurationError) -> NodeSettings {
    let log = ProblemLog(file: file)
    let document: YAMLDocument
    do {
      document = try YAMLDocument(bytes)
    } catch {
      log.add(line: error.line, key: nil, found: error.found, expected: error.expected)
      throw ConfigurationError(problems: log.problems)
    }
    for problem in document.problems {
      log.add(line: problem.line, key: nil, found: problem.found, expected: problem.expected)
    }
    let settings = read(document, log)
    guard let settings, log.problems.isEmpty else {
      throw ConfigurationError(problems: log.problems)
    }
    return settings
  }

  /// The cluster's key file, if the node has one.
  public var keyFile: String? {
    switch self {
    case .mds(let settings): settings.gossip.keyFile
    case .peer(let settings): settings.keyFile
    }
  }

  /// The operator's interface.
  public var admin: AdminSettings {
    switch self {
    case .mds(let settings): settings.admin
    case .peer(let settings): settings.admin
    }
  }

  /// The configuration in one line for the operator.
  public var summary: String {
    switch self {
    case .mds(let settings):
      let paths = settings.exports.map(\.pseudo).joined(separator: ", ")
      return "role mds, serves \(paths) on \(settings.listen)"
    case .peer(let settings):
      let size = ByteSize(bytes: settings.cache.bytes)
      return "role peer of \(settings.mds), serves on \(settings.listen), keeps \(size)"
    }
  }

  private enum Role: String, CaseIterable {
    case mds, peer
  }

  /// nil only after a problem was logged.
  private static func read(_ document: YAMLDocument, _ log: ProblemLog) -> NodeSettings? {
    guard let root = document.root, case .mapping(let entries) = root.content else {
      log.add(
        line: document.root?.line, key: nil,
        found: Section.describe(document.root?.content ?? .null),
        expected: "a mapping that begins with 'role: mds' or 'role: peer'")
      return nil
    }
    // A first look for the role alone; what else is unknown depends on it.
    let role = Section(
      entries.filter { $0.key == "role" && $0.earlierLine == nil }, line: root.line, path: "",
      keys: ["role"], log: log
    ).required("role", Kind<Role>.word())
    switch role ?? guess(entries) {
    case .mds:
      return .mds(
        MetadataServerSettings(
          Section(
            entries, line: root.line, path: "", keys: MetadataServerSettings.keys, log: log)))
    case .peer:
      return .peer(
        PeerSettings(
          Section(entries, line: root.line, path: "", keys: PeerSettings.keys, log: log)))
    case nil:
      return nil
    }
  }

  /// The role a file without a valid one seems to mean, so that the rest of it is checked too.
  private static func guess(_ entries: [YAMLDocument.Entry]) -> Role? {
    let keys = Set(entries.map(\.key))
    if keys.contains("exports") || keys.contains("state_dir") { return .mds }
    return keys.contains("mds") || keys.contains("cache") ? .peer : nil
  }
}

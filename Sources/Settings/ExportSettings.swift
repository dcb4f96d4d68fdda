/// One exported directory.
public struct ExportSettings: Hashable, Sendable {
  /// Whether clients may change the files.
  public enum Access: String, CaseIterable, Hashable, Sendable {
    /// Reading only.
    case readOnly = "ro"
    /// Reading and changing, by the rights of each user.
    case readWrite = "rw"
  }

  /// Whose requests are taken as nobody's.
  public enum Squash: String, CaseIterable, Hashable, Sendable {
    /// Those of uid 0 and gid 0.
    case root
    /// Everybody's.
    case all
    /// Nobody's: root is root.
    case none
  }

  /// The directory on this machine: absolute, without a slash at its end.
  public var path: String
  /// Where clients see it: absolute; `path` by default. No two exports share one.
  public var pseudo: String
  /// `readOnly` by default.
  public var access: Access
  /// Who may mount it; everyone by default. The first 4 or 16 bytes of a client's address decide.
  public var clients: [CIDR]
  /// `root` by default.
  public var squash: Squash
  /// Which of its files peers may serve; the others come from the metadata server only.
  public var serve: ServeSettings

  static let keys = ["path", "pseudo", "access", "clients", "squash", "serve"]

  /// Whether a client with this address (4 or 16 bytes, network byte order) may use the export.
  public func admits(addressBytes: some Collection<UInt8>) -> Bool {
    guard let address = IPAddress(bytes: addressBytes) else { return false }
    return clients.contains { $0.contains(address) }
  }

  init(_ section: Section) {
    path =
      section.required(
        "path", .absolutePath("the absolute path of a directory, such as /srv/images")) ?? "/"
    pseudo =
      section.optional(
        "pseudo", .absolutePath("the absolute path clients mount, such as /images")) ?? path
    access = section.optional("access", .word()) ?? .readOnly
    clients = section.list("clients", .cidr, orOne: true) ?? CIDR.everyone
    squash = section.optional("squash", .word()) ?? .root
    serve = ServeSettings(section.section("serve", keys: ServeSettings.keys))
  }
}

/// Which files of an export peers may serve.
public struct ServeSettings: Hashable, Sendable {
  /// A file must match one of these; empty means all do.
  public var include: [Glob]
  /// A file must match none of these, whatever `include` says.
  public var exclude: [Glob]
  /// The largest file peers serve, in bytes; nil means any.
  public var maxBytes: Int?

  static let keys = ["include", "exclude", "max_size"]

  /// Whether peers may serve a file.
  /// - Parameters:
  ///   - relativePath: from the export's root, without a leading slash.
  ///   - bytes: the file's size.
  public func allows(_ relativePath: String, bytes: UInt64) -> Bool {
    if let maxBytes, bytes > UInt64(maxBytes) { return false }
    if include.isEmpty && exclude.isEmpty { return true }
    let path = Array(relativePath.utf8)
    return (include.isEmpty || include.contains { $0.matches(pathBytes: path) })
      && !exclude.contains { $0.matches(pathBytes: path) }
  }

  init(_ section: Section) {
    include = section.list("include", .glob, orOne: true, limit: 256) ?? []
    exclude = section.list("exclude", .glob, orOne: true, limit: 256) ?? []
    maxBytes = section.optional("max_size", .bytes(1...Int.max, such: "4GiB"))
  }
}

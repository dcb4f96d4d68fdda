import Crypto

/// One exported directory, as the configuration names it.
public struct ExportDefinition: Sendable {
  /// Which callers lose their identity.
  public enum Squash: String, Sendable, CaseIterable {
    /// User and group 0 become the anonymous ones.
    case root
    /// Everybody is the anonymous user with the anonymous group.
    case all
    /// Nobody: a client's root is root here.
    case none
  }

  /// The directory's absolute path on this host.
  public var path: String
  /// Where clients find it: "/" or "/a/b".
  public var pseudo: String
  public var squash: Squash
  /// Whether clients may change what is exported.
  public var isWritable: Bool
  /// Whether names and attributes are on stable storage before a change of them is acknowledged, as
  /// clients count on: they do not ask for it again. Content is not meant; that is COMMIT's.
  public var isSynchronous = true
  /// Who a squashed caller, and one without AUTH_SYS, is.
  public var anonymousUID: UInt32
  public var anonymousGID: UInt32
  /// Whether the client at an address (4 or 16 bytes in network order) may use the export.
  public var isClientAllowed: @Sendable (_ address: [UInt8]) -> Bool
  /// Whether peers may keep and serve the file at a path relative to the export ("a/b.so") of this
  /// many bytes. The path is nil if the server does not know it: then only rules that do not
  /// depend on it can say yes.
  public var mayServe: @Sendable (_ path: String?, _ sizeBytes: UInt64) -> Bool

  /// - Parameters:
  ///   - path: an absolute path of an existing directory.
  ///   - pseudo: an absolute path without `.`, `..` and empty components.
  public init(
    path: String, pseudo: String, squash: Squash = .root, isWritable: Bool = false,
    anonymousUID: UInt32 = 65534, anonymousGID: UInt32 = 65534,
    isClientAllowed: @escaping @Sendable (_ address: [UInt8]) -> Bool = { _ in true },
    mayServe: @escaping @Sendable (_ path: String?, _ sizeBytes: UInt64) -> Bool = { _, _ in true }
  ) {
    self.path = path
    self.pseudo = pseudo
    self.squash = squash
    self.isWritable = isWritable
    self.anonymousUID = anonymousUID
    self.anonymousGID = anonymousGID
    self.isClientAllowed = isClientAllowed
    self.mayServe = mayServe
  }

  /// The export's number in filehandles and fsids: by its pseudo path alone, so that it stays when
  /// exports are added, removed or moved to another directory. Never 0 (the pseudo file system).
  public var exportID: UInt32 { max(1, UInt32(truncatingIfNeeded: stableHash(pseudo))) }
}

/// Why the exported files cannot be served. The description names the export and what to do.
public struct PosixTreeError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// 64 bits of a digest: equal in every process and version.
func stableHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  SHA256.hash(data: Array(bytes)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
}

func stableHash(_ text: String) -> UInt64 { stableHash(text.utf8) }

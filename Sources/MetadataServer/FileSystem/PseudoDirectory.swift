import NFSv4

/// One directory of the pseudo file system that joins the exports: the root, those on the way to
/// exports, and the exports' own places.
struct PseudoDirectory: Sendable {
  /// "" for the root.
  let name: [UInt8]
  /// "/" or "/a/b".
  let path: String
  /// Stable: by the path.
  let fileid: UInt64
  /// Index of the parent; nil for the root.
  let parent: Int?
  /// Indices, in the order of the names.
  fileprivate(set) var children: [Int] = []
  /// Index of the export that is mounted here.
  fileprivate(set) var export: Int?
  /// Indices of all exports here and below.
  fileprivate(set) var exportsBelow: [Int] = []
  /// Stable as long as the same exports are below.
  fileprivate(set) var change: UInt64 = 0
}

/// The pseudo file system: built once from the exports' pseudo paths.
struct PseudoFileSystem: Sendable {
  private(set) var directories: [PseudoDirectory]
  private let byFileid: [UInt64: Int]

  /// - Throws: for malformed and duplicate paths, and digests that collide.
  init(_ definitions: [ExportDefinition]) throws(PosixTreeError) {
    directories = []
    var byPath: [String: Int] = [:]
    directories.append(Self.directory(name: "", path: "/", parent: nil))
    byPath["/"] = 0
    for (exportIndex, definition) in definitions.enumerated() {
      var index = 0
      var path = ""
      for name in try Self.components(definition.pseudo) {
        path += "/" + name
        if let known = byPath[path] {
          index = known
        } else {
          directories.append(Self.directory(name: name, path: path, parent: index))
          directories[index].children.append(directories.count - 1)
          index = directories.count - 1
          byPath[path] = index
        }
      }
      guard directories[index].export == nil else {
        throw PosixTreeError("pseudo path \(definition.pseudo): more than one export has it")
      }
      directories[index].export = exportIndex
      var above: Int? = index
      while let at = above {
        directories[at].exportsBelow.append(exportIndex)
        above = directories[at].parent
      }
    }
    var byFileid: [UInt64: Int] = [:]
    for index in directories.indices {
      let paths = directories[index].exportsBelow.map { definitions[$0].pseudo }.sorted()
      directories[index].change = stableHash(paths.joined(separator: "\0"))
      let all = directories
      directories[index].children.sort { all[$0].path < all[$1].path }
      guard byFileid.updateValue(index, forKey: directories[index].fileid) == nil else {
        throw PosixTreeError(
          "pseudo path \(directories[index].path): its fileid is another's; choose another path")
      }
    }
    self.byFileid = byFileid
  }

  func index(ofFileid fileid: UInt64) -> Int? { byFileid[fileid] }

  /// The child of that name.
  func child(_ name: [UInt8], of index: Int) -> Int? {
    directories[index].children.first { directories[$0].name == name }
  }

  private static func directory(name: String, path: String, parent: Int?) -> PseudoDirectory {
    // 63 bits: some programs still read inode numbers as signed.
    PseudoDirectory(
      name: Array(name.utf8), path: path, fileid: max(1, stableHash(path) & .max >> 1),
      parent: parent)
  }

  private static func components(_ path: String) throws(PosixTreeError) -> [String] {
    guard path.hasPrefix("/") else {
      throw PosixTreeError("pseudo path \(path): an absolute path was expected")
    }
    if path == "/" { return [] }
    let components = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for name in components {
      guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= NFS4.nameLimitBytes,
        !name.utf8.contains(0)
      else {
        throw PosixTreeError(
          "pseudo path \(path): components of 1 to 255 bytes were expected, no '.' or '..'")
      }
    }
    return components.map(String.init)
  }
}

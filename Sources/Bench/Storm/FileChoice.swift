import Glibc

/// The files of an exported directory that a storm reads.
public struct FileChoice: Hashable, Sendable {
  /// Absolute, without symbolic links.
  public let root: String
  /// Below the root, in the order in which they are read.
  public let paths: [String]
  /// Bytes in them.
  public let byteCount: Int
  /// When one of them was changed last, in seconds since 1970.
  public let lastChangeSeconds: Int

  /// Why there is nothing to read.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// In which order files are taken.
  public enum Order: Sendable {
    case name
    case largestFirst
  }

  /// Directories below the root that are gone into.
  private static let depthLimit = 64
  /// Files that are looked at.
  private static let candidateLimit = 1_000_000

  /// Takes regular files that everybody may read, each once however many names it has, as long as
  /// they fit into a number of bytes.
  /// - Throws: `Failure` if there is no such directory, or no such file in it.
  public init(below path: String, order: Order, limitBytes: Int) throws {
    guard let resolved = realpath(path, nil) else {
      throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    let root = String(cString: resolved)
    var candidates: [Candidate] = []
    var seen: Set<ino_t> = []
    Self.collect(below: "", of: root, depth: 0, into: &candidates, seen: &seen)
    switch order {
    case .name: break
    case .largestFirst:
      candidates.sort { $0.size != $1.size ? $0.size > $1.size : $0.path < $1.path }
    }
    var paths: [String] = []
    var total = 0
    var lastChange = 0
    for candidate in candidates where candidate.size <= limitBytes - total {
      paths.append(candidate.path)
      total += candidate.size
      lastChange = max(lastChange, candidate.changeSeconds)
    }
    guard !paths.isEmpty else {
      throw Failure(
        description: "\(root): no file that everybody may read and that has at most"
          + " \(Text.bytes(limitBytes))")
    }
    self.root = root
    self.paths = paths
    byteCount = total
    lastChangeSeconds = lastChange
  }

  /// Where systems keep their libraries.
  public static let libraryRoots = [
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib",
  ]

  private struct Candidate {
    var path: String
    var size: Int
    var changeSeconds: Int
  }

  private static func collect(
    below folder: String, of root: String, depth: Int, into found: inout [Candidate],
    seen: inout Set<ino_t>
  ) {
    guard depth < depthLimit, let directory = opendir(root + "/" + folder) else { return }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name, name != ".", name != ".." else { continue }
      names.append(name)
    }
    for name in names.sorted() where found.count < candidateLimit {
      let path = folder.isEmpty ? name : folder + "/" + name
      var details = stat()
      guard lstat(root + "/" + path, &details) == 0 else { continue }
      switch details.st_mode & S_IFMT {
      case S_IFDIR where details.st_mode & 0o005 == 0o005:
        collect(below: path, of: root, depth: depth + 1, into: &found, seen: &seen)
      case S_IFREG where details.st_mode & 0o004 != 0 && details.st_size > 0:
        guard seen.insert(details.st_ino).inserted else { continue }
        found.append(
          Candidate(
            path: path, size: Int(details.st_size), changeSeconds: Int(details.st_ctim.tv_sec)))
      default: continue
      }
    }
  }
}

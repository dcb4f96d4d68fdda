import Foundation
import Glibc
import Lab

/// The files that clients read.
struct Workload: Sendable {
  /// The exported directory, absolute, without symbolic links.
  var root: String
  /// Paths below it, sorted, each `./…`.
  var files: [String]
  /// Bytes in them.
  var byteCount: Int
  /// Inodes of the files taken.
  private var seen: Set<ino_t> = []

  /// Picks regular files that everybody may read, in the order of their names, until a limit is
  /// reached.
  /// - Throws: ``LabError`` if there is no such directory or no such file.
  static func choose(export: String?, limitBytes: Int, fileLimit: Int) throws -> Workload {
    let candidates =
      export.map { [$0] } ?? [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib",
      ]
    guard
      let path = candidates.first(where: { isDirectory($0) }),
      let resolved = realpath(path, nil)
    else {
      throw LabError("--export: read \(candidates[0]), expected a directory")
    }
    defer { free(resolved) }
    var workload = Workload(root: String(cString: resolved), files: [], byteCount: 0)
    workload.collect(below: ".", limitBytes: limitBytes, fileLimit: fileLimit, depth: 0)
    guard !workload.files.isEmpty else {
      throw LabError("\(workload.root) has no files that everybody may read")
    }
    return workload
  }

  private static func isDirectory(_ path: String) -> Bool {
    var details = stat()
    return stat(path, &details) == 0 && details.st_mode & S_IFMT == S_IFDIR
  }

  private mutating func collect(
    below folder: String, limitBytes: Int, fileLimit: Int, depth: Int
  ) {
    guard depth < 64 else { return }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
    for name in names.sorted() where !name.contains(where: { "\n\\".contains($0) }) {
      guard files.count < fileLimit, byteCount < limitBytes else { return }
      let path = folder + "/" + name
      var details = stat()
      guard lstat(root + "/" + path, &details) == 0 else { continue }
      switch details.st_mode & S_IFMT {
      case S_IFDIR where details.st_mode & 0o005 == 0o005:
        collect(below: path, limitBytes: limitBytes, fileLimit: fileLimit, depth: depth + 1)
      case S_IFREG where details.st_mode & 0o004 != 0:
        let size = Int(details.st_size)
        // One giant must not be the whole of it.
        guard size <= limitBytes / 4, size <= limitBytes - byteCount else { continue }
        // Further names of a file are no further data.
        guard seen.insert(details.st_ino).inserted else { continue }
        files.append(path)
        byteCount += size
      default: continue
      }
    }
  }

  /// The paths, each ended by a zero byte.
  var list: [UInt8] { files.flatMap { Array($0.utf8) + [0] } }

  /// What md5sum says of them on this machine: path → sum.
  func checksums(on node: Node) async throws -> [String: String] {
    let path = node.network.directory + "/list"
    try Data(list).write(to: URL(fileURLWithPath: path))
    let text = try await node.run(
      ["sh", "-c", "cd \"$0\" && cat \"$1\" | xargs -0 md5sum", root, path],
      within: .seconds(600))
    return Workload.parse(text)
  }

  /// Reads the output of md5sum.
  static func parse(_ text: String) -> [String: String] {
    var sums: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      sums[String(parts[1].drop { $0 == " " || $0 == "*" })] = String(parts[0])
    }
    return sums
  }
}

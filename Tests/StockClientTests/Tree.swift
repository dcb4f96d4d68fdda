import Foundation
import Glibc
import Lab

/// A directory to be exported: files of this machine with their owners and times, and some of every
/// kind that such files seldom are.
struct Tree: Sendable {
  /// Absolute.
  let path: String
  /// Regular files in it.
  let fileCount: Int
  /// Bytes in them; those that several names lead to count once.
  let byteCount: Int

  /// Copies files below /usr, in the order of their names; where there are too few, makes the
  /// rest.
  /// - Parameters:
  ///   - path: is made.
  ///   - fileCount: at least so many files.
  ///   - byteCount: at least so many bytes in them.
  static func build(
    at path: String, fileCount: Int, byteCount: Int, on node: Node
  ) async throws -> Tree {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let chosen = choose(fileCount: fileCount, byteCount: byteCount)
    let list = path + ".list"
    try Data(chosen.paths.flatMap { Array($0.utf8) + [0] }).write(to: URL(fileURLWithPath: list))
    // In a user namespace only what is the user's own has an owner that can be given on.
    try await node.run(
      [
        "sh", "-c",
        """
        cd / && if chown 1:1 "$1" 2>/dev/null; then own=; else own=--no-preserve=ownership; fi
        xargs -0 cp -a $own --parents -t "$0" < "$1"
        """, path, list,
      ], within: .seconds(120))
    try makeRest(
      in: path + "/made", fileCount: fileCount - chosen.paths.count,
      byteCount: byteCount - chosen.byteCount)
    try await makeOddities(in: path + "/odd", nameCount: fileCount / 5, on: node)
    // Blocks that are allocated late would change what stat(1) says meanwhile.
    try await node.run(["sync", "-f", path], within: .seconds(120))
    return try measure(path)
  }

  private static let roots = [
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/uml", "/usr/lib/python3",
    "/usr/lib/gcc", "/usr/share",
  ]

  private static func choose(
    fileCount: Int, byteCount: Int
  ) -> (paths: [String], byteCount: Int) {
    var small: [(path: String, size: Int)] = []
    var large: [(path: String, size: Int)] = []
    for root in roots { collect(root, depth: 0, &small, &large) }
    var paths: [String] = []
    var bytes = 0
    // Seven files of eight are small, as in most trees, and nearly all bytes in the others.
    for file in small.prefix(fileCount * 7 / 8) {
      guard bytes < byteCount / 4 else { break }
      paths.append(file.path)
      bytes += file.size
    }
    for file in large {
      guard bytes < byteCount || paths.count < fileCount else { break }
      guard file.size <= byteCount / 8, bytes + file.size <= byteCount * 11 / 10 else { continue }
      paths.append(file.path)
      bytes += file.size
    }
    return (paths, bytes)
  }

  private static func collect(
    _ folder: String, depth: Int, _ small: inout [(path: String, size: Int)],
    _ large: inout [(path: String, size: Int)]
  ) {
    guard depth < 64 else { return }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names.sorted() {
      guard small.count < 8000 || large.count < 4000 else { return }
      let path = folder + "/" + name
      var details = stat()
      guard lstat(path, &details) == 0 else { continue }
      switch details.st_mode & S_IFMT {
      case S_IFDIR: collect(path, depth: depth + 1, &small, &large)
      // Links to one file would be counted, and copied, as one.
      case S_IFREG where details.st_mode & 0o004 != 0 && details.st_nlink == 1:
        let size = Int(details.st_size)
        if size < 65536 { small.append((path, size)) } else { large.append((path, size)) }
      default: continue
      }
    }
  }

  private static func makeRest(in folder: String, fileCount: Int, byteCount: Int) throws {
    guard fileCount > 0 || byteCount > 0 else { return }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let count = max(fileCount, byteCount / (1 << 20) + 1)
    for number in 0..<count {
      try Noise.write(
        max(1, byteCount / count + 1), seed: UInt64(number), to: "\(folder)/\(number)")
    }
  }

  /// Links of both kinds, names, modes, sizes, times and, where this user may, owners.
  /// - Parameter nameCount: how many empty files one directory has.
  private static func makeOddities(
    in folder: String, nameCount: Int, on node: Node
  ) async throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/empty", withIntermediateDirectories: true)
    try Noise.write(700_001, seed: 7, to: folder + "/noise")
    try await node.run(
      [
        "sh", "-ec",
        """
        cd "$0"
        : > nothing
        truncate -s 3000000 hole; printf end >> hole
        ln -s noise link; ln -s /nowhere dangling; ln -s "$(printf 'x%.0s' $(seq 1000))" long
        ln noise second; ln noise third
        mkfifo fifo
        printf 1 > 'a b'; printf 2 > 'Größe µ 漢字'; printf 3 > "quote'\\"\\$"
        printf 4 > "$(printf 'n%.0s' $(seq 255))"
        mkdir many; (cd many; seq 1 "$1" | xargs touch)
        printf set > modes; chmod 4755 modes; mkdir sticky; chmod 1777 sticky
        mkdir group; chmod 2775 group
        touch -d '1970-01-01 00:00:01.000000001 UTC' nothing
        touch -d '2037-12-31 23:59:59.999999999 UTC' hole
        touch -h -d '2001-02-03 04:05:06.789012345 UTC' link
        touch -d '1999-12-31 23:59:59.5 UTC' empty sticky
        if chown 1234:2345 noise 2>/dev/null; then
          chown -h 60001:4294967294 link; chown 4000000000:1 hole; chown 65534:65534 group
          chmod 640 noise; chmod o+r noise
        fi
        """, folder, "\(max(1, nameCount))",
      ])
  }

  private static func measure(_ path: String) throws -> Tree {
    guard let entries = FileManager.default.enumerator(atPath: path) else {
      throw LabError("\(path) cannot be read")
    }
    var (files, bytes) = (0, 0)
    var inodes: Set<UInt> = []
    for case let name as String in entries {
      var details = stat()
      guard lstat(path + "/" + name, &details) == 0, details.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      files += 1
      if inodes.insert(details.st_ino).inserted { bytes += Int(details.st_size) }
    }
    return Tree(path: path, fileCount: files, byteCount: bytes)
  }
}

/// A file of noise that a test needs besides the tree.
struct MadeFile: Sendable {
  /// Below the export.
  var path: String
  var byteCount: Int
  var mode: mode_t = 0o644

  func make(in exportPath: String) throws {
    let target = exportPath + "/" + path
    try FileManager.default.createDirectory(
      atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    let seed = path.utf8.reduce(UInt64(byteCount)) { $0 &* 31 &+ UInt64($1) }
    try Noise.write(byteCount, seed: seed, to: target)
    guard chmod(target, mode) == 0 else { throw LabError("\(target): no mode \(mode)") }
  }
}

/// Bytes that no compression makes fewer.
enum Noise {
  /// Writes a file; the same seed gives the same bytes.
  static func write(_ byteCount: Int, seed: UInt64, to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw LabError("\(path) cannot be written") }
    defer { try? file.close() }
    var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    var left = byteCount
    while left > 0 {
      var words = [UInt64](repeating: 0, count: 1 << 17)
      words.withUnsafeMutableBufferPointer { words in
        for index in words.indices {
          // xorshift64
          state ^= state << 13
          state ^= state >> 7
          state ^= state << 17
          words[index] = state
        }
      }
      let piece = words.withUnsafeBytes { Data($0.prefix(left)) }
      try file.write(contentsOf: piece)
      left -= piece.count
    }
  }
}

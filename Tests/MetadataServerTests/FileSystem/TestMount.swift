import Foundation
import Glibc
import Testing

/// What an export can be on.
enum FileSystemKind: String, CaseIterable, CustomTestStringConvertible {
  /// What the directory for temporary files is on.
  case local
  case tmpfs
  /// Coarse times, no handles, no extended attributes.
  case ramfs
  case ext4
  /// Coarse times.
  case ext3
  case xfs
  case btrfs

  var testDescription: String { rawValue }

  /// Those that this host can make and this process can mount; always at least the first.
  static let available = allCases.filter { kind in
    if kind == .local { return true }
    return (try? TreeFixture(on: kind)) != nil
  }

  /// Those whose kernel times are coarse, on this host.
  static let coarse = available.filter { [.ramfs, .ext3].contains($0) }
}

/// A file system mounted on a directory of a fixture, until it is unmounted or released.
final class TestMount: Sendable {
  let path: String

  /// - Returns: nil where this process may not mount.
  init?(_ type: String, on path: String) {
    self.path = path
    guard mount(type, path, type, 0, nil) == 0 else { return nil }
  }

  /// - Returns: nil where there is no such file system, no program to make it, or no right to.
  convenience init?(_ kind: FileSystemKind, on path: String) {
    switch kind {
    case .local: return nil
    case .tmpfs, .ramfs: self.init(kind.rawValue, on: path)
    case .ext4, .ext3, .xfs, .btrfs: self.init(image: kind.rawValue, on: path)
    }
  }

  private init?(image kind: String, on path: String) {
    self.path = path
    let image = path + ".image"
    // Sparse; xfs wants this much.
    guard FileManager.default.createFile(atPath: image, contents: nil),
      truncate(image, 400 << 20) == 0,
      let make = try? RunningProgram("mkfs." + kind, ["-q", image]), make.succeeds(),
      let mount = try? RunningProgram("mount", ["-o", "loop", image, path]), mount.succeeds()
    else { return nil }
    unlink(image)
  }

  func unmount() { umount2(path, Int32(MNT_DETACH)) }

  deinit { unmount() }
}

/// A program of this host.
struct RunningProgram {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  /// - Parameter program: a path, or a name to be looked for.
  init(_ program: String, _ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Sends it something and waits for an answer: so it is running for certain.
  func answers() throws -> Bool {
    try input.fileHandleForWriting.write(contentsOf: Data("?\n".utf8))
    return try output.fileHandleForReading.read(upToCount: 1)?.isEmpty == false
  }

  /// Waits for its end.
  func succeeds() -> Bool {
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  func stop() {
    // SIGTERM may be blocked: a child takes over the mask of the thread that started it.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

import BlockCache
import Glibc

/// The directory of a cache: who has it, and what its files are called.
///
///     lock                          held by the one process that has the cache open
///     0000000000000001.segment      records of blocks
///     0000000000000001.checkpoint   what the index knows of the segment
///     0000000000000001.new          a checkpoint that is being written
final class BlockStoreDirectory: Sendable {
  let path: String
  /// Holds the lock until it is closed.
  private let lock: OpenFile

  /// Creates the directory (mode 0700, not those above it) and takes its lock.
  init(path: String) throws(BlockStoreError) {
    self.path = path
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw .refused(operation: "mkdir", path: path, errno: errno)
    }
    let lockPath = path + "/lock"
    do throws(BlockFileError) {
      _ = try OpenFile(path: path, flags: O_RDONLY | O_DIRECTORY)
      lock = try OpenFile(path: lockPath, flags: O_RDWR | O_CREAT | O_NOFOLLOW)
    } catch {
      throw .refused(operation: error.operation, path: path, errno: error.errno)
    }
    guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      guard code == EWOULDBLOCK else {
        throw .refused(operation: "flock", path: lockPath, errno: code)
      }
      throw .inUse(directory: path, pid: Self.pid(in: lock))
    }
    // The id is only for the message above: a lock without it is as good.
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(lock.descriptor, 0) == 0 {
      _ = pwrite(lock.descriptor, text, text.count, 0)
    }
  }

  /// For questions about the file system.
  var descriptor: CInt { lock.descriptor }

  /// Lets another process have the cache.
  func unlock() {
    _ = flock(lock.descriptor, LOCK_UN)
  }

  private static func pid(in lock: OpenFile) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(lock.descriptor, &bytes, bytes.count, 0)
    return Int32(String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self))
  }

  func segmentPath(_ number: UInt64) -> String { file(number, "segment") }
  func checkpointPath(_ number: UInt64) -> String { file(number, "checkpoint") }
  func newCheckpointPath(_ number: UInt64) -> String { file(number, "new") }

  private func file(_ number: UInt64, _ kind: String) -> String {
    let digits = String(number, radix: 16)
    let zeros = String(repeating: "0", count: max(0, 16 - digits.count))
    return "\(path)/\(zeros)\(digits).\(kind)"
  }

  /// The numbers of the segments, in order, after deleting what an interrupted writer left. Files
  /// of other names are nobody's business here.
  func segments() throws(BlockStoreError) -> [UInt64] {
    guard let stream = opendir(path) else {
      throw .refused(operation: "opendir", path: path, errno: errno)
    }
    defer { closedir(stream) }
    var segments: Set<UInt64> = []
    var checkpoints: Set<UInt64> = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].utf8.count == 16,
        let number = UInt64(parts[0], radix: 16), number < UInt64.max
      else { continue }
      switch parts[1] {
      case "segment": segments.insert(number)
      case "checkpoint": checkpoints.insert(number)
      case "new": unlink(newCheckpointPath(number))
      default: break
      }
    }
    for number in checkpoints.subtracting(segments) { unlink(checkpointPath(number)) }
    return segments.sorted()
  }

  /// Deletes a segment and its checkpoint; that one of them is not there is no error.
  func delete(_ number: UInt64) throws(BlockFileError) {
    for path in [checkpointPath(number), segmentPath(number)] {
      if unlink(path) != 0, errno != ENOENT {
        throw BlockFileError(operation: "unlink", errno: errno)
      }
    }
  }
}

import BlockCache
import Glibc

/// A file descriptor that is closed with its last reference. A reader that found a block holds
/// one, so that a segment can be deleted under it.
final class OpenFile: Sendable {
  let descriptor: CInt
  /// How a segment is appended to.
  let tail = DirectTail()

  init(descriptor: CInt) {
    self.descriptor = descriptor
  }

  /// Opens `path`, never across exec.
  convenience init(
    path: String, flags: CInt, mode: mode_t = 0o600
  ) throws(BlockFileError) {
    let descriptor = open(path, flags | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw BlockFileError(operation: "open", errno: errno) }
    self.init(descriptor: descriptor)
  }

  deinit { close(descriptor) }

  /// The length of the file in bytes.
  func byteCount() throws(BlockFileError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw BlockFileError(operation: "fstat", errno: errno)
    }
    return Int(status.st_size)
  }

  /// Waits until the file's bytes are on the disk.
  func synchronize() throws(BlockFileError) {
    guard fsync(descriptor) == 0 else { throw BlockFileError(operation: "fsync", errno: errno) }
  }
}

/// A segment that is open, and what its header says.
struct SegmentFile: Sendable {
  let header: SegmentHeader
  let file: OpenFile
}

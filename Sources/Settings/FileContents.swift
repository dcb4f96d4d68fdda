import Glibc

/// Files read as a whole, below a limit, with the system's words for what went wrong.
package enum FileContents {
  /// Why a file could not be read, as it completes "read …" and "expected …".
  package struct Failure: Error {
    package var found: String
    package var expected: String
  }

  /// What was read, and who else may read it.
  package struct Contents {
    package var bytes: [UInt8]
    /// The permission bits of `st_mode`.
    var permissions: UInt32
  }

  /// Reads a regular file (or a pipe) of at most `limit` bytes.
  package static func read(_ path: String, limit: Int) throws(Failure) -> Contents {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw Failure(found: "a directory", expected: "a file")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(errno)
      }
      if count == 0 { break }
      guard count <= limit - bytes.count else {
        throw Failure(
          found: "more than \(ByteSize(bytes: limit))",
          expected: "a file of at most \(ByteSize(bytes: limit))")
      }
      bytes.append(contentsOf: chunk[..<count])
    }
    return Contents(bytes: bytes, permissions: UInt32(status.st_mode) & 0o7777)
  }

  /// Whether anything is at the path.
  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// Makes a file that did not exist, readable and writable by its owner only.
  static func createPrivate(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      switch errno {
      case EEXIST:
        throw Failure(
          found: "a file that exists already",
          expected: "a path where nothing is: no key is ever overwritten")
      case ENOENT:
        throw Failure(found: "no such directory", expected: "a directory that exists")
      case let code:
        throw Failure(
          found: "a path where no file can be made (\(String(cString: strerror(code))))",
          expected: "a directory this user may write to")
      }
    }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        let problem = failure(errno)
        unlink(path)
        throw problem
      }
      written += count
    }
    guard fsync(descriptor) == 0 else {
      let problem = failure(errno)
      unlink(path)
      throw problem
    }
  }

  private static func failure(_ code: Int32) -> Failure {
    let expected =
      switch code {
      case ENOENT: "a file: create it, or correct the path"
      case EACCES, EPERM: "a file this user may read: check the owner and mode"
      default: "a readable file"
      }
    return Failure(found: "nothing (\(String(cString: strerror(code))))", expected: expected)
  }
}

import Glibc

/// Why a block store cannot be opened, in words that say what to do.
public enum BlockStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The quota is below the least that makes sense, both in bytes.
  case quotaTooSmall(bytes: Int, least: Int)
  /// Another process has the directory open; its id where the lock file says.
  case inUse(directory: String, pid: Int32?)
  /// The operating system refused: which operation, on which path, with which errno.
  case refused(operation: String, path: String, errno: Int32)

  /// What is wrong, and what to do about it.
  public var description: String {
    switch self {
    case .quotaTooSmall(let bytes, let least):
      return "a cache of \(bytes) bytes is too small: set cache.bytes to \(least) or more"
    case .inUse(let directory, let pid):
      let who = pid.map { "process \($0)" } ?? "another process"
      return "\(directory): \(who) uses this cache: stop it, or set cache.path to another directory"
    case .refused(let operation, let path, let code):
      let reason = String(cString: strerror(code))
      return "\(path): \(operation): \(reason): \(Self.advice(path: path, code: code))"
    }
  }

  private static func advice(path: String, code: Int32) -> String {
    switch code {
    case EACCES, EPERM:
      return "give the directory and what is in it to the daemon's user (uid \(geteuid())), "
        + "mode 0700, or set cache.path to another directory"
    case ENOENT: return "create the directory above it, or set cache.path to another directory"
    case ENOTDIR, EEXIST: return "set cache.path to a directory that holds nothing else"
    case EROFS: return "mount the file system writable, or set cache.path to another directory"
    case ENOSPC, EDQUOT: return "free some space, or set cache.path to another file system"
    case EMFILE, ENFILE: return "raise the limit of open files (LimitNOFILE= in the unit)"
    default: return "check the disk, or set cache.path to another file system"
    }
  }
}

import Glibc
import NFSv4

/// A failed system call.
struct Errno: Error, Equatable {
  let code: Int32

  init(_ code: Int32) { self.code = code }

  /// The kernel's words for it.
  var text: String { String(cString: strerror(code)) }
}

extension Nfsstat4 {
  /// What a client is told when a system call on the exported files failed.
  ///
  /// Exhaustion that passes (memory, descriptors, a busy object) is NFS4ERR_DELAY, so that the
  /// client asks again; what has no counterpart is NFS4ERR_IO.
  init(_ error: Errno) {
    self =
      switch error.code {
      case EPERM: .NFS4ERR_PERM
      case ENOENT: .NFS4ERR_NOENT
      case ENXIO, ENODEV: .NFS4ERR_NXIO
      case EACCES: .NFS4ERR_ACCESS
      case EEXIST: .NFS4ERR_EXIST
      case EXDEV: .NFS4ERR_XDEV
      case ENOTDIR: .NFS4ERR_NOTDIR
      case EISDIR: .NFS4ERR_ISDIR
      case EINVAL, EDOM: .NFS4ERR_INVAL
      case EFBIG, EOVERFLOW: .NFS4ERR_FBIG
      case ENOSPC: .NFS4ERR_NOSPC
      case EROFS: .NFS4ERR_ROFS
      case EMLINK: .NFS4ERR_MLINK
      case ENAMETOOLONG: .NFS4ERR_NAMETOOLONG
      case ENOTEMPTY: .NFS4ERR_NOTEMPTY
      case EDQUOT: .NFS4ERR_DQUOT
      case ESTALE: .NFS4ERR_STALE
      case ELOOP: .NFS4ERR_SYMLINK
      case EOPNOTSUPP, ENOSYS: .NFS4ERR_NOTSUPP
      case EAGAIN, EINTR, ENOMEM, EMFILE, ENFILE, ENOBUFS, EBUSY, ETIMEDOUT: .NFS4ERR_DELAY
      // A program that is being executed here.
      case ETXTBSY: .NFS4ERR_SHARE_DENIED
      default: .NFS4ERR_IO
      }
  }
}

import CLinux
import Glibc
public import NFSServer
public import NFSv4

/// Byte-range locks, taken on the exported file as well: so they hold against processes of this
/// host, and theirs against clients.
///
/// Each lock-owner has an open file description of its own on each file it locks, and the kernel
/// keeps its locks (`F_OFD_SETLK`): it splits, joins and changes them as the RFC wants, two owners
/// are in each other's way, and all locks go when the description is closed.
extension PosixTree {
  public func rangeLocks(on file: PosixFile) throws(Nfsstat4) -> PosixRangeLocks {
    let flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    // For both kinds at once: an owner whose open is extended later keeps its description.
    do {
      if file.backing.export.definition.isWritable {
        return PosixRangeLocks(
          try reopen(file.backing.descriptor, flags: O_RDWR | flags, as: nil))
      }
    } catch {
      let passing: [Nfsstat4] = [
        .NFS4ERR_ACCESS, .NFS4ERR_PERM, .NFS4ERR_ROFS, .NFS4ERR_SHARE_DENIED,
      ]
      guard passing.contains(error) else { throw error }
    }
    return PosixRangeLocks(
      try reopen(file.backing.descriptor, flags: O_RDONLY | flags, as: nil))
  }

  public func lock(
    _ range: LockRange, isExclusive: Bool, _ locks: PosixRangeLocks
  ) throws(Nfsstat4) -> RangeConflict? {
    let wanted = try Self.lock(range, isExclusive ? F_WRLCK : F_RDLCK)
    // Whoever was in the way may be gone when he is asked for.
    for _ in 0..<8 {
      do throws(Errno) {
        try Linux.setLock(locks.descriptor, wanted)
        return nil
      } catch {
        switch error.code {
        case EAGAIN, EACCES: break
        case EBADF: throw .NFS4ERR_OPENMODE
        case ENOLCK: throw .NFS4ERR_DELAY
        case EOVERFLOW, EINVAL: throw .NFS4ERR_BAD_RANGE
        default: throw Nfsstat4(error)
        }
      }
      if let conflict = try conflict(wanted, locks) { return conflict }
    }
    throw .NFS4ERR_DELAY
  }

  public func conflict(
    with range: LockRange, isExclusive: Bool, _ locks: PosixRangeLocks
  ) throws(Nfsstat4) -> RangeConflict? {
    try conflict(try Self.lock(range, isExclusive ? F_WRLCK : F_RDLCK), locks)
  }

  public func unlock(_ range: LockRange, _ locks: PosixRangeLocks) throws(Nfsstat4) {
    let wanted = try Self.lock(range, F_UNLCK)
    do throws(Errno) {
      try Linux.setLock(locks.descriptor, wanted)
    } catch {
      throw error.code == ENOLCK ? .NFS4ERR_DELAY : Nfsstat4(error)
    }
  }

  private func conflict(
    _ wanted: clinux_lock, _ locks: PosixRangeLocks
  ) throws(Nfsstat4) -> RangeConflict? {
    do throws(Errno) {
      guard let found = try Linux.lockInTheWay(locks.descriptor, of: wanted) else { return nil }
      return RangeConflict(
        range: LockRange(
          offset: UInt64(max(0, found.start)),
          count: found.bytes == 0 ? .max : UInt64(clamping: found.bytes)),
        isExclusive: Int32(found.type) == F_WRLCK, processID: found.pid > 0 ? found.pid : nil)
    } catch {
      throw Nfsstat4(error)
    }
  }

  /// - Throws: NFS4ERR_INVAL for 0 bytes and for a range that ends beyond 2^64 bytes,
  ///   NFS4ERR_BAD_RANGE for one that ends beyond 2^63.
  private static func lock(_ range: LockRange, _ type: Int32) throws(Nfsstat4) -> clinux_lock {
    guard range.count > 0, range.count == .max || range.count <= .max - range.offset else {
      throw .NFS4ERR_INVAL
    }
    guard let start = Int64(exactly: range.offset) else { throw .NFS4ERR_BAD_RANGE }
    var lock = clinux_lock()
    lock.start = start
    lock.type = Int16(type)
    if range.count != .max {
      guard range.count <= UInt64(Int64.max - start) else { throw .NFS4ERR_BAD_RANGE }
      lock.bytes = Int64(range.count)
    }
    return lock
  }
}

import CLinux
import Glibc
import NFSv4

/// System calls that change files. Objects are descriptors, or single names in a directory that no
/// link is followed at.
extension Linux {
  /// - Parameter mode: the umask of the process is taken from it.
  static func create(
    _ name: [UInt8], in directory: borrowing Descriptor, mode: UInt32
  ) throws(Errno) -> Descriptor {
    let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    return Descriptor(
      try check(withCString(name) { clinux_openat_mode(directory.number, $0, flags, mode) }))
  }

  /// A file without a name on the directory's file system, with what new files inherit there.
  static func createNameless(
    in directory: borrowing Descriptor, mode: UInt32
  ) throws(Errno) -> Descriptor {
    let flags = clinux_tmpfile_flag() | O_RDWR | O_NONBLOCK | O_CLOEXEC
    return Descriptor(try check(clinux_openat_mode(directory.number, ".", flags, mode)))
  }

  static func makeDirectory(
    _ name: [UInt8], in directory: borrowing Descriptor, mode: UInt32
  ) throws(Errno) {
    _ = try check(withCString(name) { clinux_mkdirat(directory.number, $0, mode) })
  }

  /// - Parameter mode: with the type.
  static func makeNode(
    _ name: [UInt8], in directory: borrowing Descriptor, mode: UInt32, device: Specdata4
  ) throws(Errno) {
    _ = try check(
      withCString(name) {
        clinux_mknodat(directory.number, $0, mode, device.specdata1, device.specdata2)
      })
  }

  static func makeLink(
    _ name: [UInt8], in directory: borrowing Descriptor, text: [UInt8]
  ) throws(Errno) {
    _ = try check(
      withCString(name) { name in
        withCString(text) { clinux_symlinkat($0, directory.number, name) }
      })
  }

  /// Gives the object behind a descriptor another name.
  /// - Parameter descriptors: `/proc/self/fd`.
  static func link(
    _ descriptor: borrowing Descriptor, as name: [UInt8], in directory: borrowing Descriptor,
    descriptors: borrowing Descriptor
  ) throws(Errno) {
    let flags = Int32(CLINUX_AT_SYMLINK_FOLLOW)
    _ = try check(
      withCString(name) {
        clinux_linkat(
          descriptors.number, "\(descriptor.number)", directory.number, $0, flags)
      })
  }

  static func remove(
    _ name: [UInt8], in directory: borrowing Descriptor, isDirectory: Bool
  ) throws(Errno) {
    let flags = isDirectory ? Int32(CLINUX_AT_REMOVEDIR) : 0
    _ = try check(withCString(name) { clinux_unlinkat(directory.number, $0, flags) })
  }

  static func rename(
    _ name: [UInt8], in directory: borrowing Descriptor, to newName: [UInt8],
    in newDirectory: borrowing Descriptor
  ) throws(Errno) {
    _ = try check(
      withCString(name) { name in
        withCString(newName) {
          clinux_renameat(directory.number, name, newDirectory.number, $0)
        }
      })
  }

  // MARK: Attributes

  /// - Parameters:
  ///   - uid: nil leaves it as it is.
  ///   - gid: nil leaves it as it is.
  static func setOwner(
    of descriptor: borrowing Descriptor, uid: UInt32?, gid: UInt32?
  ) throws(Errno) {
    _ = try check(clinux_chown(descriptor.number, uid ?? .max, gid ?? .max))
  }

  /// - Parameter descriptors: `/proc/self/fd`.
  static func setMode(
    of descriptor: borrowing Descriptor, to mode: UInt32, descriptors: borrowing Descriptor
  ) throws(Errno) {
    _ = try check(clinux_chmodat(descriptors.number, "\(descriptor.number)", mode))
  }

  /// A time as utimensat takes it.
  enum NewTime: Hashable {
    case unchanged
    case now
    case at(seconds: Int64, nanoseconds: UInt32)

    fileprivate var parts: (Int64, UInt32) {
      switch self {
      case .unchanged: (0, UInt32(CLINUX_UTIME_OMIT))
      case .now: (0, UInt32(CLINUX_UTIME_NOW))
      case .at(let seconds, let nanoseconds): (seconds, nanoseconds)
      }
    }
  }

  /// Sets times, and with them the time of the last change.
  static func setTimes(
    of descriptor: borrowing Descriptor, access: NewTime, modify: NewTime
  ) throws(Errno) {
    let (atime, mtime) = (access.parts, modify.parts)
    _ = try check(clinux_utimens(descriptor.number, atime.0, atime.1, mtime.0, mtime.1))
  }

  /// - Parameter descriptor: open for writing.
  static func setSize(of descriptor: borrowing Descriptor, to size: Int64) throws(Errno) {
    _ = try retrying { clinux_ftruncate(descriptor.number, size) }
  }

  // MARK: Content

  /// Writes all of `data`, unless something fails halfway.
  /// - Parameter isStable: not before it is on stable storage.
  /// - Returns: bytes written; throws only if there are none.
  static func write(
    _ descriptor: borrowing Descriptor, at offset: Int64, _ data: UnsafeRawBufferPointer,
    isStable: Bool
  ) throws(Errno) -> Int {
    let flags = isStable ? Int32(CLINUX_RWF_SYNC) : 0
    var count = 0
    while count < data.count {
      let result = clinux_pwrite(
        descriptor.number, data.baseAddress.map { $0 + count }, data.count - count,
        offset + Int64(count), flags)
      if result == -Int(EINTR) { continue }
      if result < 0 { if count > 0 { break } else { throw Errno(Int32(-result)) } }
      // Never so for a regular file: no endless loop even then.
      if result == 0 { if count > 0 { break } else { throw Errno(EIO) } }
      count += result
    }
    return count
  }

  /// Puts content and attributes on stable storage.
  static func synchronize(_ descriptor: borrowing Descriptor) throws(Errno) {
    _ = try retrying { clinux_fsync(descriptor.number) }
  }

  /// The next byte of data (or of a hole) at or after an offset.
  static func seek(
    _ descriptor: borrowing Descriptor, toHole: Bool, from offset: Int64
  ) throws(Errno) -> Int64 {
    let whence = Int32(toHole ? CLINUX_SEEK_HOLE : CLINUX_SEEK_DATA)
    let result = clinux_seek(descriptor.number, offset, whence)
    guard result >= 0 else { throw Errno(Int32(-result)) }
    return result
  }

  /// Gives a range space, and the file the size that it takes.
  static func allocate(
    _ descriptor: borrowing Descriptor, at offset: Int64, count: Int64
  ) throws(Errno) {
    _ = try retrying { clinux_fallocate(descriptor.number, 0, offset, count) }
  }

  /// Makes a hole. The size stays.
  static func deallocate(
    _ descriptor: borrowing Descriptor, at offset: Int64, count: Int64
  ) throws(Errno) {
    let mode = Int32(CLINUX_FALLOC_FL_PUNCH_HOLE | CLINUX_FALLOC_FL_KEEP_SIZE)
    _ = try retrying { clinux_fallocate(descriptor.number, mode, offset, count) }
  }

  /// - Returns: bytes copied; 0 at the source's end.
  static func copy(
    from source: borrowing Descriptor, at sourceOffset: Int64, to target: borrowing Descriptor,
    at targetOffset: Int64, count: Int
  ) throws(Errno) -> Int {
    while true {
      let result = clinux_copy_range(
        source.number, sourceOffset, target.number, targetOffset, count)
      if result == -Int(EINTR) { continue }
      guard result >= 0 else { throw Errno(Int32(-result)) }
      return result
    }
  }

  /// - Parameter count: 0: up to the source's end.
  static func clone(
    from source: borrowing Descriptor, at sourceOffset: UInt64, to target: borrowing Descriptor,
    at targetOffset: UInt64, count: UInt64
  ) throws(Errno) {
    _ = try retrying {
      clinux_clone_range(source.number, sourceOffset, count, target.number, targetOffset)
    }
  }

  private static func retrying(_ call: () -> Int32) throws(Errno) -> Int32 {
    while true {
      let result = call()
      if result != -EINTR { return try check(result) }
    }
  }

  // MARK: Locks

  /// Takes (or with `F_UNLCK` gives back) a lock for the open file description, or fails with
  /// EAGAIN.
  static func setLock(
    _ descriptor: borrowing Descriptor, _ lock: clinux_lock
  ) throws(Errno) {
    var lock = lock
    _ = try check(clinux_set_lock(descriptor.number, &lock))
  }

  /// The first lock in the way; nil: none.
  static func lockInTheWay(
    _ descriptor: borrowing Descriptor, of lock: clinux_lock
  ) throws(Errno) -> clinux_lock? {
    var lock = lock
    _ = try check(clinux_get_lock(descriptor.number, &lock))
    return Int32(lock.type) == F_UNLCK ? nil : lock
  }

  // MARK: Extended attributes, by the kernel's names

  private static func path(_ descriptor: borrowing Descriptor) -> String {
    "/proc/self/fd/\(descriptor.number)"
  }

  /// The longest value and the longest list of names that the kernel has.
  private static let attributeLimitBytes = 65_536

  static func extendedAttribute(
    _ name: [UInt8], of descriptor: borrowing Descriptor
  ) throws(Errno) -> [UInt8] {
    let path = path(descriptor)
    return try filling { room, bytes in
      withCString(name) { clinux_getxattr(path, $0, room, bytes) }
    }
  }

  static func setExtendedAttribute(
    _ name: [UInt8], of descriptor: borrowing Descriptor, to value: UnsafeRawBufferPointer,
    flags: Int32
  ) throws(Errno) {
    let path = path(descriptor)
    _ = try check(
      withCString(name) {
        clinux_setxattr(path, $0, value.baseAddress, value.count, flags)
      })
  }

  static func removeExtendedAttribute(
    _ name: [UInt8], of descriptor: borrowing Descriptor
  ) throws(Errno) {
    let path = path(descriptor)
    _ = try check(withCString(name) { clinux_removexattr(path, $0) })
  }

  /// All names, in the kernel's order.
  static func extendedAttributes(of descriptor: borrowing Descriptor) throws(Errno) -> [[UInt8]] {
    let path = path(descriptor)
    let list = try filling { room, bytes in
      clinux_listxattr(path, room?.assumingMemoryBound(to: CChar.self), bytes)
    }
    return list.split(separator: 0).map(Array.init)
  }

  private static func filling(
    _ call: (UnsafeMutableRawPointer?, Int) -> Int
  ) throws(Errno) -> [UInt8] {
    // Most are short: the stack's worth first.
    for limitBytes in [256, attributeLimitBytes] {
      var result = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: limitBytes) { room, count in
        result = call(UnsafeMutableRawPointer(room.baseAddress), limitBytes)
        count = max(0, result)
      }
      if result >= 0 { return bytes }
      if result != -Int(ERANGE) { throw Errno(Int32(-result)) }
    }
    throw Errno(ERANGE)
  }
}

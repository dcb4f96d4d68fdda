import CLinux
import Glibc
import NFSv4

/// An open descriptor, closed when nobody holds it any more.
final class Descriptor: Sendable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { _ = close(number) }
}

/// What statx tells about an object.
typealias FileStatus = clinux_statx

extension clinux_statx {
  static let typeMask: UInt16 = 0o170000

  /// The protocol's name for the object's type; nil for what no NFS client could use.
  var type: NfsFtype4? {
    switch mode & Self.typeMask {
    case 0o100000: .NF4REG
    case 0o040000: .NF4DIR
    case 0o120000: .NF4LNK
    case 0o060000: .NF4BLK
    case 0o020000: .NF4CHR
    case 0o010000: .NF4FIFO
    case 0o140000: .NF4SOCK
    default: nil
    }
  }

  var isDirectory: Bool { mode & Self.typeMask == 0o040000 }

  /// Device number as one value: for comparing only.
  var device: UInt64 { UInt64(dev_major) << 32 | UInt64(dev_minor) }
}

/// System calls with typed errors. Names are bytes without NUL, which the callers have checked.
enum Linux {
  static let pathFlag = Int32(CLINUX_O_PATH)
  static let noAccessTimeFlag = Int32(CLINUX_O_NOATIME)
  static let pathFlags = pathFlag | O_NOFOLLOW | O_CLOEXEC
  static let statusMask =
    UInt32(CLINUX_STATX_BASIC_STATS) | UInt32(CLINUX_STATX_BTIME)
    | UInt32(CLINUX_STATX_MNT_ID)
  static let mountMask = UInt32(CLINUX_STATX_MNT_ID)
  private static let emptyPath = Int32(CLINUX_AT_EMPTY_PATH)
  private static let statusFlags =
    Int32(CLINUX_AT_SYMLINK_NOFOLLOW) | Int32(CLINUX_AT_NO_AUTOMOUNT)

  /// Opens a single name, or a path, below a directory. Never creates.
  static func open(
    _ name: [UInt8], in directory: borrowing Descriptor, flags: Int32
  ) throws(Errno) -> Descriptor {
    let result = withCString(name) { clinux_openat(directory.number, $0, flags) }
    return Descriptor(try check(result))
  }

  /// Opens an absolute path that the configuration names, following links.
  static func open(path: String, flags: Int32) throws(Errno) -> Descriptor {
    Descriptor(try check(clinux_openat(Int32(CLINUX_AT_FDCWD), path, flags)))
  }

  /// Opens a path below a directory without ever leaving it or following a link on the way.
  static func openBeneath(
    _ path: [UInt8], in directory: borrowing Descriptor
  ) throws(Errno) -> Descriptor {
    let resolve =
      UInt64(CLINUX_RESOLVE_BENEATH) | UInt64(CLINUX_RESOLVE_NO_SYMLINKS)
      | UInt64(CLINUX_RESOLVE_NO_MAGICLINKS)
    var result: Int32 = 0
    // EAGAIN: a rename somewhere made the kernel unsure whether ".." was safe.
    for _ in 0..<8 {
      result = withCString(path) {
        clinux_openat2(directory.number, $0, UInt64(UInt32(pathFlags)), resolve)
      }
      if result != -EAGAIN { break }
    }
    return Descriptor(try check(result))
  }

  /// The status of an open object.
  static func status(of descriptor: borrowing Descriptor) throws(Errno) -> FileStatus {
    var status = FileStatus()
    _ = try check(clinux_statx(descriptor.number, "", emptyPath, statusMask, &status))
    return status
  }

  /// The status of a directory's entry, not followed if it is a link.
  static func status(
    of name: UnsafePointer<CChar>, in directory: borrowing Descriptor
  ) throws(Errno) -> FileStatus {
    var status = FileStatus()
    _ = try check(clinux_statx(directory.number, name, statusFlags, statusMask, &status))
    return status
  }

  /// The status of the file system an object is on.
  static func fileSystemStatus(
    of descriptor: borrowing Descriptor
  ) throws(Errno) -> clinux_statfs {
    var status = clinux_statfs()
    _ = try check(clinux_fstatfs(descriptor.number, &status))
    return status
  }

  /// The most hard links that a file may have.
  static func linkLimit(_ descriptor: borrowing Descriptor) -> UInt32 {
    let limit = fpathconf(descriptor.number, Int32(_PC_LINK_MAX))
    return limit > 0 ? UInt32(clamping: limit) : 255
  }

  /// The kernel's handle of an object, if it has one of at most `limitBytes`.
  ///
  /// - Parameter name: an entry of the directory `descriptor`; nil: the object itself.
  /// - Returns: the handle and the id of the mount it is on.
  static func handle(
    of descriptor: borrowing Descriptor, name: UnsafePointer<CChar>? = nil, limitBytes: Int
  ) throws(Errno) -> (type: Int32, bytes: [UInt8], mountID: Int32) {
    var handle = clinux_handle()
    handle.bytes = UInt32(limitBytes)
    var mountID: Int32 = 0
    let result =
      if let name {
        clinux_name_to_handle(descriptor.number, name, &handle, &mountID, 0)
      } else {
        clinux_name_to_handle(descriptor.number, "", &handle, &mountID, emptyPath)
      }
    _ = try check(result)
    let count = min(Int(handle.bytes), limitBytes)
    let bytes = withUnsafeBytes(of: &handle.data) { Array($0.prefix(count)) }
    return (handle.type, bytes, mountID)
  }

  /// Opens an object by the kernel's handle.
  static func open(
    handleType: Int32, bytes: some Collection<UInt8>, mount: borrowing Descriptor
  ) throws(Errno) -> Descriptor {
    var handle = clinux_handle()
    guard bytes.count <= Int(CLINUX_HANDLE_LIMIT_BYTES) else { throw Errno(EINVAL) }
    handle.bytes = UInt32(bytes.count)
    handle.type = handleType
    withUnsafeMutableBytes(of: &handle.data) { $0.copyBytes(from: bytes) }
    return Descriptor(try check(clinux_open_by_handle(mount.number, &handle, pathFlags)))
  }

  /// Whether the calling thread's file system identity may access the object.
  /// - Parameter mode: of `R_OK`, `W_OK`, `X_OK`.
  /// - Throws: EROFS for `W_OK` where nobody may write.
  static func isAccessible(_ descriptor: borrowing Descriptor, mode: Int32) throws(Errno) -> Bool {
    let flags = Int32(CLINUX_AT_EACCESS) | emptyPath
    let result = clinux_faccessat2(descriptor.number, "", mode, flags)
    switch result {
    case 0: return true
    case -EACCES, -EPERM: return false
    default:
      _ = try check(result)
      return true
    }
  }

  /// The text of a symbolic link opened by `O_PATH | O_NOFOLLOW`.
  static func linkText(of descriptor: borrowing Descriptor) throws(Errno) -> [UInt8] {
    try linkText("", in: descriptor.number)
  }

  /// The text of the link `name`. Texts of 4,096 bytes and more are ENAMETOOLONG.
  static func linkText(_ name: String, in directory: Int32) throws(Errno) -> [UInt8] {
    let room = 4097
    var result = 0
    let text = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      result = clinux_readlinkat(directory, name, buffer.baseAddress, room)
      count = max(result, 0)
    }
    guard result >= 0 else { throw Errno(Int32(-result)) }
    guard result < room else { throw Errno(ENAMETOOLONG) }
    return text
  }

  /// Reads at an offset; fewer bytes than asked for only at the end of the file.
  static func read(
    _ descriptor: borrowing Descriptor, at offset: Int64, into room: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    var count = 0
    while count < room.count {
      let result = clinux_pread(
        descriptor.number, room.baseAddress.map { $0 + count }, room.count - count,
        offset + Int64(count))
      if result == -Int(EINTR) { continue }
      if result < 0 { if count > 0 { break } else { throw Errno(Int32(-result)) } }
      if result == 0 { break }
      count += result
    }
    return count
  }

  /// Reads what the page cache holds; nil where the disk would have to be waited for.
  static func readCached(
    _ descriptor: borrowing Descriptor, at offset: Int64, into room: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int? {
    let result = clinux_pread_nowait(descriptor.number, room.baseAddress, room.count, offset)
    switch result {
    case -Int(EAGAIN), -Int(EOPNOTSUPP), -Int(ENOSYS), -Int(EINTR): return nil
    case ..<0: throw Errno(Int32(-result))
    default: return result
    }
  }

  /// Reads directory records; 0 at the end.
  static func readEntries(
    _ descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    let result = clinux_getdents(descriptor.number, buffer.baseAddress, buffer.count)
    guard result >= 0 else { throw Errno(Int32(-result)) }
    return result
  }

  static func seek(_ descriptor: borrowing Descriptor, to offset: Int64) throws(Errno) {
    guard lseek(descriptor.number, off_t(offset), SEEK_SET) >= 0 else { throw Errno(errno) }
  }

  static func withCString<R>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: name.count + 1) { buffer in
      for index in name.indices { buffer[index] = CChar(bitPattern: name[index]) }
      buffer[name.count] = 0
      // The allocation holds at least the terminating NUL, so it has an address.
      return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
    }
  }

  static func check(_ result: Int32) throws(Errno) -> Int32 {
    guard result >= 0 else { throw Errno(-result) }
    return result
  }
}

/// One record of `getdents64` in a buffer.
struct DirectoryRecord {
  /// The entry's own inode: below a mount point, that of the covered directory.
  let ino: UInt64
  /// Where the next record is read from, as `lseek` takes it.
  let nextOffset: Int64
  let name: UnsafePointer<CChar>
  let nameLength: Int
  let recordLength: Int

  /// - Returns: nil if no complete record lies at `offset`.
  init?(_ buffer: UnsafeRawBufferPointer, at offset: Int) {
    let nameOffset = Int(CLINUX_DIRENT_NAME)
    guard let base = buffer.baseAddress, buffer.count - offset > nameOffset else { return nil }
    let record = base + offset
    ino = record.loadUnaligned(as: UInt64.self)
    nextOffset = record.loadUnaligned(
      fromByteOffset: Int(CLINUX_DIRENT_OFF), as: Int64.self)
    recordLength = Int(
      record.loadUnaligned(fromByteOffset: Int(CLINUX_DIRENT_RECLEN), as: UInt16.self))
    guard recordLength > nameOffset, recordLength <= buffer.count - offset else { return nil }
    name = (record + nameOffset).assumingMemoryBound(to: CChar.self)
    nameLength = strnlen(name, recordLength - nameOffset)
  }

  /// Whether this is `.` or `..`.
  var isDot: Bool {
    let dot = CChar(UInt8(ascii: "."))
    return nameLength == 1 && name[0] == dot
      || nameLength == 2 && name[0] == dot && name[1] == dot
  }

  var nameBytes: [UInt8] {
    Array(UnsafeRawBufferPointer(start: name, count: nameLength))
  }
}

/// Raises the limit of open descriptors to what the system allows this process.
///
/// Each object in the cache, each open file and each connection takes one. To be called once at
/// the start of the program.
/// - Returns: the limit in force.
@discardableResult
public func raiseDescriptorLimit() -> UInt64 {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
  if limit.rlim_cur < limit.rlim_max {
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
  }
  return UInt64(limit.rlim_cur)
}

import BlockCache
import Glibc
import Logging
import NIOCore
import Synchronization

@testable import PeerServer

/// A directory of its own for one test, deleted with it.
final class ScratchDirectory: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/p2pnfs-blockstore-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
  }

  deinit { Self.delete(path) }

  /// The path of a cache below it that does not exist yet.
  var cache: String { path + "/cache" }

  /// The files of a directory with their sizes in bytes.
  static func files(_ path: String) -> [String: Int] {
    var found: [String: Int] = [:]
    guard let stream = opendir(path) else { return [:] }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      if stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
        found[name] = Int(status.st_size)
      }
    }
    return found
  }

  /// A copy of the cache as it lies on disk now: what a process killed now leaves behind.
  func snapshot(_ name: String) -> String {
    let target = "\(path)/\(name)"
    mkdir(target, 0o700)
    for (name, _) in Self.files(cache) where name != "lock" {
      Self.write(Self.read("\(cache)/\(name)"), to: "\(target)/\(name)")
    }
    return target
  }

  static func read(_ path: String) -> ByteBuffer {
    guard let file = try? OpenFile(path: path, flags: O_RDONLY),
      let byteCount = try? file.byteCount(),
      let bytes = try? SystemBlockFileIO().read(byteCount, from: file.descriptor, at: 0)
    else { return ByteBuffer() }
    return bytes
  }

  static func write(_ bytes: ByteBuffer, to path: String) {
    guard let file = try? OpenFile(path: path, flags: O_WRONLY | O_CREAT | O_TRUNC) else { return }
    try? SystemBlockFileIO().write(bytes, ByteBuffer(), to: file.descriptor, at: 0)
  }

  static func delete(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { delete("\(path)/\(name)") }
      }
      closedir(stream)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// A file system of 2 MiB, where this process may mount one; gone with its last reference.
final class SmallFileSystem: Sendable {
  let path: String

  init?() {
    var template = Array("/tmp/p2pnfs-small-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { return nil }
    path = String(cString: made)
    guard mount("tmpfs", path, "tmpfs", 0, "size=2m") == 0 else {
      rmdir(path)
      return nil
    }
  }

  deinit {
    umount2(path, CInt(MNT_DETACH))
    rmdir(path)
  }
}

/// Files that fail when they are told to.
final class FailingBlockFileIO: BlockFileIO {
  let system = SystemBlockFileIO()
  /// With which errno every write fails, 0 for none.
  let writeErrno = Atomic<CInt>(0)
  /// With which errno every read fails, 0 for none.
  let readErrno = Atomic<CInt>(0)
  /// How many bytes of a failing write reach the file before.
  let tornBytes = Atomic<Int>(0)
  /// With which errno a file cannot be cut off, 0 for none.
  let truncateErrno = Atomic<CInt>(0)
  let reportedFreeBytes = Atomic<Int>(.max)
  let writeCount = Atomic<Int>(0)

  func write(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: CInt, at offset: Int
  ) throws(BlockFileError) {
    writeCount.wrappingAdd(1, ordering: .relaxed)
    let code = writeErrno.load(ordering: .relaxed)
    guard code != 0 else { return try system.write(header, payload, to: file, at: offset) }
    var whole = header
    whole.writeImmutableBuffer(payload)
    let torn = min(tornBytes.load(ordering: .relaxed), whole.readableBytes)
    let part = whole.getSlice(at: whole.readerIndex, length: torn) ?? ByteBuffer()
    try system.write(part, ByteBuffer(), to: file, at: offset)
    throw BlockFileError(operation: "pwritev", errno: code)
  }

  func read(_ byteCount: Int, from file: CInt, at offset: Int) throws(BlockFileError) -> ByteBuffer
  {
    let code = readErrno.load(ordering: .relaxed)
    guard code == 0 else { throw BlockFileError(operation: "pread", errno: code) }
    return try system.read(byteCount, from: file, at: offset)
  }

  func truncate(_ file: CInt, to offset: Int) throws(BlockFileError) {
    let code = truncateErrno.load(ordering: .relaxed)
    guard code == 0 else { throw BlockFileError(operation: "ftruncate", errno: code) }
    try system.truncate(file, to: offset)
  }

  func freeBytes(of file: CInt) throws(BlockFileError) -> Int {
    min(reportedFreeBytes.load(ordering: .relaxed), try system.freeBytes(of: file))
  }
}

/// Counts what is logged, by level.
struct CountingLogHandler: LogHandler {
  final class Counts: Sendable {
    let warnings = Atomic<Int>(0)
  }

  let counts: Counts
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    if event.level >= .warning { counts.warnings.wrappingAdd(1, ordering: .relaxed) }
  }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A key of file number `file`, version `change`, block `index`.
func key(_ file: UInt64, _ index: UInt32 = 0, change: UInt64 = 1) -> BlockKey {
  BlockKey(
    version: FileVersion(file: FileID(high: ~file, low: file), change: change), index: index)
}

/// A mebibyte that does not compress.
private let noise: ByteBuffer = {
  var state: UInt64 = 1
  var buffer = ByteBufferAllocator().buffer(capacity: 1 << 20)
  for _ in 0..<1 << 17 {
    state = (state &+ 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
    buffer.writeInteger(state ^ state >> 29)
  }
  return buffer
}()

/// Bytes that belong to one key only: its name, then noise for odd files and zeros for even ones.
func plain(_ key: BlockKey, _ byteCount: Int) -> ByteBuffer {
  var buffer = ByteBuffer(string: "\(key.version.file.low) \(key.version.change) \(key.index)\n")
  let rest = max(0, byteCount - buffer.readableBytes)
  if key.version.file.low % 2 == 1, let tail = noise.getSlice(at: 0, length: rest) {
    buffer.writeImmutableBuffer(tail)
  } else {
    buffer.writeRepeatingByte(0, count: rest)
  }
  return buffer
}

func block(_ key: BlockKey, _ byteCount: Int = 20_000) -> StoredBlock {
  StoredBlock.packing(plain(key, byteCount))
}

extension BlockStore {
  /// Stores what `block(_:_:)` gives for `key`.
  func put(_ key: BlockKey, _ byteCount: Int = 20_000) {
    enqueue(block(key, byteCount), for: key)
  }

  /// Waits until nothing waits to be written any more.
  func flush() {
    while statistics.waitingBytes > 0 { checkpoint() }
    checkpoint()
  }
}

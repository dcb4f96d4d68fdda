import CLinux
import Glibc
import NIOCore
import Synchronization

/// Appends to a segment around the operating system's page cache (O_DIRECT): what is written was
/// just received and is in RAM already, and a copy of everything in the page cache costs the node
/// as much memory as it costs time.
///
/// Such writes are of whole pages. The page that a record ends in is remembered, and written again
/// with the next one; behind the last record it is zeros, as they are where a scan ends.
///
/// Used by one thread at a time; a lock keeps it honest.
final class DirectTail: Sendable {
  /// What is written begins and ends where a page does.
  static let pageBytes = 4096

  private struct State {
    /// The segment, opened once more; nil: not yet, or not possible.
    var descriptor: CInt?
    var isPossible = true
    /// Where the last record ends, and what its page holds before that.
    var end = -1
    var bytes: [UInt8] = []
  }

  private let state = Mutex(State())

  deinit {
    state.withLock { state in
      if let descriptor = state.descriptor { close(descriptor) }
    }
  }

  /// The bytes from `offset` on are not what they were.
  func forget(from offset: Int) {
    state.withLock { state in
      if offset >= state.end - state.bytes.count { state.end = -1 }
    }
  }

  /// Writes a record behind what is there.
  /// - Parameters:
  ///   - file: the segment, open for reading and writing.
  ///   - scratch: where pages are put together.
  /// - Returns: false: this file system does not write so, and nothing was written.
  func append(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: CInt, at offset: Int,
    scratch: inout PageBuffer
  ) throws(BlockFileError) -> Bool {
    try state.withLock { state throws(BlockFileError) in
      guard let descriptor = Self.open(file, &state) else { return false }
      let headBytes = offset % Self.pageBytes
      let start = offset - headBytes
      let recordBytes = header.readableBytes + payload.readableBytes
      let usedBytes = headBytes + recordBytes
      let writtenBytes = (usedBytes + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes
      let pages = scratch.pages(byteCount: writtenBytes)
      if headBytes > 0 {
        let head = UnsafeMutableRawBufferPointer(rebasing: pages[..<headBytes])
        if state.end == offset {
          head.copyBytes(from: state.bytes)
        } else if pread(file, head.baseAddress, headBytes, start) != headBytes {
          return false
        }
      }
      header.withUnsafeReadableBytes {
        UnsafeMutableRawBufferPointer(rebasing: pages[headBytes...]).copyMemory(from: $0)
      }
      payload.withUnsafeReadableBytes {
        UnsafeMutableRawBufferPointer(rebasing: pages[(headBytes + header.readableBytes)...])
          .copyMemory(from: $0)
      }
      pages[usedBytes..<writtenBytes].initializeMemory(as: UInt8.self, repeating: 0)
      guard try Self.write(pages[..<writtenBytes], to: descriptor, at: start, &state) else {
        return false
      }
      state.end = offset + recordBytes
      state.bytes = Array(pages[(usedBytes - state.end % Self.pageBytes)..<usedBytes])
      return true
    }
  }

  private static func open(_ file: CInt, _ state: inout State) -> CInt? {
    if let descriptor = state.descriptor { return descriptor }
    guard state.isPossible else { return nil }
    let descriptor = Glibc.open(
      "/proc/self/fd/\(file)", O_WRONLY | CInt(CLINUX_O_DIRECT) | O_CLOEXEC)
    guard descriptor >= 0 else {
      state.isPossible = false
      return nil
    }
    state.descriptor = descriptor
    return descriptor
  }

  private static func write(
    _ pages: Slice<UnsafeMutableRawBufferPointer>, to descriptor: CInt, at start: Int,
    _ state: inout State
  ) throws(BlockFileError) -> Bool {
    let pages = UnsafeRawBufferPointer(rebasing: pages)
    var done = 0
    while done < pages.count {
      let rest = UnsafeRawBufferPointer(rebasing: pages[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, start + done)
      if count > 0 {
        // Part of a page: the rest of it is written again.
        done += count / pageBytes * pageBytes
        if count < pageBytes { throw BlockFileError(operation: "pwrite", errno: EIO) }
      } else if count == 0 {
        throw BlockFileError(operation: "pwrite", errno: EIO)
      } else if errno == EINVAL, done == 0 {
        state.isPossible = false
        close(descriptor)
        state.descriptor = nil
        return false
      } else if errno != EINTR {
        throw BlockFileError(operation: "pwrite", errno: errno)
      }
    }
    return true
  }
}

/// Memory that begins at the beginning of a page, kept from one write to the next: fresh pages
/// would cost more than what is put into them.
struct PageBuffer: ~Copyable {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  mutating func pages(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < byteCount {
      memory.deallocate()
      memory = .allocate(byteCount: byteCount, alignment: DirectTail.pageBytes)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
  }

  deinit { memory.deallocate() }
}

import Glibc
import NIOCore
import Synchronization

/// An operation on a file of the cache that failed.
struct BlockFileError: Error, Hashable {
  var operation: String
  var errno: CInt
}

/// What the block store asks of the files it has open; a second implementation in the tests fails
/// on demand. One dynamic call for a block, on threads that wait for a disk.
protocol BlockFileIO: Sendable {
  /// Writes `header` and `payload` at `offset`, all of both or throws.
  func write(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: CInt, at offset: Int
  ) throws(BlockFileError)
  /// Writes a record at `offset`, behind all others of a segment, as `write` does.
  /// - Parameter isHurried: the disk is behind: the operating system may take the bytes for now.
  func append(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: OpenFile, at offset: Int,
    isHurried: Bool
  ) throws(BlockFileError)
  /// Reads up to `byteCount` bytes at `offset`: fewer only at the end of the file.
  func read(_ byteCount: Int, from file: CInt, at offset: Int) throws(BlockFileError) -> ByteBuffer
  /// Cuts the file off at `offset`.
  func truncate(_ file: CInt, to offset: Int) throws(BlockFileError)
  /// What the file system of `file` has free for this process, in bytes.
  func freeBytes(of file: CInt) throws(BlockFileError) -> Int
}

extension BlockFileIO {
  func append(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: OpenFile, at offset: Int,
    isHurried: Bool
  ) throws(BlockFileError) {
    try writeThroughCache(header, payload, to: file, at: offset)
  }

  /// As `write`, in a segment that may be appended to around the page cache.
  func writeThroughCache(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: OpenFile, at offset: Int
  ) throws(BlockFileError) {
    try write(header, payload, to: file.descriptor, at: offset)
    file.tail.forget(from: offset)
  }
}

/// The operating system's files.
final class SystemBlockFileIO: BlockFileIO {
  private let scratch = Mutex(PageBuffer())

  func append(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: OpenFile, at offset: Int,
    isHurried: Bool
  ) throws(BlockFileError) {
    if !isHurried {
      let isWritten = try scratch.withLock { scratch throws(BlockFileError) in
        try file.tail.append(
          header, payload, to: file.descriptor, at: offset, scratch: &scratch)
      }
      if isWritten { return }
    }
    try writeThroughCache(header, payload, to: file, at: offset)
  }

  func write(
    _ header: ByteBuffer, _ payload: ByteBuffer, to file: CInt, at offset: Int
  ) throws(BlockFileError) {
    let byteCount = header.readableBytes + payload.readableBytes
    var done = 0
    while done < byteCount {
      let written = header.withUnsafeReadableBytes { first in
        payload.withUnsafeReadableBytes { second in
          Self.writeOnce(first, second, skipping: done, to: file, at: offset + done)
        }
      }
      if written > 0 {
        done += written
      } else if written == 0 {
        throw BlockFileError(operation: "pwritev", errno: EIO)
      } else if errno != EINTR {
        throw BlockFileError(operation: "pwritev", errno: errno)
      }
    }
  }

  private static func writeOnce(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, skipping done: Int,
    to file: CInt, at offset: Int
  ) -> Int {
    let head = UnsafeMutableRawBufferPointer(
      mutating: UnsafeRawBufferPointer(rebasing: first.dropFirst(done)))
    let tail = UnsafeMutableRawBufferPointer(
      mutating: UnsafeRawBufferPointer(rebasing: second.dropFirst(max(0, done - first.count))))
    let vectors = [
      iovec(iov_base: head.baseAddress, iov_len: head.count),
      iovec(iov_base: tail.baseAddress, iov_len: tail.count),
    ]
    return pwritev(file, vectors, 2, offset)
  }

  func read(
    _ byteCount: Int, from file: CInt, at offset: Int
  ) throws(BlockFileError) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: byteCount)
    while buffer.readableBytes < byteCount {
      let position = offset + buffer.readableBytes
      let wanted = byteCount - buffer.readableBytes
      var failure: CInt = 0
      let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { target in
        let count = pread(file, target.baseAddress, wanted, position)
        if count < 0 { failure = errno }
        return max(0, count)
      }
      if count == 0, failure == 0 { break }
      if failure != 0, failure != EINTR {
        throw BlockFileError(operation: "pread", errno: failure)
      }
    }
    return buffer
  }

  func truncate(_ file: CInt, to offset: Int) throws(BlockFileError) {
    guard ftruncate(file, offset) == 0 else {
      throw BlockFileError(operation: "ftruncate", errno: errno)
    }
  }

  func freeBytes(of file: CInt) throws(BlockFileError) -> Int {
    var status = statvfs()
    guard fstatvfs(file, &status) == 0 else {
      throw BlockFileError(operation: "fstatvfs", errno: errno)
    }
    let (bytes, overflow) = UInt64(status.f_bavail)
      .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? Int.max : Int(clamping: bytes)
  }
}

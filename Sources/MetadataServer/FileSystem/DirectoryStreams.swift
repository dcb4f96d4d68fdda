import Glibc
import NFSv4

/// Directory records read ahead of the client: a value that owns its bytes.
struct DirectoryBuffer: Sendable {
  private static let roomBytes = 16_384
  private var bytes: [UInt8] = []
  private var position = 0

  /// Calls `body` with the next record; nil when the buffer is used up. The record counts as
  /// consumed if `body` says so.
  mutating func next<R>(
    _ body: (DirectoryRecord) -> (isConsumed: Bool, result: R)
  ) -> R? {
    let outcome = bytes.withUnsafeBytes { bytes -> (Int, R)? in
      guard position < bytes.count, let record = DirectoryRecord(bytes, at: position) else {
        return nil
      }
      let (isConsumed, result) = body(record)
      return (isConsumed ? record.recordLength : 0, result)
    }
    guard let (consumedBytes, result) = outcome else { return nil }
    position += consumedBytes
    return result
  }

  /// - Returns: false at the end of the directory.
  mutating func refill(_ directory: Descriptor) throws(Errno) -> Bool {
    position = 0
    var failure: Errno?
    bytes = [UInt8](unsafeUninitializedCapacity: Self.roomBytes) { room, count in
      do throws(Errno) {
        count = try Linux.readEntries(directory, into: UnsafeMutableRawBufferPointer(room))
      } catch {
        failure = error
        count = 0
      }
    }
    if let failure { throw failure }
    return !bytes.isEmpty
  }
}

/// A directory in the middle of being listed. One READDIR at a time owns it.
struct DirectoryStream: Sendable {
  let descriptor: Descriptor
  var buffer = DirectoryBuffer()
}

/// Listings that their clients have not finished, so that the next READDIR goes on where the last
/// one stopped, without opening and seeking: by directory, caller and cookie.
///
/// Bounded; at the bound the one that waits longest is dropped, and its client's next READDIR
/// opens the directory again.
struct DirectoryStreams: Sendable {
  struct Key: Hashable {
    var handle: NfsFh4
    var identity: CallerIdentity
    var cookie: UInt64
  }

  private let limit: Int
  private var waiting: [(key: Key, stream: DirectoryStream)] = []

  init(limit: Int) { self.limit = limit }

  var count: Int { waiting.count }

  /// Takes the listing that stopped at this cookie.
  mutating func take(_ key: Key) -> DirectoryStream? {
    guard let index = waiting.lastIndex(where: { $0.key == key }) else { return nil }
    return waiting.remove(at: index).stream
  }

  /// - Returns: what was displaced: to be released outside of the lock.
  mutating func put(_ stream: DirectoryStream, _ key: Key) -> DirectoryStream? {
    waiting.append((key, stream))
    return waiting.count > limit ? waiting.removeFirst().stream : nil
  }

  mutating func removeAll() -> [DirectoryStream] {
    defer { waiting = [] }
    return waiting.map(\.stream)
  }
}

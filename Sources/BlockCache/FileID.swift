public import NIOCore

/// The identity of a file in the whole cluster: XXH3-128 of the filehandle the metadata server
/// knows it by, without the routing cookie that layouts put in front of it.
///
/// 128 bits of a hash that nobody but the metadata server feeds: a chance collision needs about
/// 2^64 files.
public struct FileID: Hashable, Sendable {
  /// The upper 64 bits of the hash.
  public var high: UInt64
  /// The lower 64 bits of the hash.
  public var low: UInt64

  /// An identity whose two halves are known, as it arrives from a disk or from a peer.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The identity of the file that the metadata server calls `filehandle` (the readable bytes,
  /// at most 128 in NFSv4, RFC 8881 §3.1; any length is hashed).
  public init(hashing filehandle: ByteBuffer) {
    (high, low) = xxh3Hash128(filehandle)
  }
}

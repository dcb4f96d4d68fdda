public import NIOCore

/// XXH3-128 of a block's plain bytes. It finds damage and wrong bytes; it is no signature, its
/// authority is the metadata server that serves it.
public struct BlockDigest: Hashable, Sendable {
  /// The upper 64 bits of the hash.
  public var high: UInt64
  /// The lower 64 bits of the hash.
  public var low: UInt64

  /// A digest whose two halves are known, as it arrives from a disk, a peer or the metadata server.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The digest of the readable bytes of `plain`.
  public init(of plain: ByteBuffer) {
    (high, low) = xxh3Hash128(plain)
  }
}

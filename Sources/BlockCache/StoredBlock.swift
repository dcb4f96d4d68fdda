public import NIOCore

/// A block as it lies on disk and travels between peers: packed once in the cluster, then stored
/// and sent verbatim.
///
/// Nothing of it is believed before ``unpacked()`` or ``unpack(into:)`` has compared the plain
/// bytes with ``digest``; and the digest itself is believed only if the metadata server said so.
public struct StoredBlock: Hashable, Sendable {
  /// How ``bytes`` are packed.
  public var encoding: BlockEncoding
  /// How many bytes the block has when it is unpacked.
  public var plainBytes: Int
  /// XXH3-128 of the plain bytes.
  public var digest: BlockDigest
  /// The packed bytes, all that is readable.
  public var bytes: ByteBuffer
  /// The metadata server's signature under ``digest``; nil where it gave none.
  public var seal: BlockSeal?

  /// A block as it was received; nothing is checked here.
  public init(
    encoding: BlockEncoding, plainBytes: Int, digest: BlockDigest, bytes: ByteBuffer,
    seal: BlockSeal? = nil
  ) {
    self.seal = seal
    self.encoding = encoding
    self.plainBytes = plainBytes
    self.digest = digest
    self.bytes = bytes
  }

  /// Packs the readable bytes of `plain`, at most ``BlockLimits/plainBytes`` of them: by LZ4, or
  /// not at all where LZ4 gains less than a tenth.
  public static func packing(_ plain: ByteBuffer) -> StoredBlock {
    let plainBytes = plain.readableBytes
    precondition(plainBytes <= BlockLimits.plainBytes, "a block of \(plainBytes) bytes")
    let digest = BlockDigest(of: plain)
    if let packed = lz4Compress(plain, limitBytes: plainBytes - (plainBytes + 9) / 10) {
      return StoredBlock(encoding: .lz4, plainBytes: plainBytes, digest: digest, bytes: packed)
    }
    return StoredBlock(encoding: .plain, plainBytes: plainBytes, digest: digest, bytes: plain)
  }

  /// The lengths are ones a block can have: checked before anything is allocated or written.
  public func checkLengths() throws(BlockError) {
    guard plainBytes >= 0, plainBytes <= BlockLimits.plainBytes else {
      throw .plainBytesOutOfRange(plainBytes)
    }
    let stored = bytes.readableBytes
    switch encoding {
    case .plain:
      guard stored == plainBytes else {
        throw .storedBytesOutOfRange(stored: stored, plain: plainBytes)
      }
    case .lz4:
      guard stored > 0, stored < plainBytes else {
        throw .storedBytesOutOfRange(stored: stored, plain: plainBytes)
      }
    }
  }

  /// The plain bytes, in a buffer of their own or, for a plain block, as the slice it holds.
  /// Throws unless every length fits and the digest is that of the result.
  public func unpacked() throws(BlockError) -> ByteBuffer {
    try checkLengths()
    if encoding == .plain {
      guard BlockDigest(of: bytes) == digest else { throw .digestMismatch }
      return bytes
    }
    var plain = ByteBufferAllocator().buffer(capacity: plainBytes)
    try unpack(into: &plain)
    return plain
  }

  /// Appends the plain bytes to `buffer`, which may come from a pool. Throws as ``unpacked()``
  /// does, and then leaves `buffer` with the readable bytes it had.
  public func unpack(into buffer: inout ByteBuffer) throws(BlockError) {
    try checkLengths()
    let start = buffer.writerIndex
    switch encoding {
    case .plain:
      buffer.writeImmutableBuffer(bytes)
    case .lz4:
      guard lz4Decompress(bytes, plainBytes: plainBytes, into: &buffer) else {
        throw .malformedLZ4
      }
    }
    let plain = buffer.getSlice(at: start, length: plainBytes)
    guard let plain, BlockDigest(of: plain) == digest else {
      buffer.moveWriterIndex(to: start)
      throw .digestMismatch
    }
  }
}

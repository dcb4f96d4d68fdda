public import XDR

/// One version of one file, as peers name it to each other and to the metadata server: with all
/// that a peer needs to ask for its blocks that never opened it.
///
///     typedef uint64_t member1;     /* a member of the cluster, by its own number */
///
///     struct file1 {
///         nfs_fh4   fh;             /* the metadata server's own */
///         changeid4 change;         /* the version */
///         uint64_t  size;           /* of the version, in bytes */
///         uint32_t  block_bytes;    /* how large the caller takes blocks to be */
///     };
public struct BlockFile1: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var change: Changeid4
  public var size: UInt64
  public var blockBytes: UInt32

  public init(fh: NfsFh4, change: Changeid4, size: UInt64, blockBytes: UInt32) {
    self.fh = fh
    self.change = change
    self.size = size
    self.blockBytes = blockBytes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    change = try decoder.uint64()
    size = try decoder.uint64()
    blockBytes = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    encoder.uint64(change)
    encoder.uint64(size)
    encoder.uint32(blockBytes)
  }
}

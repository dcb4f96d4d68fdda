public import NIOCore
public import XDR

extension BlockProtocol {
  /// Bytes of the largest block when unpacked.
  public static let plainLimitBytes: UInt32 = 1024 * 1024
}

/// Blocks of one version of one file.
///
///     struct READ_BLOCKS1args {
///         nfs_fh4   fh;           /* the metadata server's own */
///         changeid4 change;       /* the version that is wanted */
///         uint32_t  block_bytes;  /* how large the caller takes blocks to be */
///         uint32_t  indices<1024>;
///     };
public struct READ_BLOCKS1args: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var change: Changeid4
  public var blockBytes: UInt32
  public var indices: [UInt32]

  public init(fh: NfsFh4, change: Changeid4, blockBytes: UInt32, indices: [UInt32]) {
    self.fh = fh
    self.change = change
    self.blockBytes = blockBytes
    self.indices = indices
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    change = try decoder.uint64()
    blockBytes = try decoder.uint32()
    indices = try decoder.array(limit: BlockProtocol.indexLimit) { d throws(XDRError) in
      try d.uint32()
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    encoder.uint64(change)
    encoder.uint32(blockBytes)
    encoder.array(indices) { $1.uint32($0) }
  }
}

/// XXH3-128 in its canonical form, most significant byte first.
///
///     typedef opaque digest[16];
public struct BlockDigest: XDRCodable, Hashable, Sendable {
  /// The first eight bytes.
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    high = try decoder.uint64()
    low = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(high)
    encoder.uint64(low)
  }
}

/// A block as it is stored.
///
///     struct block1 {
///         uint32_t index;         /* of the block in its file: offset / block_bytes */
///         uint32_t encoding;      /* of bytes, as the cache stores them */
///         uint32_t plain_bytes;   /* how many there are when unpacked */
///         opaque   digest[16];    /* XXH3-128 of the plain bytes */
///         opaque   bytes<1114112>;
///     };
public struct Block1: XDRCodable, Hashable, Sendable {
  public var index: UInt32
  public var encoding: UInt32
  /// At most 1 MiB; more is refused where it is decoded.
  public var plainBytes: UInt32
  public var digest: BlockDigest
  /// A slice of the reply.
  public var bytes: ByteBuffer

  public init(
    index: UInt32, encoding: UInt32, plainBytes: UInt32, digest: BlockDigest, bytes: ByteBuffer
  ) {
    self.index = index
    self.encoding = encoding
    self.plainBytes = plainBytes
    self.digest = digest
    self.bytes = bytes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    index = try decoder.uint32()
    encoding = try decoder.uint32()
    plainBytes = try decoder.uint32()
    guard plainBytes <= BlockProtocol.plainLimitBytes else {
      throw .tooLong(claimed: plainBytes, limit: Int(BlockProtocol.plainLimitBytes))
    }
    digest = try BlockDigest(from: &decoder)
    bytes = try decoder.opaque(limit: BlockProtocol.blockLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(index)
    encoder.uint32(encoding)
    encoder.uint32(plainBytes)
    digest.encode(to: &encoder)
    encoder.opaqueSlices(CollectionOfOne(bytes))
  }
}

/// What the callee has of the blocks that were asked for, in any order; others are left out.
///
///     union READ_BLOCKS1res switch (nfsstat4 status) {
///         case NFS4_OK: block1 blocks<1024>;
///         default:      void;
///     };
///
/// By status:
///
/// - `NFS4ERR_PERM`: nothing was proven on this connection.
/// - `NFS4ERR_STALE`, `NFS4ERR_BADHANDLE`: no such file.
/// - `NFS4ERR_NOT_SAME`: the file has another version now.
/// - `NFS4ERR_INVAL`: blocks have another size here.
/// - `NFS4ERR_DELAY`, `NFS4ERR_RESOURCE`: not now, ask elsewhere.
public enum READ_BLOCKS1res: XDRCodable, Hashable, Sendable {
  case ok([Block1])
  /// The status is not `NFS4_OK`.
  case refused(Nfsstat4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try Nfsstat4(from: &decoder) {
    case .NFS4_OK:
      self = .ok(
        try decoder.array(limit: BlockProtocol.indexLimit, elementBytes: 32) {
          d throws(XDRError) in try Block1(from: &d)
        })
    case let status: self = .refused(status)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .ok(let blocks):
      Nfsstat4.NFS4_OK.encode(to: &encoder)
      encoder.array(blocks) { $0.encode(to: &$1) }
    case .refused(let status):
      precondition(status != .NFS4_OK, "a refusal with NFS4_OK")
      status.encode(to: &encoder)
    }
  }
}

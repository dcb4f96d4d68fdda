public import NIOCore
public import XDR

/// One block, of a peer or of the metadata server. Many are asked for at once, each answered when
/// it can be: a peer that is about to have the block answers when it has it.
///
///     const TAKE1_DEMAND  = 0x1;    /* a reader waits for it */
///     const TAKE1_INSISTS = 0x2;    /* metadata server: the bytes, not another member's name */
///     const TAKE1_ASSIGNED = 0x4;   /* a home named the callee: it is to get the block */
///
///     struct TAKE1args {
///         file1    file;
///         uint32_t index;           /* of the block: offset / block_bytes */
///         uint32_t flags;
///         uint32_t waiting;         /* so many others wait for the caller to have it */
///         member1  excluded<16>;    /* did not have it, or did not send it */
///     };
public struct TAKE1args: XDRCodable, Hashable, Sendable {
  /// The bits of `flags`.
  public struct Flags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let DEMAND = Flags(rawValue: 0x1)
    public static let INSISTS = Flags(rawValue: 0x2)
    public static let ASSIGNED = Flags(rawValue: 0x4)
  }

  public var file: BlockFile1
  public var index: UInt32
  public var flags: Flags
  public var waiting: UInt32
  public var excluded: [UInt64]

  public init(
    file: BlockFile1, index: UInt32, flags: Flags, waiting: UInt32 = 0, excluded: [UInt64] = []
  ) {
    self.file = file
    self.index = index
    self.flags = flags
    self.waiting = waiting
    self.excluded = excluded
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    file = try BlockFile1(from: &decoder)
    index = try decoder.uint32()
    flags = Flags(rawValue: try decoder.uint32())
    waiting = try decoder.uint32()
    excluded = try decoder.array(limit: BlockProtocol.excludedLimit) { d throws(XDRError) in
      try d.uint64()
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    file.encode(to: &encoder)
    encoder.uint32(index)
    encoder.uint32(flags.rawValue)
    encoder.uint32(waiting)
    encoder.array(excluded) { $1.uint64($0) }
  }
}

/// XXH3-128 in its canonical form, most significant byte first.
///
///     typedef opaque digest1[16];
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
///         uint32_t index;           /* of the block in its file */
///         uint32_t encoding;        /* of bytes: 0 plain, 1 LZ4 */
///         uint32_t plain_bytes;     /* how many there are when unpacked */
///         digest1  digest;          /* of the plain bytes */
///         opaque   seal[64];        /* the metadata server's Ed25519 signature under it */
///         opaque   bytes<1114112>;
///     };
public struct Block1: XDRCodable, Hashable, Sendable {
  /// Bytes of a seal: exactly as many.
  public static let sealBytes = 64

  public var index: UInt32
  public var encoding: UInt32
  /// At most 1 MiB; more is refused where it is decoded.
  public var plainBytes: UInt32
  public var digest: BlockDigest
  public var seal: ByteBuffer
  /// A slice of the reply.
  public var bytes: ByteBuffer

  public init(
    index: UInt32, encoding: UInt32, plainBytes: UInt32, digest: BlockDigest, seal: ByteBuffer,
    bytes: ByteBuffer
  ) {
    precondition(seal.readableBytes == Self.sealBytes, "a seal of \(seal.readableBytes) bytes")
    self.index = index
    self.encoding = encoding
    self.plainBytes = plainBytes
    self.digest = digest
    self.seal = seal
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
    seal = try decoder.fixedOpaque(Self.sealBytes)
    bytes = try decoder.opaque(limit: BlockProtocol.blockLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(index)
    encoder.uint32(encoding)
    encoder.uint32(plainBytes)
    digest.encode(to: &encoder)
    encoder.fixedOpaque(seal)
    encoder.opaqueSlices(CollectionOfOne(bytes))
  }
}

///     enum take1_status {
///         TAKE1_OK = 0,
///         TAKE1_ELSEWHERE = 1,      /* metadata server: that member has it or is to have it */
///         TAKE1_MISSING = 2,        /* not here, and not expected */
///         TAKE1_BUSY = 3,           /* not now */
///         TAKE1_GONE = 4,           /* metadata server: no such file, or another version now */
///         TAKE1_REFUSED = 5         /* not at all: not a file that peers may keep, a size that no
///                                      block has */
///     };
///     union TAKE1res switch (take1_status status) {
///         case TAKE1_OK:        block1  block;
///         case TAKE1_ELSEWHERE: member1 member;
///         default:              void;
///     };
public enum TAKE1res: XDRCodable, Hashable, Sendable {
  case block(Block1)
  case elsewhere(member: UInt64)
  case missing
  case busy
  case gone
  case refused

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try decoder.uint32() {
    case 0: self = .block(try Block1(from: &decoder))
    case 1: self = .elsewhere(member: try decoder.uint64())
    case 2: self = .missing
    case 3: self = .busy
    case 4: self = .gone
    case 5: self = .refused
    case let value: throw .badEnumeration(type: "take1_status", value: value)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .block(let block):
      encoder.uint32(0)
      block.encode(to: &encoder)
    case .elsewhere(let member):
      encoder.uint32(1)
      encoder.uint64(member)
    case .missing: encoder.uint32(2)
    case .busy: encoder.uint32(3)
    case .gone: encoder.uint32(4)
    case .refused: encoder.uint32(5)
    }
  }
}

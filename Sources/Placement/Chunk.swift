public import BlockCache

/// Some neighbouring blocks of one file version: what a home is responsible for, and what a tracker
/// assigns parents for. A chunk that is too large gives one home too much at a time; one that is
/// too small costs a question for every block.
public struct Chunk: Hashable, Sendable {
  /// Blocks of a chunk; the last one of a file may have fewer.
  public static let blockCount: UInt32 = 4

  public var version: FileVersion
  /// Which chunk of the file, from 0.
  public var number: UInt32

  public init(version: FileVersion, number: UInt32) {
    self.version = version
    self.number = number
  }

  /// The chunk that a block belongs to.
  public init(of key: BlockKey) {
    version = key.version
    number = key.index / Self.blockCount
  }

  /// Chunks that have one home.
  static let regionChunks: UInt32 = 1

  /// What a home is chosen for: the number is that of the region's first chunk.
  var region: Chunk { Chunk(version: version, number: number / Self.regionChunks) }

  /// The first block.
  public var firstIndex: UInt32 { number &* Self.blockCount }

  /// Its blocks, as if none were behind the end of the file.
  public var indices: [UInt32] { (0..<Self.blockCount).map { firstIndex &+ $0 } }

  /// A bit for each block.
  public var allBits: UInt32 { (1 << Self.blockCount) - 1 }
}

/// A file as the exchange of blocks knows it: what a peer that never opened it needs to ask the
/// metadata server for its blocks.
public struct ExchangedFile: Hashable, Sendable {
  /// Bytes of the longest handle (RFC 8881 §3.1).
  public static let handleLimitBytes = 128

  public var version: FileVersion
  /// The metadata server's filehandle.
  public var handle: [UInt8]
  /// In bytes.
  public var size: UInt64
  public var blockBytes: Int

  public init(version: FileVersion, handle: [UInt8], size: UInt64, blockBytes: Int) {
    self.version = version
    self.handle = handle
    self.size = size
    self.blockBytes = blockBytes
  }

  /// How many blocks there are; those beyond 2^32 cannot be named.
  public var blockCount: UInt32 {
    let blockBytes = UInt64(max(1, blockBytes))
    return UInt32(clamping: size / blockBytes + (size % blockBytes == 0 ? 0 : 1))
  }

  /// Bytes of a block when it is unpacked; 0 behind the end.
  public func plainBytes(of index: UInt32) -> Int {
    let start = UInt64(index) * UInt64(max(0, blockBytes))
    guard start < size else { return 0 }
    return Int(min(UInt64(blockBytes), size - start))
  }
}

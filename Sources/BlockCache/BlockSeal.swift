public import NIOCore

/// The metadata server's signature under a block: that this digest is the digest of that block of
/// that version. It stays with the block wherever it is stored or sent, so that whoever gets a
/// block from anybody can tell whether the metadata server ever said so.
///
/// 64 bytes, opaque here; see `BlockSigner` for what is signed.
public struct BlockSeal: Hashable, Sendable {
  /// The length of a seal in bytes.
  public static let byteCount = 64

  private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  /// The seal in the next 64 readable bytes of a buffer, or nil if there are fewer.
  public init?(reading buffer: inout ByteBuffer) {
    guard buffer.readableBytes >= Self.byteCount else { return nil }
    var words: [UInt64] = []
    for _ in 0..<8 { words.append(buffer.readInteger(as: UInt64.self) ?? 0) }
    self.words = (
      words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]
    )
  }

  /// The seal with these bytes, or nil if they are not 64.
  public init?(_ bytes: some Sequence<UInt8>) {
    var buffer = ByteBuffer(bytes: bytes)
    guard buffer.readableBytes == Self.byteCount else { return nil }
    self.init(reading: &buffer)
  }

  private var all: [UInt64] {
    [words.0, words.1, words.2, words.3, words.4, words.5, words.6, words.7]
  }

  /// Appends the 64 bytes.
  public func write(to buffer: inout ByteBuffer) {
    for word in all { buffer.writeInteger(word) }
  }

  /// The 64 bytes.
  public var bytes: [UInt8] {
    var buffer = ByteBuffer()
    write(to: &buffer)
    return Array(buffer.readableBytesView)
  }

  /// Whether all bytes are zero, as they stand where there is no seal.
  public var isZero: Bool { all.allSatisfy { $0 == 0 } }

  public static func == (lhs: BlockSeal, rhs: BlockSeal) -> Bool { lhs.all == rhs.all }

  public func hash(into hasher: inout Hasher) { hasher.combine(all) }
}

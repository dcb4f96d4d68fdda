import BlockCache
public import NFSv4
import NIOCore
public import Placement

extension ExchangedFile {
  /// Block sizes that a cluster can have.
  public static let blockSizes: ClosedRange<UInt32> = 64 * 1024...1024 * 1024

  /// A file as another member names it.
  /// - Returns: nil for a size that no block has.
  public init?(_ wire: BlockFile1) {
    guard Self.blockSizes.contains(wire.blockBytes), wire.blockBytes.nonzeroBitCount == 1 else {
      return nil
    }
    self.init(
      handle: wire.fh.bytes, change: wire.change, size: wire.size,
      blockBytes: Int(wire.blockBytes))
  }

  /// A version of a file by the metadata server's handle. Blocks of another size are another file:
  /// at the same index they hold other bytes.
  public init(handle: ByteBuffer, change: Changeid4, size: UInt64, blockBytes: Int) {
    let id = FileID(hashing: handle)
    self.init(
      version: FileVersion(
        file: FileID(high: id.high, low: id.low ^ UInt64(blockBytes)), change: change),
      handle: Array(handle.readableBytesView), size: size, blockBytes: blockBytes)
  }

  /// As other members are told.
  public var wire: BlockFile1 {
    BlockFile1(
      fh: NfsFh4(ByteBuffer(bytes: handle)), change: version.change, size: size,
      blockBytes: UInt32(clamping: blockBytes))
  }
}

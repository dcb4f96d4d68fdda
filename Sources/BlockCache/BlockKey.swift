/// The name of a block: a file version and the block's position in it. What a name stands for is
/// immutable, so equal names mean equal bytes on every peer.
public struct BlockKey: Hashable, Sendable {
  /// The version of the file the block belongs to.
  public var version: FileVersion
  /// Which block of the file, counted from 0 in units of the cluster's block size.
  public var index: UInt32

  /// The block number `index` of `version`.
  public init(version: FileVersion, index: UInt32) {
    self.version = version
    self.index = index
  }
}

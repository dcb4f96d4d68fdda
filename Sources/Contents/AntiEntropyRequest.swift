public import BlockCache

/// What a member asks another about that one's own contents; ``Holdings/answer(_:)`` answers.
public enum AntiEntropyRequest: Hashable, Sendable {
  /// Blocks of one version from an index on.
  public struct Range: Hashable, Sendable {
    /// Which version.
    public var version: FileVersion
    /// The lowest block asked for.
    public var first: UInt32

    /// The blocks of `version` from `first` on.
    public init(version: FileVersion, first: UInt32 = 0) {
      self.version = version
      self.first = first
    }
  }

  /// "This is the root of what I believe you hold."
  case compare(root: UInt64)
  /// The versions in these buckets, those that come after `after`.
  case versions(BucketMask, after: FileVersion?)
  /// The blocks of these versions; at most ``AntiEntropy/versionsPerMessage``, at least one.
  case blocks([Range])

  /// The wire form: a kind (1 byte) and the fields in order.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .compare(let root):
      writer.uint8(1)
      writer.uint64(root)
    case .versions(let mask, let after):
      writer.uint8(2)
      mask.encode(into: &writer)
      writer.uint8(after == nil ? 0 : 1)
      if let after { writer.version(after) }
    case .blocks(let ranges):
      writer.uint8(3)
      writer.number(UInt64(ranges.count))
      for range in ranges {
        writer.version(range.version)
        writer.number(UInt64(range.first))
      }
    }
    return writer.bytes
  }

  /// Reads the wire form.
  /// - Throws: ``ContentsError`` if the bytes are more than ``AntiEntropy/messageBytes``, or no
  ///   request from the first byte to the last.
  public init(decoding bytes: [UInt8]) throws(ContentsError) {
    guard bytes.count <= AntiEntropy.messageBytes else {
      throw .tooLong(claimed: UInt64(bytes.count), limit: AntiEntropy.messageBytes)
    }
    var reader = ByteReader(bytes)
    switch try reader.uint8() {
    case 1:
      self = .compare(root: try reader.uint64())
    case 2:
      let mask = try BucketMask(decoding: &reader)
      self = .versions(mask, after: try reader.bool() ? try reader.version() : nil)
    case 3:
      let count = try reader.count(
        limit: AntiEntropy.versionsPerMessage, elementBytes: ByteWriter.versionBytes + 1)
      guard count > 0 else { throw .outOfRange }
      var ranges: [Range] = []
      ranges.reserveCapacity(count)
      for _ in 0..<count {
        ranges.append(Range(version: try reader.version(), first: try reader.index()))
      }
      self = .blocks(ranges)
    case let other:
      throw .unknownKind(other)
    }
    try reader.finish()
  }
}

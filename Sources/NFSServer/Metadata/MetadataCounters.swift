import Synchronization

/// What the metadata server served, since it started.
public final class MetadataCounters: Sendable {
  let reads = Atomic<UInt64>(0)
  let readBytes = Atomic<UInt64>(0)
  let opens = Atomic<UInt64>(0)

  init() {}

  /// READs answered by the metadata server itself.
  public var readCount: UInt64 { reads.load(ordering: .relaxed) }
  /// Bytes of file data in them.
  public var readByteCount: UInt64 { readBytes.load(ordering: .relaxed) }
  public var openCount: UInt64 { opens.load(ordering: .relaxed) }
}

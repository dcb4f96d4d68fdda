import Synchronization

/// What the metadata server served, since it started.
public final class MetadataCounters: Sendable {
  let reads = Atomic<UInt64>(0)
  let readBytes = Atomic<UInt64>(0)
  let writes = Atomic<UInt64>(0)
  let writtenBytes = Atomic<UInt64>(0)
  let opens = Atomic<UInt64>(0)
  let layoutStatistics = Atomic<UInt64>(0)
  let layoutErrors = Atomic<UInt64>(0)

  init() {}

  /// READs answered by the metadata server itself.
  public var readCount: UInt64 { reads.load(ordering: .relaxed) }
  /// Bytes of file data in them.
  public var readByteCount: UInt64 { readBytes.load(ordering: .relaxed) }
  public var writeCount: UInt64 { writes.load(ordering: .relaxed) }
  /// Bytes of file data in them.
  public var writtenByteCount: UInt64 { writtenBytes.load(ordering: .relaxed) }
  public var openCount: UInt64 { opens.load(ordering: .relaxed) }
  /// LAYOUTSTATS taken in.
  public var layoutStatisticCount: UInt64 { layoutStatistics.load(ordering: .relaxed) }
  /// Errors of data servers that clients told of by LAYOUTERROR.
  public var layoutErrorCount: UInt64 { layoutErrors.load(ordering: .relaxed) }

  func wrote(_ byteCount: Int) {
    writes.add(1, ordering: .relaxed)
    writtenBytes.add(UInt64(byteCount), ordering: .relaxed)
  }
}

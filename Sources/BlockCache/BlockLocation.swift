/// Where a record lies: in which segment, from which offset on, how long.
public struct BlockLocation: Hashable, Sendable {
  /// The segment's number.
  public var segment: UInt64
  /// Bytes from the start of the segment file to the record's header.
  public var offset: Int
  /// The record's length in bytes, header included.
  public var recordBytes: Int

  /// The `recordBytes` bytes at `offset` of the segment numbered `segment`.
  public init(segment: UInt64, offset: Int, recordBytes: Int) {
    self.segment = segment
    self.offset = offset
    self.recordBytes = recordBytes
  }
}

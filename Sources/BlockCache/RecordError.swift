/// Why bytes on disk are not what was written there.
public enum RecordError: Error, Hashable, Sendable {
  /// There are fewer bytes than the structure has: a torn tail.
  case truncated
  /// Other bytes than the structure begins with, or one of another format version.
  case unrecognised
  /// The checksum over the structure is wrong.
  case checksumMismatch
  /// The checksum is right and a field is out of its range.
  case fieldOutOfRange
  /// The record says it is another block, or of another segment, than was asked for.
  case otherBlock
  /// The record was marked as removed.
  case removed
}

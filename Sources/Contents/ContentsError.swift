/// Why bytes from another member are not what they claim to be.
public enum ContentsError: Error, Hashable, Sendable {
  /// The input ended inside a value.
  case truncated
  /// Bytes were left where the value had to end.
  case trailingBytes(count: Int)
  /// A count or a length is above its limit. Nothing was allocated for it.
  case tooLong(claimed: UInt64, limit: Int)
  /// A kind of message, entry or bitmap that does not exist, or a flag that is neither 0 nor 1.
  case unknownKind(UInt8)
  /// A number is written with more bytes than it needs, or has more than 64 bits.
  case overlongNumber
  /// A block index, a range of them or a sequence number is outside what can exist.
  case outOfRange
  /// What has to ascend does not.
  case outOfOrder
  /// An answer does not belong to the question.
  case unasked
}

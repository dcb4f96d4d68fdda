/// Why stored bytes are not the block they claim to be.
public enum BlockError: Error, Hashable, Sendable {
  /// The claimed plain length is negative or above ``BlockLimits/plainBytes``.
  case plainBytesOutOfRange(Int)
  /// There are more stored bytes than the plain length allows, or, for plain bytes, not as many.
  case storedBytesOutOfRange(stored: Int, plain: Int)
  /// The bytes are no LZ4 block, or unpack to another length than claimed.
  case malformedLZ4
  /// The plain bytes have another digest than claimed.
  case digestMismatch
}

/// Why bytes are not the gossip that was expected.
public enum GossipError: Error, Equatable, Sendable {
  /// The bytes end inside a value.
  case truncated
  /// Bytes are left where the value had to end.
  case trailingBytes
  /// A length is above its limit. Nothing was allocated for it.
  case tooLong
  /// A value that this version does not know: a kind, a role, a flag.
  case unknownValue
  /// A value that is not allowed where it stands, or not in its only form.
  case badValue
  /// Another wire format.
  case otherFormat
}

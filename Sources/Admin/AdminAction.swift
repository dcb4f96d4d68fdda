/// What an operator can have a running node do: `POST /v1/NAME`, with the node's token.
public enum AdminAction: String, CaseIterable, Hashable, Sendable {
  /// Clients and other peers are sent elsewhere; what they are reading is read to its end.
  case drain
  /// Ends `drain`.
  case undrain
}

/// How an action ended.
public enum AdminOutcome: Hashable, Sendable {
  /// It is under way or done; what there is to say of it.
  case done(JSONValue)
  /// The node's role has no such action.
  case unknown
  /// Not now; one line that says why.
  case refused(String)
}

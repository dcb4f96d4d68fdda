/// Whether a member is believed to live.
public enum MemberState: UInt8, Sendable {
  /// It answered, or somebody vouched for it.
  case alive
  /// It did not answer, and has some time left to refute that it is dead.
  case suspect
}

/// A member as another one sees it: alive or suspect. Dead ones are not members.
public struct Member: Hashable, Sendable {
  public var record: MemberRecord
  /// The newest load heard; all zero with sequence 0 before the first.
  public var load: MemberLoad
  public var state: MemberState
  /// The smoothed round-trip time of our own probes to it; nil before the first answer.
  public var roundTrip: Duration?

  public init(
    record: MemberRecord, load: MemberLoad, state: MemberState, roundTrip: Duration? = nil
  ) {
    self.record = record
    self.load = load
    self.state = state
    self.roundTrip = roundTrip
  }
}

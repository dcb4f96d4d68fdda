/// What a ``Swim`` counted since it was made. All only grow.
public struct SwimStatistics: Hashable, Sendable {
  // MARK: Refused

  /// Datagrams that are not what this version encodes: truncated, over-long, unknown values.
  public var malformed: UInt64 = 0
  /// Datagrams of another wire format.
  public var otherFormat: UInt64 = 0
  /// Records whose version range does not overlap ours.
  public var versionsRefused: UInt64 = 0
  /// Requests beyond what one source may ask for.
  public var workRefused: UInt64 = 0
  /// Members refused because the table was full.
  public var tableFull: UInt64 = 0
  /// Claims with an incarnation too far ahead to be believed.
  public var implausible: UInt64 = 0
  /// Datagrams that were our own, come back.
  public var ownDatagrams: UInt64 = 0

  // MARK: Broadcasts

  /// Other members' broadcasts that were delivered.
  public var delivered: UInt64 = 0
  /// Broadcasts that had been delivered before, or are too old to tell.
  public var duplicates: UInt64 = 0
  /// Broadcasts beyond what one origin may send.
  public var broadcastsRefused: UInt64 = 0
  /// Broadcasts of nobody we know.
  public var broadcastsOfStrangers: UInt64 = 0
  /// News dropped from a full queue before it had been sent often enough.
  public var queueDropped: UInt64 = 0

  // MARK: Failure detection

  /// Probes begun.
  public var probes: UInt64 = 0
  /// Probes that were answered by an indirect ack only.
  public var probesSavedByOthers: UInt64 = 0
  /// Probes without any answer.
  public var probesFailed: UInt64 = 0
  /// Probes made for others.
  public var relays: UInt64 = 0
  /// Times we had to say that we are alive.
  public var refutations: UInt64 = 0
  /// Calls that came later than the settings allow.
  public var lateCalls: UInt64 = 0
  /// Comparisons of the member list that found a difference.
  public var syncsThatDiffered: UInt64 = 0

  public init() {}
}

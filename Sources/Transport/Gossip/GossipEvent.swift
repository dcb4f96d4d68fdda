public import Membership

/// What a ``GossipNode`` tells the application; see `SwimDirective` for what each means.
public enum GossipEvent: Hashable, Sendable {
  case joined(MemberRecord)
  case updated(MemberRecord)
  case suspected(MemberID)
  case failed(MemberID)
  case left(MemberID)
  case load(MemberID, MemberLoad)
  case delivered([UInt8], from: MemberID)
  case conflict(MemberRecord, MemberRecord)
}

/// Why a ``GossipNode`` cannot do what it was asked for.
public enum GossipNodeError: Error, Equatable, Sendable {
  /// The record has a text that is too long, or an address that nobody can send to, as 0.0.0.0 is.
  case unacceptableRecord
  /// A record may change anything but the id and the boot.
  case otherIdentity
}

/// What a ``GossipNode`` counted since it started. All only grow.
public struct GossipStatistics: Hashable, Sendable {
  /// UDP datagrams that arrived, whatever they were, and their payload bytes.
  public var datagramsIn: UInt64 = 0
  public var bytesIn: UInt64 = 0
  /// UDP datagrams handed to the socket, and their payload bytes.
  public var datagramsOut: UInt64 = 0
  public var bytesOut: UInt64 = 0
  /// Datagrams dropped because the socket was full or closed, or has no such address family.
  public var datagramsDropped: UInt64 = 0
  /// Times the socket failed and was opened again.
  public var socketsReopened: UInt64 = 0
  /// What was refused as not of this cluster, by reason.
  public var seal = SealStatistics()
  /// What was refused, and what was done, as a member.
  public var swim = SwimStatistics()

  public init() {}
}

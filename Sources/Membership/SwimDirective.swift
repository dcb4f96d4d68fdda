/// What the shell of a ``Swim`` has to do, in the order given.
public enum SwimDirective: Hashable, Sendable {
  /// Send the datagram; it may be lost.
  case send([UInt8], to: GossipEndpoint)
  /// A member is there that was not. After a restart (another ``MemberRecord/boot``) this follows
  /// a ``failed(_:)`` of the same id.
  case joined(MemberRecord)
  /// A member's record changed, or a suspicion against it was refuted.
  case updated(MemberRecord)
  /// A member does not answer. ``updated(_:)`` (refuted), ``failed(_:)`` or ``left(_:)`` follows.
  case suspected(MemberID)
  /// A member is dead, or was replaced by a restart.
  case failed(MemberID)
  /// A member said good-bye.
  case left(MemberID)
  /// A newer load of a member.
  case load(MemberID, MemberLoad)
  /// Another member's broadcast; each is delivered once at most.
  case delivered([UInt8], from: MemberID)
  /// Two living processes claim one id: the two records seen. Repeated once a minute at most while
  /// it lasts. Of the two, others see now one, now the other; an operator has to change an id.
  case conflict(MemberRecord, MemberRecord)
}

/// What became of a gossip payload.
public enum DeltaVerdict: Hashable, Sendable {
  /// It was taken in. `gap`: at least one delta before it has not arrived (yet), or what is
  /// believed is not what its sender announced; anti-entropy follows if that stays so.
  case applied(gap: Bool)
  /// It came late, after others, and what those did not overtake was taken in.
  case late
  /// It said nothing new: a repetition, or from a life that is over.
  case stale
  /// There is no room for another member, or it claims to come from this node itself.
  case refused
}

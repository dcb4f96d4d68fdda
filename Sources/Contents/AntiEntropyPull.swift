import BlockCache
public import Membership

/// One member's contents being learned from itself; see ``AntiEntropy`` for the messages.
///
///     comparing → same: over
///         ↑  └──→ listing → (nothing differs) ──→ listing, next page
///         │          ↑ └──→ fetching → fetching, what is missing
///         │          └─────────┘  next page
///         └── after the last page ┘
///
/// The caller sends ``request`` over a connection of its own, gives the answer to
/// ``ContentsView/receive(_:in:now:)``, and goes on until there is no request; if the connection
/// fails, ``ContentsView/abandon(_:now:)``.
public struct AntiEntropyPull: Sendable {
  /// How a pull ended.
  public enum Outcome: Hashable, Sendable {
    /// What is believed of the member was, for a moment, exactly what it had announced.
    case exact
    /// It was not to be reached: the member changed too fast, claims more than may be remembered,
    /// or does not keep to what it said. It is tried again later.
    case incomplete
  }

  enum Phase: Sendable {
    case comparing
    case listing(BucketMask, after: FileVersion?)
    /// `next`: where listing goes on, nil if it is over.
    case fetching([AntiEntropyRequest.Range], mask: BucketMask, next: FileVersion?)
    case over
  }

  /// Whose contents these are.
  public let member: MemberID
  /// What to send next; nil when the pull is over.
  public internal(set) var request: AntiEntropyRequest?
  /// How it ended; nil before.
  public internal(set) var outcome: Outcome?
  /// How many answers came.
  public internal(set) var messages = 0

  var phase = Phase.comparing
  var comparisons = 1

  init(member: MemberID, root: UInt64) {
    self.member = member
    request = .compare(root: root)
  }

  mutating func end(_ outcome: Outcome) {
    phase = .over
    request = nil
    self.outcome = outcome
  }

  mutating func list(_ mask: BucketMask, after: FileVersion?) {
    phase = .listing(mask, after: after)
    request = .versions(mask, after: after)
  }

  mutating func fetch(
    _ ranges: [AntiEntropyRequest.Range], mask: BucketMask, next: FileVersion?
  ) {
    phase = .fetching(ranges, mask: mask, next: next)
    request = .blocks(ranges)
  }
}

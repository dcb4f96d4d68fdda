/// Whether the claims of a member are worth a request.
///
///     trusted  ── so many claims disproved within a few half-lives ──▸ distrusted
///        ▲                                                                │
///        └────────────────────────── time is over ────────────────────────┘  longer each time
struct MemberTrust: Sendable {
  /// Claims disproved and not forgotten yet.
  private(set) var disproofs = 0
  private var halvedAt: Duration = .zero
  /// How often it was distrusted.
  private(set) var offences = 0
  private(set) var distrustedUntil: Duration?

  var isDistrusted: Bool { distrustedUntil != nil }
  /// Whether there is nothing to remember.
  var isSpotless: Bool { disproofs == 0 && offences == 0 }

  /// One more claim was wrong.
  mutating func disprove(_ limits: ContentsLimits, now: Duration) {
    decay(limits, now: now)
    disproofs += 1
    guard disproofs >= limits.disproofs, distrustedUntil == nil else { return }
    disproofs = 0
    let factor = 1 << min(offences, 20)
    offences += 1
    distrustedUntil = now + min(limits.distrust * factor, limits.distrustCeiling)
  }

  /// The member corrected a claim itself: it had only not been heard yet.
  mutating func excuse() { disproofs = max(0, disproofs - 1) }

  /// Ends what is over.
  mutating func advance(to now: Duration) {
    if let until = distrustedUntil, until <= now { distrustedUntil = nil }
  }

  private mutating func decay(_ limits: ContentsLimits, now: Duration) {
    if disproofs == 0 || limits.disproofHalfLife <= .zero { halvedAt = now }
    while disproofs > 0, now - halvedAt >= limits.disproofHalfLife {
      disproofs /= 2
      halvedAt += limits.disproofHalfLife
    }
    if disproofs == 0 { halvedAt = now }
  }
}

/// When anti-entropy with one member is due.
///
///     exact → differs → (grace) → due → pulling → exact
///                                  ↑        │
///                                  └ wait ←─┘ failed, or still not exact: twice as long each time
struct PullSchedule: Sendable {
  /// Since when what is remembered is not what the member announced.
  private(set) var differsSince: Duration?
  /// Not before this, after a pull that failed.
  private var notBefore: Duration = .zero
  /// When the pull that is under way began.
  private(set) var pullingSince: Duration?
  /// How many pulls in a row did not lead to an exact view.
  private(set) var failures = 0

  /// What is remembered was compared with what the member announced.
  mutating func compared(isExact: Bool, now: Duration) {
    if isExact {
      differsSince = nil
      failures = 0
      notBefore = .zero
    } else if differsSince == nil {
      differsSince = now
    }
  }

  /// When the next pull is due; nil if none is needed.
  /// - Parameter stagger: 0 to 255: how far into the second half of the grace.
  func due(_ limits: ContentsLimits, stagger: UInt8) -> Duration? {
    guard let differsSince else { return nil }
    let grace = limits.syncGrace + limits.syncGrace * Int(stagger) / 256
    let due = max(differsSince + grace, notBefore)
    return pullingSince.map { max(due, $0 + limits.syncTimeout) } ?? due
  }

  mutating func begin(now: Duration) { pullingSince = now }

  /// The pull ended, and ``compared(isExact:now:)`` was told how.
  mutating func end(_ limits: ContentsLimits, isClipped: Bool, now: Duration) {
    pullingSince = nil
    guard differsSince != nil else { return }
    failures += 1
    let wait =
      isClipped ? limits.clippedRetry : limits.syncGrace * (1 << min(failures, 20))
    notBefore = now + (isClipped ? wait : min(wait, limits.syncBackoffCeiling))
  }
}

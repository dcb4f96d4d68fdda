/// Finds out whether a second living process claims our own id.
///
/// After a restart others still speak of our former life: one or two refutations settle that.
/// Whoever answers every refutation with a higher incarnation of his own lives, and so does whoever
/// sends us datagrams under our id. We go on refuting, but less and less often.
struct Namesake: Sendable {
  /// As many refutations of one boot are a conflict.
  private static let refutationLimit = 3
  private static let reportInterval = Duration.seconds(60)

  private var boot: UInt64?
  private var refutations = 0
  private var quietUntil: Duration?
  private var reportedAt: Duration?
  /// The low half of the boot of a process that sent us a datagram under our id.
  private var senderTag: UInt32?

  /// A datagram came from another process of our id.
  mutating func sent(bootTag: UInt32) { senderTag = bootTag }

  /// A record of our id with another boot was seen.
  /// - Parameter isAhead: whether its incarnation is at least ours.
  /// - Returns: whether to go above its incarnation, and whether to report a conflict.
  mutating func saw(
    boot: UInt64, isAhead: Bool, now: Duration
  ) -> (refute: Bool, report: Bool) {
    if self.boot != boot {
      self.boot = boot
      refutations = 0
      quietUntil = nil
    }
    var refute = false
    if isAhead, quietUntil.map({ now >= $0 }) ?? true {
      refute = true
      refutations = min(refutations + 1, 64)
      if refutations >= Self.refutationLimit {
        let exponent = min(6, refutations - Self.refutationLimit)
        quietUntil = now + .seconds(1 << exponent)
      }
    }
    let lives =
      refutations >= Self.refutationLimit || senderTag == UInt32(truncatingIfNeeded: boot)
    let report = lives && (reportedAt.map { now - $0 >= Self.reportInterval } ?? true)
    if report { reportedAt = now }
    return (refute, report)
  }
}

/// Remembers which boots other members had lately: one that comes back was never gone, so two
/// processes share an id. Holds 256 members; the oldest make room.
struct RestartMemory: Sendable {
  private static let limit = 256
  private static let reportInterval = Duration.seconds(60)
  /// A boot that comes back later than this is a very late message.
  private static let memory = Duration.seconds(600)

  private struct Restart {
    let boot: UInt64
    let at: Duration
    var reportedAt: Duration?
  }

  private var restarts: [MemberID: Restart] = [:]
  private var order = FIFO<MemberID>()

  /// A member's boot changed.
  /// - Returns: whether to report a conflict.
  mutating func changed(
    _ id: MemberID, from old: UInt64, to new: UInt64, now: Duration
  ) -> Bool {
    let before = restarts[id]
    if before == nil {
      order.append(id)
      if order.count > Self.limit, let oldest = order.first {
        order.removeFirst()
        restarts[oldest] = nil
      }
    }
    let isBack = before.map { $0.boot == new && now - $0.at < Self.memory } ?? false
    let report =
      isBack && (before?.reportedAt.map { now - $0 >= Self.reportInterval } ?? true)
    restarts[id] = Restart(boot: old, at: now, reportedAt: report ? now : before?.reportedAt)
    return report
  }
}

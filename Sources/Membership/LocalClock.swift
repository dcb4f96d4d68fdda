/// Time as a member has lived through it: while the process stood still, so did this clock.
///
/// A process that was stopped, or got no CPU, must not conclude from its own silence that others
/// are dead. So when a call comes later than the deadline it was due at, the time lost is taken out
/// of every deadline, and what is due is put off a little, once: what arrived meanwhile waits in
/// the socket and is to be heard first.
struct LocalClock: Sendable {
  /// The time of the last call as the caller told it.
  private(set) var outer: Duration
  /// The time of the last call as we count it.
  private(set) var inner: Duration
  /// Whether what is due was put off, and no tick was in time since.
  private var hasPutOff = false

  init(now: Duration) {
    outer = now
    inner = now
  }

  /// Goes on to `now`; a time before the last call's is taken as that.
  /// - Parameters:
  ///   - due: the deadline, as the caller was told it.
  ///   - allowed: how late a call may be.
  ///   - isTick: whether the call is the one that the deadline is for.
  /// - Returns: whether the call was later than that.
  mutating func advance(
    to now: Duration, due: Duration, allowed: Duration, isTick: Bool
  ) -> Bool {
    guard now > outer else { return false }
    let isLate = now - max(due, outer) > allowed
    if isLate {
      inner += max(.zero, due - outer - (hasPutOff ? .zero : allowed))
      hasPutOff = true
    } else {
      inner += now - outer
      if isTick { hasPutOff = false }
    }
    outer = now
    return isLate
  }

  /// An inner time as the caller will see it, if nothing is late until then.
  func outer(_ time: Duration) -> Duration { outer + (time - inner) }
}

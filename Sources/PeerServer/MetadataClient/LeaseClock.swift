import Synchronization

/// Until when this data server may serve without having heard from the metadata server: the lease
/// from the *sending* of the last request whose SEQUENCE succeeded. The server's own lease began
/// later, when it received it, so it ends later too.
final class LeaseClock: Sendable {
  private struct State {
    var lastSent: Duration?
    var lease: Duration?
  }

  private let state = Mutex(State())
  /// Nanoseconds of `MonotonicClock`; 0 when nothing may be served.
  private let validUntil = Atomic<Int64>(0)

  /// Whether the lease holds.
  func isValid(now: Duration) -> Bool {
    now.nanoseconds < validUntil.load(ordering: .acquiring)
  }

  /// A request that was sent at `sentAt` renewed the lease.
  func renewed(sentAt: Duration) {
    state.withLock { state in
      state.lastSent = max(state.lastSent ?? sentAt, sentAt)
      publish(state)
    }
  }

  /// The metadata server told how long the lease is.
  func setLease(seconds: UInt32) {
    state.withLock { state in
      state.lease = .seconds(Int64(seconds))
      publish(state)
    }
  }

  /// The session is gone, and the lease with it.
  func end() {
    state.withLock { state in
      state = State()
      publish(state)
    }
  }

  /// When the last renewal that succeeded was sent.
  var lastRenewal: Duration? { state.withLock { $0.lastSent } }

  private func publish(_ state: State) {
    guard let sent = state.lastSent, let lease = state.lease else {
      return validUntil.store(0, ordering: .releasing)
    }
    validUntil.store((sent + lease).nanoseconds, ordering: .releasing)
  }
}

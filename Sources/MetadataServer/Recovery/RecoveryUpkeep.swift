import Logging
import NFSServer
import NFSv4
import Synchronization

/// What recovery needs done about once a second, where blocking is allowed: the grace period ends,
/// changes behind the server's back are looked for, what is to be recorded is recorded.
final class RecoveryUpkeep: Sendable {
  /// How far files were looked at is stored so often.
  private static let seenInterval: UInt64 = 4 << 30

  private struct State {
    var isInGrace = true
    var storedSeen: Changeid4 = 0
  }

  private let operations: MetadataOperations<PosixTree>
  private let watch: ChangeWatch<PosixTree>
  private let store: ReclaimStore
  private let leaseSeconds: UInt32
  private let logger: Logger
  private let state = Mutex(State())

  init(
    operations: MetadataOperations<PosixTree>, watch: ChangeWatch<PosixTree>, store: ReclaimStore,
    leaseSeconds: UInt32, logger: Logger
  ) {
    self.operations = operations
    self.watch = watch
    self.store = store
    self.leaseSeconds = leaseSeconds
    self.logger = logger
    let standing = operations.recovery.standing
    if standing.graceLeft > .zero {
      logger.notice(
        "grace period begins",
        metadata: [
          "clients": "\(standing.pending)",
          "seconds": "\(Int(standing.graceSecondsLeft.rounded(.up)))",
        ])
    }
  }

  func tick() {
    operations.recovery.advance()
    endGrace()
    look()
    operations.recovery.flush()
  }

  private func endGrace() {
    let standing = operations.recovery.standing
    guard standing.graceLeft == .zero, state.withLock({ $0.isInGrace }) else { return }
    state.withLock { $0.isInGrace = false }
    // Nothing that the former run granted is good any more, however long its lease was.
    store.setLease(leaseSeconds)
    logger.notice("grace period is over", metadata: ["reclaimed": "\(standing.reclaimed)"])
  }

  /// A file is known not to have changed unnoticed up to a moment if it was looked at after that,
  /// and whoever trusted in an older version knows better. What is yet to be reclaimed is not
  /// looked at.
  private func look() {
    let settled = operations.tree.settledChange
    guard watch.look(), operations.recovery.standing.pending == 0,
      !operations.withState({ $0.hasRecalledDelegations })
    else { return }
    let isDue = state.withLock { state in
      // Also when the clock went back.
      guard settled < state.storedSeen || settled - state.storedSeen >= Self.seenInterval else {
        return false
      }
      state.storedSeen = settled
      return true
    }
    if isDue { store.saw(settled) }
  }
}

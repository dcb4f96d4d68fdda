public import NFSv4
import Synchronization

/// The ledger of who may reclaim, and the way to stable storage, for the operations.
///
/// Thread-safe. What is stored is stored by the thread that needs it, for all that wait at that
/// moment: call it where blocking is allowed.
public final class Recovery: Sendable {
  /// What an operator may want to know.
  public struct Standing: Sendable {
    /// Zero when there is no grace period.
    public let graceLeft: Duration
    /// Clients that had a right to reclaim and said that they are through.
    public let reclaimed: Int
    /// Opens that were reclaimed.
    public let reclaimedOpens: Int
    /// Clients that may still reclaim.
    public let pending: Int
    /// Clients that could reclaim if the server restarted now.
    public let recorded: Int
    /// The last attempt to store failed.
    public let isFailing: Bool

    public var graceSecondsLeft: Double {
      let (seconds, attoseconds) = graceLeft.components
      return Double(seconds) + Double(attoseconds) / 1e18
    }
  }

  private let ledger: Mutex<ReclaimLedger>
  private let store: @Sendable ([ReclaimChange]) -> Bool
  /// Held by who stores. Others that need it wait, and mostly find their changes stored by then.
  private let storing = Mutex(())
  private let isFailing = Atomic<Bool>(false)
  private let reclaimedOpens = Atomic<Int>(0)
  private let now: @Sendable () -> Duration

  /// - Parameters:
  ///   - store: puts changes on stable storage in one transaction; may block; false if it cannot.
  public init(
    ledger: ReclaimLedger, now: @escaping @Sendable () -> Duration,
    store: @escaping @Sendable ([ReclaimChange]) -> Bool
  ) {
    self.ledger = Mutex(ledger)
    self.now = now
    self.store = store
  }

  /// For a server whose state ends with it, and that has no past.
  public convenience init() {
    self.init(
      ledger: ReclaimLedger(history: ReclaimHistory(), leaseSeconds: 0, now: .zero),
      now: { .zero }, store: { _ in true })
  }

  public var standing: Standing {
    let now = now()
    let isFailing = isFailing.load(ordering: .relaxed)
    let opens = reclaimedOpens.load(ordering: .relaxed)
    return ledger.withLock {
      Standing(
        graceLeft: $0.grace.remaining(now: now), reclaimed: $0.grace.completedCount,
        reclaimedOpens: opens, pending: $0.grace.pendingCount, recorded: $0.count,
        isFailing: isFailing)
    }
  }

  /// Whether a delegated file of this version is known not to have changed unnoticed before or
  /// during the restart.
  public func isSeen(_ change: Changeid4) -> Bool { ledger.withLock { $0.seenChanges >= change } }

  /// - Throws: see `GracePeriod.admit`.
  public func admit(_ request: GracePeriod.Request, by client: ReclaimKey?) throws(Nfsstat4) {
    let now = now()
    try ledger.withLock { ledger -> Result<Void, Nfsstat4> in
      ledger.advance(now: now)
      return Result { () throws(Nfsstat4) in try ledger.grace.admit(request, by: client) }
    }.get()
  }

  /// Records that a client is about to be granted something. Returns when that is on stable
  /// storage, together with the end of everything that ended before.
  /// - Returns: false if it cannot be stored: after a restart the client may not reclaim, and
  ///   others may reclaim what it gets.
  public func hold(_ client: ReclaimKey, excludesReaders: Bool) -> Bool {
    let change = ledger.withLock { $0.hold(client, excludesReaders: excludesReaders) }
    return makeStored(change)
  }

  /// Stores what is not stored yet.
  /// - Returns: false if it cannot be stored.
  @discardableResult
  public func flush() -> Bool { makeStored(ledger.withLock { $0.barrier }) }

  public func gone(_ client: ClientRecord) { ledger.withLock { $0.gone(ReclaimKey(client)) } }

  /// An open was reclaimed.
  func countOpen() { reclaimedOpens.add(1, ordering: .relaxed) }

  func complete(_ client: ReclaimKey) { ledger.withLock { $0.complete(client) } }

  public func revoked(_ client: ClientRecord) {
    ledger.withLock { $0.revoked(ReclaimKey(client)) }
  }

  func acknowledged(_ client: ClientRecord) {
    ledger.withLock { $0.acknowledged(ReclaimKey(client)) }
  }

  /// To be called about once a second: ends the grace period when its time has come.
  public func advance() {
    let now = now()
    ledger.withLock { $0.advance(now: now) }
  }

  private func makeStored(_ change: UInt64) -> Bool {
    if ledger.withLock({ $0.isStored(change) }) { return true }
    // The only lock under which something else is called: it is there to let one at a time store.
    return storing.withLock { _ in
      if ledger.withLock({ $0.isStored(change) }) { return true }
      let (changes, last) = ledger.withLock { $0.takeQueued() }
      let isStored = store(changes)
      ledger.withLock { isStored ? $0.stored(upTo: last) : $0.requeue(changes) }
      isFailing.store(!isStored, ordering: .relaxed)
      return isStored
    }
  }
}

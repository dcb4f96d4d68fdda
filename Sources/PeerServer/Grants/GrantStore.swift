import BlockCache
import NFSv4
import NIOCore
import Synchronization

/// The grants of this data server with what they depend on: the registration and the lease.
///
/// A READ is *answered* in one go on its connection's event loop: look the grant up here, encode,
/// write to the channel, without giving up the thread in between. So once `revoke` has returned, an
/// answer under a revoked grant can only still be in progress on a loop whose current task looked
/// the grant up before; a task that is put on that loop now runs after it. `afterAnswers` puts one
/// on every loop, and when all of them have run no answer under what was revoked is in progress and
/// none will begin. What was answered before then is in the socket's buffer: it was read before the
/// revocation was acknowledged.
final class GrantStore: Sendable {
  private let table: Mutex<GrantTable>
  private let loops: [any EventLoop]
  let lease: LeaseClock
  /// The routing cookie of the registration; 0 while there is none.
  private let currentCookie = Atomic<UInt64>(0)

  /// - Parameter loops: every event loop that answers READs.
  init(loops: [any EventLoop], lease: LeaseClock, limit: Int = 100_000) {
    self.loops = loops
    self.lease = lease
    self.table = Mutex(GrantTable(limit: limit))
  }

  var count: Int { table.withLock { $0.count } }

  /// The cookie in front of filehandles that lead here, while registered.
  var cookie: UInt64? {
    let value = currentCookie.load(ordering: .acquiring)
    return value == 0 ? nil : value
  }

  /// A registration begins: what was granted under a former one is void.
  func begin(cookie: UInt64) {
    end()
    currentCookie.store(cookie, ordering: .releasing)
  }

  /// The registration or the session is gone, and everything granted with it.
  func end() {
    currentCookie.store(0, ordering: .releasing)
    revoke([.all])
  }

  /// The grant under a key, if it may be used now.
  func grant(for key: GrantKey, now: Duration) -> Grant? {
    guard lease.isValid(now: now) else { return nil }
    return table.withLock { $0.grant(for: key, now: now) }
  }

  /// Whether this very grant may be used now.
  func holds(_ grant: Grant, for key: GrantKey, now: Duration) -> Bool {
    lease.isValid(now: now) && table.withLock { $0.holds(grant.id, for: key, now: now) }
  }

  /// To be taken before the metadata server is asked for a grant.
  func mark() -> UInt64 { table.withLock { $0.mark } }

  /// See `GrantTable.insert`.
  func insert(
    _ key: GrantKey, file: BlockFile, clientid: Clientid4, proxyStateid: StateidOther,
    expires: Duration, since: UInt64
  ) -> Grant? {
    table.withLock {
      $0.insert(
        key, file: file, clientid: clientid, proxyStateid: proxyStateid, expires: expires,
        since: since)
    }
  }

  /// Takes grants away at once. Answers under them may still be in progress: see `afterAnswers`.
  func revoke(_ revocations: [GrantTable.Revocation]) {
    table.withLock { table in
      for revocation in revocations { table.revoke(revocation) }
    }
  }

  /// Clients of this data server are gone.
  func drop(ownClients clients: [Clientid4]) {
    table.withLock { table in
      for client in clients { table.drop(ownClient: client) }
    }
  }

  /// Calls `body` when every answer that is in progress now has been given.
  func afterAnswers(_ body: @escaping @Sendable () -> Void) {
    let left = Countdown(loops.count, body)
    for loop in loops { loop.execute { left.step() } }
    if loops.isEmpty { body() }
  }

  private final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let body: @Sendable () -> Void

    init(_ count: Int, _ body: @escaping @Sendable () -> Void) {
      left = Atomic(count)
      self.body = body
    }

    func step() {
      if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { body() }
    }
  }
}

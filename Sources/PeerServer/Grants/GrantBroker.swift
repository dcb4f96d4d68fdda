import NFSv4
import NIOCore
import ONCRPC
import Synchronization
import XDR

/// Asks the metadata server by PROXY_OPEN for grants that are not held: once for all READs that
/// wait for the same one.
final class GrantBroker: Sendable {
  /// What a READ is told. A status is one that a stock client takes rightly: it drops the layout
  /// and reads through the metadata server.
  typealias Outcome = Result<Grant, Nfsstat4>

  /// Keys that are being asked for, and READs that wait for one; more are refused.
  static let keyLimit = 16_384
  static let waiterLimit = 4096

  private let store: GrantStore
  private let client: MetadataClient
  private let counters: PeerCounters
  private let blockBytes: Int
  private let asking = Mutex<[GrantKey: [@Sendable (Outcome) -> Void]]>([:])

  init(store: GrantStore, client: MetadataClient, counters: PeerCounters, blockBytes: Int) {
    self.store = store
    self.client = client
    self.counters = counters
    self.blockBytes = blockBytes
  }

  /// Finds the grant or asks for it.
  /// - Parameters:
  ///   - arguments: what to ask if there is none.
  ///   - completion: called once, now or later, on any thread.
  func acquire(
    _ key: GrantKey, asking arguments: @autoclosure () -> PROXY_OPEN4args,
    completion: @escaping @Sendable (Outcome) -> Void
  ) {
    guard store.lease.isValid(now: MonotonicClock.now()) else {
      return completion(.failure(.NFS4ERR_PNFS_NO_LAYOUT))
    }
    let isFirst = asking.withLock { asking -> Bool? in
      if let waiters = asking[key] {
        guard waiters.count < Self.waiterLimit else { return nil }
        asking[key]?.append(completion)
        return false
      }
      guard asking.count < Self.keyLimit else { return nil }
      asking[key] = [completion]
      return true
    }
    switch isFirst {
    case nil: completion(.failure(.NFS4ERR_PNFS_NO_LAYOUT))
    case .some(false): return
    case .some(true): ask(key, arguments())
    }
  }

  private func ask(_ key: GrantKey, _ arguments: PROXY_OPEN4args) {
    let mark = store.mark()
    counters.proxyOpens.wrappingAdd(1, ordering: .relaxed)
    let sentAt = MonotonicClock.now()
    client.call(PROXY_OPEN.self, arguments, kind: .repeatable) { result in
      let outcome = self.outcome(result, key, sentAt: sentAt, mark: mark)
      let waiters = self.asking.withLock { $0.removeValue(forKey: key) ?? [] }
      for waiter in waiters { waiter(outcome) }
    }
  }

  private func outcome(
    _ result: Result<PROXY_OPEN4resok, RequestFailure>, _ key: GrantKey, sentAt: Duration,
    mark: UInt64
  ) -> Outcome {
    switch result {
    case .success(let resok):
      let file = BlockFile(
        handle: resok.fh, change: resok.change, size: resok.size,
        blockBytes: blockBytes)
      let grant = store.insert(
        key, file: file, clientid: resok.clientid, proxyStateid: resok.proxyStateid.other,
        expires: sentAt + .seconds(Int64(resok.lease)), since: mark)
      guard let grant else { return .failure(.NFS4ERR_PNFS_NO_LAYOUT) }
      return .success(grant)
    case .failure(.status(let status)):
      // NFS4ERR_PERM is not about the reader, who gets NFS4ERR_ACCESS: the server knows this data
      // server no more, or not on this connection.
      if status == .NFS4ERR_NOTSUPP || status == .NFS4ERR_PERM { client.registrationDoubted() }
      return .failure(Self.answer(to: status))
    case .failure: return .failure(.NFS4ERR_PNFS_NO_LAYOUT)
    }
  }

  /// What a stock client's READ is answered when PROXY_OPEN ended with `status`. A stock client
  /// that is answered NFS4ERR_DELAY sleeps 15 seconds, and with NFS4ERR_BAD_STATEID and its like
  /// it keeps the layout and pays for two READs ever after.
  static func answer(to status: Nfsstat4) -> Nfsstat4 {
    switch status {
    case .NFS4ERR_ACCESS: .NFS4ERR_ACCESS
    case .NFS4ERR_STALE: .NFS4ERR_STALE
    case .NFS4ERR_BADHANDLE: .NFS4ERR_BADHANDLE
    default: .NFS4ERR_PNFS_NO_LAYOUT
    }
  }
}

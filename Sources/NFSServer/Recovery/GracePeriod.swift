public import NFSv4

/// The time after a restart in which clients take back what they held, and nobody else gets
/// anything that could be in the way of that (RFC 8881 §8.4.2).
///
///     grace → over: all that had a right to reclaim have sent RECLAIM_COMPLETE or are gone,
///                   or a lease has passed
///
/// A server without a past is not in grace. One that lost its records is for a whole lease, and
/// nobody may reclaim.
public struct GracePeriod: Sendable {
  /// What a client asks for, as far as it matters here.
  public enum Request: Sendable {
    /// To have again what it held before the restart.
    case reclaim
    /// To read, and to be told of changes: an open for reading that denies nothing, a read
    /// delegation.
    case share
    /// Everything that keeps others from reading, or changes what they read: an open for writing
    /// or with a denial, a lock, a change.
    case exclude
  }

  /// When it is over at the latest.
  public let end: Duration
  public private(set) var isOver: Bool
  /// Clients that may reclaim: they have not said that they are through.
  private var pending: [ReclaimKey: ReclaimRecord]
  /// Of those, the ones that may hold what keeps others from reading.
  private var excluders = 0
  /// Nobody's RECLAIM_COMPLETE ends it early.
  private let isWhole: Bool
  /// Clients that said they are through.
  public private(set) var completedCount = 0

  /// - Parameters:
  ///   - records: who may reclaim.
  ///   - isLost: there may be others that hold something, unknown to us.
  ///   - length: the longer one of the former lease and ours.
  public init(records: [ReclaimRecord], isLost: Bool, now: Duration, length: Duration) {
    pending = [:]
    for record in records where !record.isRevoked { pending[record.key] = record }
    excluders = pending.values.count(where: \.excludesReaders)
    isWhole = isLost
    isOver = pending.isEmpty && !isLost
    end = now + length
  }

  /// Clients that may still reclaim.
  public var pendingCount: Int { pending.count }

  /// Time until it is over at the latest.
  public func remaining(now: Duration) -> Duration { isOver ? .zero : max(.zero, end - now) }

  /// Whether a request may be carried out now.
  ///
  /// In grace, reading is only refused while somebody may come back for what excludes it. RFC 8881
  /// §8.4.2.1 allows that: what is granted here cannot conflict with what is reclaimed later.
  /// - Parameter key: nil for a request that belongs to no client in particular.
  /// - Throws: NFS4ERR_NO_GRACE for a reclaim by a client that has no right to it, any more or at
  ///   all; NFS4ERR_GRACE for what has to wait.
  public func admit(_ request: Request, by key: ReclaimKey?) throws(Nfsstat4) {
    switch request {
    case .reclaim:
      guard let key, pending[key] != nil else { throw .NFS4ERR_NO_GRACE }
    case .share:
      guard isOver || excluders == 0 else { throw .NFS4ERR_GRACE }
    case .exclude:
      guard isOver else { throw .NFS4ERR_GRACE }
    }
  }

  /// RECLAIM_COMPLETE: the client has reclaimed what it wants.
  public mutating func complete(_ key: ReclaimKey) {
    guard remove(key) else { return }
    completedCount += 1
    endIfAllCame()
  }

  /// The client is gone, or has lost its right.
  public mutating func withdraw(_ key: ReclaimKey) {
    if remove(key) { endIfAllCame() }
  }

  /// Ends the grace period if its time has come.
  /// - Returns: the clients that did not come: they may not reclaim after another restart either,
  ///   as others get what they held from now on (RFC 8881 §8.4.3, second edge condition).
  public mutating func advance(now: Duration) -> [ReclaimKey] {
    guard !isOver, now >= end else { return [] }
    defer {
      pending = [:]
      excluders = 0
      isOver = true
    }
    return Array(pending.keys)
  }

  private mutating func remove(_ key: ReclaimKey) -> Bool {
    guard let record = pending.removeValue(forKey: key) else { return false }
    if record.excludesReaders { excluders -= 1 }
    return true
  }

  private mutating func endIfAllCame() {
    if pending.isEmpty, !isWhole { isOver = true }
  }
}

public import NFSv4

/// What is to become of the record of one client.
public enum ReclaimChange: Hashable, Sendable {
  case put(ReclaimRecord)
  case remove(ReclaimKey)

  var key: ReclaimKey {
    switch self {
    case .put(let record): record.key
    case .remove(let key): key
    }
  }
}

/// Which clients may reclaim after the next restart, which may now, and how much of that is on
/// stable storage (RFC 8881 §8.4.3).
///
/// A value. Every change gets a number. A grant is only answered when all changes up to the number
/// that `hold` returns are stored: the client's own record, so that it finds it after a restart,
/// and the removal of those whose state it may get.
public struct ReclaimLedger: Sendable {
  public private(set) var grace: GracePeriod
  /// Changes of delegated files up to this change attribute were noticed by the former run.
  public let seenChanges: Changeid4
  private var records: [ReclaimKey: ReclaimRecord] = [:]
  /// The last change of each record that is not being stored yet.
  private var queued: [ReclaimKey: ReclaimChange] = [:]
  private var lastChange: UInt64 = 0
  private var lastStored: UInt64 = 0

  /// - Parameter leaseSeconds: ours.
  public init(history: ReclaimHistory, leaseSeconds: UInt32, now: Duration) {
    let length = max(leaseSeconds, history.leaseSeconds ?? 0)
    grace = GracePeriod(
      records: history.records, isLost: history.isLost, now: now,
      length: .seconds(Int64(length)))
    seenChanges = history.seenChanges
    for record in history.records {
      records[record.key] = record
      // It may not reclaim; what it acquires from now on is recorded anew.
      if record.isRevoked { remove(record.key) }
    }
  }

  /// Clients on record.
  public var count: Int { records.count }

  public func record(of key: ReclaimKey) -> ReclaimRecord? { records[key] }

  /// The client is about to be granted something.
  /// - Returns: the change that has to be stored first.
  public mutating func hold(_ key: ReclaimKey, excludesReaders: Bool) -> UInt64 {
    var record = records[key] ?? ReclaimRecord(key: key)
    record.excludesReaders = record.excludesReaders || excludesReaders
    put(record)
    return lastChange
  }

  /// What has to be stored before something is done that needs no record of its own.
  public var barrier: UInt64 { lastChange }

  /// The client is gone: expired, destroyed or restarted. Nothing of what it held is its own.
  public mutating func gone(_ key: ReclaimKey) {
    grace.withdraw(key)
    remove(key)
  }

  /// Something of the client was revoked.
  public mutating func revoked(_ key: ReclaimKey) { setRevoked(true, key) }

  /// The client knows of everything that was revoked.
  public mutating func acknowledged(_ key: ReclaimKey) { setRevoked(false, key) }

  private mutating func setRevoked(_ isRevoked: Bool, _ key: ReclaimKey) {
    guard var record = records[key] else { return }
    record.isRevoked = isRevoked
    put(record)
  }

  /// RECLAIM_COMPLETE.
  public mutating func complete(_ key: ReclaimKey) { grace.complete(key) }

  /// Ends the grace period if its time has come.
  public mutating func advance(now: Duration) {
    for key in grace.advance(now: now) { remove(key) }
  }

  private mutating func put(_ record: ReclaimRecord) {
    guard records.updateValue(record, forKey: record.key) != record else { return }
    queue(.put(record))
  }

  private mutating func remove(_ key: ReclaimKey) {
    if records.removeValue(forKey: key) != nil { queue(.remove(key)) }
  }

  private mutating func queue(_ change: ReclaimChange) {
    queued[change.key] = change
    lastChange += 1
  }

  // MARK: Storing

  public func isStored(_ change: UInt64) -> Bool { lastStored >= change }

  /// Takes what is to be stored, all in one transaction, and the number of its last change.
  public mutating func takeQueued() -> (changes: [ReclaimChange], last: UInt64) {
    defer { queued = [:] }
    return (Array(queued.values), lastChange)
  }

  public mutating func stored(upTo last: UInt64) { lastStored = max(lastStored, last) }

  /// They could not be stored: they are taken again, unless another change came after them.
  public mutating func requeue(_ changes: [ReclaimChange]) {
    for change in changes where queued[change.key] == nil { queued[change.key] = change }
  }
}

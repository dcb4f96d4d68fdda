/// Who a client is to a server that restarts: what it calls itself, and for whom it acts.
///
/// Its verifier is left out: it tells a client's own restarts apart, and a client that restarted
/// has nothing to reclaim and says so by RECLAIM_COMPLETE.
public struct ReclaimKey: Hashable, Sendable {
  /// `co_ownerid`.
  public let ownerid: [UInt8]
  /// Of the principal that made the client ID; nil for AUTH_NONE.
  public let uid: UInt32?

  public init(ownerid: [UInt8], uid: UInt32?) {
    self.ownerid = ownerid
    self.uid = uid
  }

  init(_ client: ClientRecord) {
    let uid: UInt32? =
      switch client.principal {
      case .none: nil
      case .sys(let uid): uid
      }
    self.init(ownerid: client.owner.ownerid, uid: uid)
  }
}

/// What outlives the server of one client that holds opens, locks or delegations
/// (RFC 8881 §8.4.3).
///
/// There is none for a client that expired, that was destroyed, or that did not come back during a
/// grace period: what such a client held may have been given to others since, so that it may not
/// reclaim it.
public struct ReclaimRecord: Hashable, Sendable {
  public let key: ReclaimKey
  /// The client may hold what keeps others from reading: an open for writing, one that denies
  /// others something, a lock. Stays set as long as the record is there.
  public var excludesReaders: Bool
  /// Something of the client was revoked, and FREE_STATEID has not come for it: it does not know
  /// what it has lost, so it may not reclaim anything.
  public var isRevoked: Bool

  public init(key: ReclaimKey, excludesReaders: Bool = false, isRevoked: Bool = false) {
    self.key = key
    self.excludesReaders = excludesReaders
    self.isRevoked = isRevoked
  }
}

/// What a server finds of its former run.
public struct ReclaimHistory: Sendable, Equatable {
  public var records: [ReclaimRecord]
  /// What clients and data servers were told then; nil when there was no former run.
  public var leaseSeconds: UInt32?
  /// Changes of delegated files up to this change attribute were noticed then.
  public var seenChanges: UInt64
  /// The records could not be read. Nobody may reclaim, and as others may still act on what they
  /// were granted, nothing that conflicts is granted for a lease.
  public var isLost: Bool

  public init(
    records: [ReclaimRecord] = [], leaseSeconds: UInt32? = nil, seenChanges: UInt64 = 0,
    isLost: Bool = false
  ) {
    self.records = records
    self.leaseSeconds = leaseSeconds
    self.seenChanges = seenChanges
    self.isLost = isLost
  }
}

public import NFSv4

/// What one lock-owner of one client has locked of one file, made under one open.
public struct LockState: Sendable {
  public var stateid: Stateid4
  public let clientid: Clientid4
  let owner: [UInt8]
  public let file: NfsFh4
  /// The open that it was made under.
  let open: StateidOther
}

/// A lock that may be had now: CB_NOTIFY_LOCK (RFC 8881 §20.11).
public struct LockNotice: Hashable, Sendable {
  public let clientid: Clientid4
  public let file: NfsFh4
  public let owner: [UInt8]
}

/// What LOCK asks for, checked.
public struct LockRequest: Sendable {
  public let range: LockRange
  public let isExclusive: Bool
  /// The client waits for it if it cannot be had now.
  let isBlocking: Bool
  let span: FileLocks.Span

  /// - Throws: NFS4ERR_INVAL.
  public init(
    type: NfsLockType4, offset: UInt64, length: UInt64
  ) throws(Nfsstat4) {
    span = try FileLocks.Span(offset: offset, length: length)
    range = LockRange(offset: offset, count: span.length)
    isExclusive = type == .WRITE_LT || type == .WRITEW_LT
    isBlocking = type == .READW_LT || type == .WRITEW_LT
  }
}

extension MetadataState {
  /// Finds the lock state of a client.
  /// - Throws: NFS4ERR_BAD_STATEID, NFS4ERR_OLD_STATEID.
  public func lock(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> LockState {
    guard let lock = locks[stateid.other], lock.clientid == clientid, lock.file == file else {
      throw .NFS4ERR_BAD_STATEID
    }
    try checkSeqid(stateid.seqid, current: lock.stateid.seqid)
    return lock
  }

  /// The lock state of a lock-owner under an open, made if there is none.
  /// - Returns: the state, the file it locks through, and whether it is new.
  /// - Throws: NFS4ERR_BAD_STATEID, NFS4ERR_OLD_STATEID; NFS4ERR_RESOURCE at the limit.
  public mutating func lockState(
    for locker: Locker4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> (lock: LockState, openFile: OpenFile, access: UInt32, isNew: Bool) {
    switch locker {
    case .lockOwner(let existing):
      let lock = try lock(existing.lockStateid, clientid: clientid, file: file)
      guard let open = opens[lock.open] else { throw .NFS4ERR_BAD_STATEID }
      return (lock, open.openFile, open.access, false)
    case .openOwner(let new):
      let open = try open(new.openStateid, clientid: clientid, file: file)
      let key = OpenKey(clientid: clientid, owner: new.lockOwner.owner, file: file)
      if let lock = lockByKey[key].flatMap({ locks[$0] }) {
        return (lock, open.openFile, open.access, false)
      }
      guard clients[clientid]?.lockCount ?? 0 < limits.locksPerClient else {
        throw .NFS4ERR_RESOURCE
      }
      let lock = LockState(
        stateid: newStateid(.lock), clientid: clientid, owner: new.lockOwner.owner, file: file,
        open: open.stateid.other)
      locks[lock.stateid.other] = lock
      lockByKey[key] = lock.stateid.other
      locksByOpen[lock.open, default: []].insert(lock.stateid.other)
      clients[clientid]?.lockCount += 1
      return (lock, open.openFile, open.access, true)
    }
  }

  /// What other lock-owners hold that is in the way of a lock.
  /// - Parameter owner: nil: it has no lock state yet.
  public func conflict(
    _ request: LockRequest, file: NfsFh4, owner: StateidOther?
  ) -> LOCK4denied? {
    guard
      let held = fileLocks[file]?.conflict(
        request.span, isExclusive: request.isExclusive, owner: owner),
      let lock = locks[held.owner]
    else { return nil }
    return LOCK4denied(
      offset: held.span.first, length: held.span.length,
      locktype: held.isExclusive ? .WRITE_LT : .READ_LT,
      owner: StateOwner4(clientid: lock.clientid, owner: lock.owner))
  }

  /// The lock state of a lock-owner.
  public func lockState(clientid: Clientid4, owner: [UInt8], file: NfsFh4) -> StateidOther? {
    lockByKey[OpenKey(clientid: clientid, owner: owner, file: file)]
  }

  /// Whether another range of the file can be remembered.
  public func hasRoomForLock(on file: NfsFh4) -> Bool {
    fileLocks[file]?.held.count ?? 0 < FileLocks.heldLimit
  }

  /// A lock was taken that nothing was in the way of.
  /// - Returns: its stateid; nil if the state is gone meanwhile.
  public mutating func locked(_ request: LockRequest, _ other: StateidOther) -> Stateid4? {
    guard var lock = locks[other] else { return nil }
    lock.stateid.seqid = nextSeqid(lock.stateid.seqid)
    locks[other] = lock
    var locked = fileLocks[lock.file] ?? FileLocks()
    locked.lock(request.span, isExclusive: request.isExclusive, owner: other)
    locked.stopWaiting(clientid: lock.clientid, owner: lock.owner)
    // A downgrade lets others in.
    settle(&locked, lock.file)
    return lock.stateid
  }

  /// LOCKU (RFC 8881 §18.12).
  /// - Returns: the stateid; nil if the state is gone meanwhile.
  public mutating func unlocked(_ request: LockRequest, _ other: StateidOther) -> Stateid4? {
    guard var lock = locks[other] else { return nil }
    lock.stateid.seqid = nextSeqid(lock.stateid.seqid)
    locks[other] = lock
    guard var locked = fileLocks[lock.file] else { return lock.stateid }
    locked.unlock(request.span, owner: other)
    settle(&locked, lock.file)
    return lock.stateid
  }

  /// A lock was denied that the client waits for, if it said so.
  public mutating func denied(
    _ request: LockRequest, owner: [UInt8], clientid: Clientid4, file: NfsFh4, now: Duration
  ) {
    guard request.isBlocking else { return }
    fileLocks[file, default: FileLocks()].wait(
      FileLocks.Waiter(
        clientid: clientid, owner: owner, span: request.span, isExclusive: request.isExclusive,
        since: now))
    lockWaitFiles.insert(file)
  }

  /// Keeps what is locked of a file, and tells those whose waiting is over.
  private mutating func settle(_ locked: inout FileLocks, _ file: NfsFh4) {
    for waiter in locked.takeReady() {
      events.notices.append(
        LockNotice(clientid: waiter.clientid, file: file, owner: waiter.owner))
    }
    fileLocks[file] = locked.isEmpty ? nil : locked
    if locked.waiters.isEmpty { lockWaitFiles.remove(file) }
  }

  /// Ends a lock state and what it has locked.
  mutating func removeLock(_ other: StateidOther) {
    guard let lock = locks.removeValue(forKey: other) else { return }
    lockByKey[OpenKey(clientid: lock.clientid, owner: lock.owner, file: lock.file)] = nil
    locksByOpen[lock.open]?.remove(other)
    if locksByOpen[lock.open]?.isEmpty == true { locksByOpen[lock.open] = nil }
    clients[lock.clientid]?.lockCount -= 1
    events.releasedLocks.append(other)
    guard var locked = fileLocks[lock.file] else { return }
    locked.removeAll(of: other)
    settle(&locked, lock.file)
  }

  /// FREE_STATEID of a lock stateid.
  /// - Returns: false if it is none.
  mutating func freeLock(_ stateid: Stateid4, clientid: Clientid4) throws(Nfsstat4) -> Bool {
    guard let lock = locks[stateid.other], lock.clientid == clientid else { return false }
    try checkSeqid(stateid.seqid, current: lock.stateid.seqid)
    guard fileLocks[lock.file]?.holds(stateid.other) != true else { throw .NFS4ERR_LOCKS_HELD }
    removeLock(stateid.other)
    return true
  }

  /// For so long a client that waits for a lock is remembered: a stock client asks again by itself
  /// after half a minute at most.
  static var lockWaitMemory: Duration { .seconds(60) }

  /// To be called about once a second: those who wait for locks and do not ask again are forgotten.
  mutating func forgetLockWaiters(now: Duration) {
    for file in lockWaitFiles {
      guard var locked = fileLocks[file] else {
        lockWaitFiles.remove(file)
        continue
      }
      locked.forgetWaiters(since: now - Self.lockWaitMemory)
      fileLocks[file] = locked.isEmpty ? nil : locked
      if locked.waiters.isEmpty { lockWaitFiles.remove(file) }
    }
  }

  mutating func forgetLockWaiters(of clientid: Clientid4) {
    for file in lockWaitFiles {
      guard var locked = fileLocks[file] else { continue }
      locked.forgetWaiters(of: clientid)
      fileLocks[file] = locked.isEmpty ? nil : locked
      if locked.waiters.isEmpty { lockWaitFiles.remove(file) }
    }
  }
}

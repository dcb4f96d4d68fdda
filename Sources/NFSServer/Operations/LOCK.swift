import NFSv4

extension MetadataOperations {
  /// LOCK (RFC 8881 §18.10). Locks are advisory, and local processes see them.
  ///
  /// A lock that is in the way is answered at once. Who said that he waits is told by
  /// CB_NOTIFY_LOCK when it is gone, unless a local process holds it: then he has to ask again.
  /// - Parameter denied: what NFS4ERR_DENIED says.
  func lock(
    _ arguments: LOCK4args, _ context: inout Context, denied: inout LOCK4denied?
  ) throws(Nfsstat4) -> LOCK4resok {
    let object = try context.object()
    try requireRegular(object)
    let request = try LockRequest(
      type: arguments.locktype, offset: arguments.offset, length: arguments.length)
    try admitLock(reclaim: arguments.reclaim, context)
    let locker = try resolved(arguments.locker, context)
    let (file, clientid, now) = (object.handle.detached(), context.clientid, now())
    let outcome = try rangeLocks.withFile(file) { () throws(Nfsstat4) in
      try take(request, locker, clientid: clientid, file: file, now: now)
    }
    switch outcome {
    case .locked(let stateid):
      context.currentStateid = stateid
      return LOCK4resok(lockStateid: stateid)
    case .denied(let conflict):
      denied = conflict
      throw .NFS4ERR_DENIED
    }
  }

  private func rangeLocks(
    of other: StateidOther, on file: Tree.OpenFile
  ) throws(Nfsstat4) -> Tree.RangeLocks {
    if let held = rangeLocks[other] { return held }
    let locks = try tree.rangeLocks(on: file)
    rangeLocks.insert(locks, for: other)
    return locks
  }

  private enum LockOutcome: Sendable {
    case locked(Stateid4)
    case denied(LOCK4denied)
  }

  private func resolved(_ locker: Locker4, _ context: Context) throws(Nfsstat4) -> Locker4 {
    switch locker {
    case .openOwner(var new):
      new.openStateid = try context.resolve(new.openStateid)
      return .openOwner(new)
    case .lockOwner(var existing):
      existing.lockStateid = try context.resolve(existing.lockStateid)
      return .lockOwner(existing)
    }
  }

  /// In the file's turn.
  private func take(
    _ request: LockRequest, _ locker: Locker4, clientid: Clientid4, file: NfsFh4, now: Duration
  ) throws(Nfsstat4) -> LockOutcome {
    let (state, conflict) = try withState { table throws(Nfsstat4) in
      let state = try table.lockState(for: locker, clientid: clientid, file: file)
      return (state, table.conflict(request, file: file, owner: state.lock.stateid.other))
    }
    let other = state.lock.stateid.other
    do throws(Nfsstat4) {
      let needed =
        request.isExclusive ? OPEN4.SHARE_ACCESS_WRITE : OPEN4.SHARE_ACCESS_READ
      guard state.access & needed != 0 else { throw .NFS4ERR_OPENMODE }
      var inTheWay = conflict
      if inTheWay == nil {
        guard withState({ $0.hasRoomForLock(on: file) }) else { throw .NFS4ERR_RESOURCE }
        let locks = try rangeLocks(of: other, on: state.openFile)
        inTheWay = try tree.lock(
          request.range, isExclusive: request.isExclusive, locks
        ).map { self.denied(by: $0) }
      }
      guard let inTheWay else {
        guard let stateid = withState({ $0.locked(request, other) }) else {
          // The open was closed meanwhile, and what was locked has to go with it.
          rangeLocks.release([other])
          throw .NFS4ERR_BAD_STATEID
        }
        return .locked(stateid)
      }
      withState { table in
        table.denied(
          request, owner: state.lock.owner, clientid: clientid, file: file, now: now)
        // A lock-owner that holds nothing is nothing to be remembered.
        if state.isNew { table.removeLock(other) }
      }
      return .denied(inTheWay)
    } catch {
      if state.isNew { withState { $0.removeLock(other) } }
      throw error
    }
  }
}

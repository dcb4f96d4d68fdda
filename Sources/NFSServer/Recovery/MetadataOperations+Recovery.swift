import NFSv4

extension MetadataOperations {
  /// Who a client is across restarts.
  /// - Throws: NFS4ERR_STALE_CLIENTID when it is gone.
  private func reclaimKey(_ clientid: Clientid4) throws(Nfsstat4) -> ReclaimKey {
    guard let key = sessions.withTable({ $0.client(clientid).map(ReclaimKey.init) }) else {
      throw .NFS4ERR_STALE_CLIENTID
    }
    return key
  }

  /// Whether an OPEN may be carried out so shortly after a restart, and puts on record that its
  /// client holds something. To be called before anything is opened or changed.
  ///
  /// An open for reading that denies nothing is granted even if that cannot be stored, as it takes
  /// nothing from others: after a restart its client opens the file anew. No delegation may come
  /// with it then, as another client could be let write while this one still trusts in it.
  /// - Returns: whether a delegation may come with it.
  /// - Throws: NFS4ERR_GRACE, NFS4ERR_NO_GRACE; NFS4ERR_DELAY when the record cannot be stored.
  func admitOpen(
    _ arguments: OPEN4args, _ context: Context
  ) throws(Nfsstat4) -> Bool {
    let key = try reclaimKey(context.clientid)
    let want = arguments.shareAccess & OPEN4.SHARE_ACCESS_WANT_DELEG_MASK
    let excludesReaders =
      arguments.shareAccess & OPEN4.SHARE_ACCESS_WRITE != 0 || arguments.shareDeny != 0
      || want == OPEN4.SHARE_ACCESS_WANT_WRITE_DELEG
    // What is created or truncated is changed.
    var changes = excludesReaders
    if case .create = arguments.openhow { changes = true }
    switch arguments.claim {
    case .previous: try recovery.admit(.reclaim, by: key)
    case .delegatePrev, .delegPrevFh: throw .NFS4ERR_NO_GRACE
    case .delegateCur, .delegCurFh:
      // The delegation was held before the grace period, or reclaimed in it: nothing that others
      // may reclaim conflicts with it.
      break
    case .null, .fh: try recovery.admit(changes ? .exclude : .share, by: key)
    }
    let isStored = recovery.hold(key, excludesReaders: excludesReaders)
    guard isStored || !excludesReaders else { throw .NFS4ERR_DELAY }
    return isStored
  }

  /// What OPEN with CLAIM_PREVIOUS gives beside the open: the delegation, if it claims one
  /// (RFC 8881 §9.11).
  /// - Throws: NFS4ERR_RECLAIM_BAD when it cannot be given; the open is undone then.
  func reclaimDelegation(
    _ claimed: OpenDelegationType4, with stateid: Stateid4, former: OpenState<Tree.OpenFile>?,
    on file: NfsFh4, version: ContentVersion, clientid: Clientid4, hasBackchannel: Bool,
    _ state: inout State
  ) throws(Nfsstat4) -> OpenDelegation4 {
    do throws(Nfsstat4) {
      let delegation = try reclaimDelegation(
        claimed, on: file, version: version, clientid: clientid, hasBackchannel: hasBackchannel,
        &state)
      recovery.countOpen()
      return delegation
    } catch {
      state.undoOpen(stateid, former: former)
      throw error
    }
  }

  /// The delegation that a reclaim claims, if it claims one.
  ///
  /// The file is known not to have changed since the delegation was given: a client that is refused
  /// asks for the file's attributes anew, one that were given another version's delegation would go
  /// on to use what it has cached.
  /// - Throws: NFS4ERR_RECLAIM_BAD when it cannot be given.
  private func reclaimDelegation(
    _ claimed: OpenDelegationType4, on file: NfsFh4, version: ContentVersion, clientid: Clientid4,
    hasBackchannel: Bool, _ state: inout State
  ) throws(Nfsstat4) -> OpenDelegation4 {
    switch claimed {
    case .OPEN_DELEGATE_NONE, .OPEN_DELEGATE_NONE_EXT: return .none
    case .OPEN_DELEGATE_WRITE: throw .NFS4ERR_RECLAIM_BAD
    case .OPEN_DELEGATE_READ: break
    }
    guard hasBackchannel, recovery.isSeen(version.change),
      let held = state.delegate(file, change: version.change, to: clientid)
    else { throw .NFS4ERR_RECLAIM_BAD }
    return .read(
      OpenReadDelegation4(
        stateid: held.stateid, recall: false,
        permissions: Nfsace4(
          type: ACE4.ACCESS_ALLOWED_ACE_TYPE, flag: 0, accessMask: 0, who: Array("EVERYONE@".utf8)))
    )
  }

  /// Whether a READ under a special stateid, which no open protects, may be answered.
  /// - Throws: NFS4ERR_GRACE while somebody may reclaim what would forbid it (RFC 8881 §8.4.2.1).
  func admitUnopenedRead() throws(Nfsstat4) { try recovery.admit(.share, by: nil) }

  /// Whether a data server may be let serve readers, and puts on record that it holds a delegation.
  /// - Throws: NFS4ERR_GRACE; NFS4ERR_PNFS_NO_LAYOUT when the record cannot be stored: without it
  ///   the grace period after a restart could end, and the file change, while the data server still
  ///   serves it.
  func admitDataServer(_ clientid: Clientid4) throws(Nfsstat4) {
    let key = try reclaimKey(clientid)
    try recovery.admit(.share, by: nil)
    guard recovery.hold(key, excludesReaders: false) else { throw .NFS4ERR_PNFS_NO_LAYOUT }
  }

  /// Whether a byte-range lock may be given or reclaimed, and puts it on record.
  /// - Throws: NFS4ERR_GRACE, NFS4ERR_NO_GRACE; NFS4ERR_DELAY when the record cannot be stored.
  func admitLock(reclaim: Bool, _ context: Context) throws(Nfsstat4) {
    let key = try reclaimKey(context.clientid)
    try recovery.admit(reclaim ? .reclaim : .exclude, by: key)
    guard recovery.hold(key, excludesReaders: true) else { throw .NFS4ERR_DELAY }
  }

  /// Whether a delegation may be given without an OPEN, and puts it on record.
  /// - Returns: false when the record cannot be stored.
  /// - Throws: NFS4ERR_GRACE.
  func admitDelegation(isWriting: Bool, _ context: Context) throws(Nfsstat4) -> Bool {
    let key = try reclaimKey(context.clientid)
    try recovery.admit(isWriting ? .exclude : .share, by: key)
    return recovery.hold(key, excludesReaders: isWriting)
  }

  /// Whether what others may hold of a file can be taken back, so that it changes.
  /// - Throws: NFS4ERR_GRACE while some of it may be reclaimed, or served by data servers that do
  ///   not know of the restart; NFS4ERR_DELAY when the end of what others held cannot be stored.
  func admitChange() throws(Nfsstat4) {
    try recovery.admit(.exclude, by: nil)
    guard recovery.flush() else { throw .NFS4ERR_DELAY }
  }

  /// Whether a layout may be given. RFC 8881 §18.43.3 has NFS4ERR_GRACE for all of the grace
  /// period; but a stock client sleeps for seconds then, where it can read here at once.
  /// - Throws: NFS4ERR_BADLAYOUT.
  func admitLayout() throws(Nfsstat4) {
    do throws(Nfsstat4) {
      try recovery.admit(.share, by: nil)
    } catch {
      throw .NFS4ERR_BADLAYOUT
    }
  }

  /// RECLAIM_COMPLETE succeeded, maybe for one file system only.
  func reclaimedOne(_ clientid: Clientid4) {
    let key = sessions.withTable { table -> ReclaimKey? in
      guard let client = table.client(clientid), client.hasReclaimed else { return nil }
      return ReclaimKey(client)
    }
    if let key { recovery.complete(key) }
  }

  /// The client has freed all that was revoked.
  func acknowledgedRevocation(_ clientid: Clientid4) {
    if let client = sessions.withTable({ $0.client(clientid) }) { recovery.acknowledged(client) }
  }
}

public import NFSv4
public import ONCRPC

/// What a client's READ, WRITE and the like may use a file through.
public enum FileUse<OpenFile: Sendable>: Sendable {
  /// An open of the client, which `opener` made.
  case open(OpenFile, opener: RPCPrincipal)
  /// A delegation, while the client has the file not open itself.
  case delegation
  /// A special stateid.
  case special
}

extension MetadataState {
  /// Opens a file, or widens the open that the owner has of it (RFC 8881 §18.16.3).
  /// - Parameters:
  ///   - access, deny: OPEN4_SHARE_ACCESS_* (without the want bits) and OPEN4_SHARE_DENY_*.
  ///   - openFile: open for `covers`, at least `access`.
  /// - Throws: NFS4ERR_SHARE_DENIED, NFS4ERR_RESOURCE; NFS4ERR_DELAY if the owner opened the file
  ///   for something else meanwhile.
  public mutating func open(
    _ file: NfsFh4, owner: StateOwner4, access: UInt32, deny: UInt32, openFile: OpenFile,
    covers: UInt32, opener: RPCPrincipal
  ) throws(Nfsstat4) -> Stateid4 {
    try checkShares(file, owner: owner, access: access, deny: deny)
    if var open = existingOpen(file, owner: owner) {
      if open.access & ~covers == 0 {
        open.openFile = openFile
        open.opener = opener
      } else if access & ~open.access != 0 {
        throw .NFS4ERR_DELAY
      }
      setShares(&open, access: open.access | access, deny: open.deny | deny)
      return open.stateid
    }
    guard clients[owner.clientid]?.opens.count ?? 0 < limits.opensPerClient else {
      throw .NFS4ERR_RESOURCE
    }
    let stateid = newStateid(.open)
    opens[stateid.other] = OpenState(
      stateid: stateid, clientid: owner.clientid, owner: owner.owner, file: file, access: access,
      deny: deny, openFile: openFile, opener: opener)
    openByKey[OpenKey(clientid: owner.clientid, owner: owner.owner, file: file)] = stateid.other
    touchFile(file) {
      $0.opens.insert(stateid.other)
      $0.shares.add(access: access, deny: deny)
    }
    clients[owner.clientid, default: ClientState()].opens.insert(stateid.other)
    return stateid
  }

  /// The open that an owner has of a file.
  public func existingOpen(_ file: NfsFh4, owner: StateOwner4) -> OpenState<OpenFile>? {
    openByKey[OpenKey(clientid: owner.clientid, owner: owner.owner, file: file)]
      .flatMap { opens[$0] }
  }

  /// Whether the share reservations of others allow an open.
  /// - Throws: NFS4ERR_SHARE_DENIED.
  public func checkShares(
    _ file: NfsFh4, owner: StateOwner4, access: UInt32, deny: UInt32
  ) throws(Nfsstat4) {
    guard var shares = files[file]?.shares else { return }
    if let own = existingOpen(file, owner: owner) {
      shares.remove(access: own.access, deny: own.deny)
    }
    if shares.conflicts(access: access, deny: deny) { throw .NFS4ERR_SHARE_DENIED }
  }

  private mutating func setShares(
    _ open: inout OpenState<OpenFile>, access: UInt32, deny: UInt32
  ) {
    touchFile(open.file) {
      $0.shares.remove(access: open.access, deny: open.deny)
      $0.shares.add(access: access, deny: deny)
    }
    open.access = access
    open.deny = deny
    open.stateid.seqid = nextSeqid(open.stateid.seqid)
    opens[open.stateid.other] = open
  }

  /// What an OPEN did is undone, as what it was to do besides failed.
  /// - Parameter former: the owner's open before.
  public mutating func undoOpen(_ stateid: Stateid4, former: OpenState<OpenFile>?) {
    guard let former, former.stateid.other == stateid.other, var open = opens[stateid.other] else {
      return removeOpen(stateid.other)
    }
    setShares(&open, access: former.access, deny: former.deny)
  }

  /// Finds an open of the client.
  /// - Throws: NFS4ERR_BAD_STATEID, NFS4ERR_OLD_STATEID.
  public func open(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4?
  ) throws(Nfsstat4) -> OpenState<OpenFile> {
    guard let open = opens[stateid.other], open.clientid == clientid,
      file == nil || open.file == file
    else { throw .NFS4ERR_BAD_STATEID }
    try checkSeqid(stateid.seqid, current: open.stateid.seqid)
    return open
  }

  /// Finds what a client reads a file with: an open, or else a delegation, which is nil here.
  /// - Throws: as `open` and `delegation` for the kind that the stateid names.
  func openOrDelegation(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> OpenState<OpenFile>? {
    if opens[stateid.other] != nil {
      return try open(stateid, clientid: clientid, file: file)
    }
    _ = try delegation(stateid, clientid: clientid, file: file)
    return nil
  }

  /// What a client may read or write a file through (RFC 8881 §8.2, §9.1.2).
  /// - Parameter access: OPEN4_SHARE_ACCESS_READ or _WRITE.
  /// - Throws: NFS4ERR_OPENMODE; NFS4ERR_LOCKED for a special stateid that a share reservation
  ///   keeps out; as `open` and `delegation`.
  public func use(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4, access: UInt32
  ) throws(Nfsstat4) -> FileUse<OpenFile> {
    if stateid == .anonymous || stateid == .readBypass {
      // Only READ gets past what keeps others out by the stateid for that (RFC 8881 §8.2.3).
      let isBypass = stateid == .readBypass && access == OPEN4.SHARE_ACCESS_READ
      if !isBypass, files[file]?.shares.conflicts(access: access, deny: 0) == true {
        throw .NFS4ERR_LOCKED
      }
      return .special
    }
    var opened = try lockedOpen(stateid, clientid: clientid, file: file)
    if opened == nil {
      opened = try openOrDelegation(stateid, clientid: clientid, file: file)
    }
    if let open = opened {
      guard open.access & access != 0 else { throw .NFS4ERR_OPENMODE }
      return .open(open.openFile, opener: open.opener)
    }
    let isWriting = delegations[stateid.other]?.isWriting == true
    guard access == OPEN4.SHARE_ACCESS_READ || isWriting else { throw .NFS4ERR_OPENMODE }
    // Its holder alone has the file open: rather through that than opening it for each request.
    if isWriting, let open = anyOpen(of: clientid, file: file, access: access) {
      return .open(open.openFile, opener: open.opener)
    }
    return .delegation
  }

  private func anyOpen(
    of clientid: Clientid4, file: NfsFh4, access: UInt32
  ) -> OpenState<OpenFile>? {
    for other in files[file]?.opens ?? [] {
      if let open = opens[other], open.clientid == clientid, open.access & access != 0 {
        return open
      }
    }
    return nil
  }

  /// The open that a lock stateid was made under; nil if the stateid is none of a lock.
  private func lockedOpen(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> OpenState<OpenFile>? {
    guard locks[stateid.other] != nil else { return nil }
    return opens[try lock(stateid, clientid: clientid, file: file).open]
  }

  /// CLOSE. Grants under the open end with it, and so do locks.
  public mutating func close(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> (Stateid4, [MetadataDirective]) {
    let open = try open(stateid, clientid: clientid, file: file)
    let directives = endGrants(under: stateid.other)
    removeOpen(stateid.other)
    var closed = open.stateid
    closed.seqid = nextSeqid(closed.seqid)
    return (closed, directives)
  }

  /// OPEN_DOWNGRADE (RFC 8881 §18.18): access and deny must be subsets of what is open.
  public mutating func downgrade(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4, access: UInt32, deny: UInt32
  ) throws(Nfsstat4) -> Stateid4 {
    var open = try open(stateid, clientid: clientid, file: file)
    guard access != 0, access & ~open.access == 0, deny & ~open.deny == 0 else {
      throw .NFS4ERR_INVAL
    }
    setShares(&open, access: access, deny: deny)
    return open.stateid
  }

  mutating func removeOpen(_ other: StateidOther) {
    guard let open = opens.removeValue(forKey: other) else { return }
    for lock in locksByOpen[other] ?? [] { removeLock(lock) }
    openByKey[OpenKey(clientid: open.clientid, owner: open.owner, file: open.file)] = nil
    touchFile(open.file) {
      $0.opens.remove(other)
      $0.shares.remove(access: open.access, deny: open.deny)
    }
    clients[open.clientid]?.opens.remove(other)
  }

  /// Seqid 0 asks for the latest (RFC 8881 §8.2.2).
  func checkSeqid(_ seqid: UInt32, current: UInt32) throws(Nfsstat4) {
    guard seqid != 0, seqid != current else { return }
    throw seqid < current ? .NFS4ERR_OLD_STATEID : .NFS4ERR_BAD_STATEID
  }

  /// The next seqid; 0 is never one.
  func nextSeqid(_ seqid: UInt32) -> UInt32 { seqid == .max ? 1 : seqid + 1 }
}

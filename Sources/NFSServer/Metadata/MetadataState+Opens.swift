public import NFSv4

extension MetadataState {
  /// Opens a file, or widens the open that the owner has of it (RFC 8881 §18.16.3).
  /// - Parameters:
  ///   - access, deny: OPEN4_SHARE_ACCESS_* (without the want bits) and OPEN4_SHARE_DENY_*.
  /// - Throws: NFS4ERR_SHARE_DENIED, NFS4ERR_RESOURCE.
  public mutating func open(
    _ file: NfsFh4, owner: StateOwner4, access: UInt32, deny: UInt32, openFile: OpenFile
  ) throws(Nfsstat4) -> Stateid4 {
    let key = OpenKey(clientid: owner.clientid, owner: owner.owner, file: file)
    let existing = openByKey[key]
    for other in files[file]?.opens ?? [] where other != existing {
      guard let open = opens[other] else { continue }
      if open.deny & access != 0 || open.access & deny != 0 { throw .NFS4ERR_SHARE_DENIED }
    }
    if let existing, var open = opens[existing] {
      open.access |= access
      open.deny |= deny
      open.stateid.seqid = nextSeqid(open.stateid.seqid)
      opens[existing] = open
      return open.stateid
    }
    guard clients[owner.clientid]?.opens.count ?? 0 < limits.opensPerClient else {
      throw .NFS4ERR_RESOURCE
    }
    let stateid = newStateid(.open)
    opens[stateid.other] = OpenState(
      stateid: stateid, clientid: owner.clientid, owner: owner.owner, file: file, access: access,
      deny: deny, openFile: openFile)
    openByKey[key] = stateid.other
    touchFile(file) { $0.opens.insert(stateid.other) }
    clients[owner.clientid, default: ClientState()].opens.insert(stateid.other)
    return stateid
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

  /// CLOSE. Grants under the open end with it.
  public mutating func close(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> (Stateid4, [MetadataDirective]) {
    let open = try open(stateid, clientid: clientid, file: file)
    let directives = endGrants(of: file) { $0.state == stateid.other }
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
    open.access = access
    open.deny = deny
    open.stateid.seqid = nextSeqid(open.stateid.seqid)
    opens[stateid.other] = open
    return open.stateid
  }

  mutating func removeOpen(_ other: StateidOther) {
    guard let open = opens.removeValue(forKey: other) else { return }
    openByKey[OpenKey(clientid: open.clientid, owner: open.owner, file: open.file)] = nil
    touchFile(open.file) { $0.opens.remove(other) }
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

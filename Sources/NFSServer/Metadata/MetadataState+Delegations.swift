public import NFSv4

extension MetadataState {
  /// Gives a read delegation on a version of a file, or the one the client has already.
  /// - Returns: nil while a recall on the file is under way, or when the client has too many.
  public mutating func delegate(
    _ file: NfsFh4, change: Changeid4, to clientid: Clientid4
  ) -> DelegationState? {
    guard !isBeingRecalled(file) else { return nil }
    let key = ClientFile(clientid: clientid, file: file)
    if let other = delegationByKey[key], let held = delegations[other] {
      return held.change == change ? held : nil
    }
    guard clients[clientid]?.delegations.count ?? 0 < limits.delegationsPerClient else {
      return nil
    }
    let delegation = DelegationState(
      stateid: newStateid(.delegation), clientid: clientid, file: file, change: change)
    delegations[delegation.stateid.other] = delegation
    delegationByKey[key] = delegation.stateid.other
    touchFile(file) { $0.delegations.insert(delegation.stateid.other) }
    clients[clientid, default: ClientState()].delegations.insert(delegation.stateid.other)
    return delegation
  }

  /// Whether the client has a delegation on the file already.
  public func hasDelegation(_ file: NfsFh4, clientid: Clientid4) -> Bool {
    delegationByKey[ClientFile(clientid: clientid, file: file)] != nil
  }

  /// Whether nothing new may be granted on the file.
  public func isBeingRecalled(_ file: NfsFh4) -> Bool {
    files[file]?.delegations.contains { delegations[$0]?.recalled != nil } ?? false
  }

  /// Finds a delegation of the client.
  /// - Throws: NFS4ERR_DELEG_REVOKED, NFS4ERR_BAD_STATEID, NFS4ERR_OLD_STATEID.
  public func delegation(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4?
  ) throws(Nfsstat4) -> DelegationState {
    if clients[clientid]?.revoked.contains(stateid.other) == true {
      throw .NFS4ERR_DELEG_REVOKED
    }
    guard let delegation = delegations[stateid.other], delegation.clientid == clientid,
      file == nil || delegation.file == file
    else { throw .NFS4ERR_BAD_STATEID }
    try checkSeqid(stateid.seqid, current: delegation.stateid.seqid)
    return delegation
  }

  /// DELEGRETURN. Grants under the delegation, and those of the data server that held it, end.
  public mutating func delegreturn(
    _ stateid: Stateid4, clientid: Clientid4, file: NfsFh4
  ) throws(Nfsstat4) -> [MetadataDirective] {
    _ = try delegation(stateid, clientid: clientid, file: file)
    let directives = endGrants(of: file) {
      $0.state == stateid.other || $0.server == clientid
    }
    removeDelegation(stateid.other)
    return directives
  }

  /// The file's content is no longer the version that was delegated: everything that lets somebody
  /// read another version ends. Readers and data servers are fenced first, then the delegations
  /// are recalled.
  public mutating func contentChanged(
    _ file: NfsFh4, change: Changeid4, now: Duration
  ) -> [MetadataDirective] {
    guard let state = files[file],
      state.delegations.contains(where: { delegations[$0]?.change != change })
    else { return [] }
    var directives = recallLayouts(state.layouts, now: now)
    directives += endGrants(of: file) { _ in true }
    for other in state.delegations {
      guard let held = delegations[other], held.change != change, held.recalled == nil else {
        continue
      }
      delegations[other]?.recalled = now
      recalledDelegations.insert(other)
      directives.append(.recallDelegation(held))
    }
    return directives
  }

  /// The files that somebody holds a delegation on, each with a holder: what has to be looked at to
  /// notice a change that no operation made.
  public var delegatedFiles: [(file: NfsFh4, holder: Clientid4)] {
    files.compactMap { file, state in
      state.delegations.first.flatMap { delegations[$0] }.map { (file, $0.clientid) }
    }
  }

  /// Revokes delegations that were recalled more than a lease ago.
  /// - Returns: the clients that lost one.
  public mutating func revokeOverdue(now: Duration, lease: Duration) -> Set<Clientid4> {
    var losers: Set<Clientid4> = []
    for other in recalledDelegations {
      guard let delegation = delegations[other], let recalled = delegation.recalled,
        now - recalled > lease
      else { continue }
      removeDelegation(other)
      clients[delegation.clientid, default: ClientState()].revoked.insert(other)
      losers.insert(delegation.clientid)
    }
    for other in recalledLayouts {
      guard let recalled = layouts[other]?.recalled, now - recalled > lease else { continue }
      // Its READs were fenced when it was recalled; nothing else is lost with it.
      removeLayout(other)
    }
    return losers
  }

  /// The client's own answer to a recall says it has no such delegation.
  public mutating func forgetDelegation(_ other: StateidOther) { removeDelegation(other) }

  mutating func removeDelegation(_ other: StateidOther) {
    guard let delegation = delegations.removeValue(forKey: other) else { return }
    recalledDelegations.remove(other)
    delegationByKey[ClientFile(clientid: delegation.clientid, file: delegation.file)] = nil
    touchFile(delegation.file) { $0.delegations.remove(other) }
    clients[delegation.clientid]?.delegations.remove(other)
  }

  /// TEST_STATEID's answer for one stateid (RFC 8881 §18.48).
  public func test(_ stateid: Stateid4, clientid: Clientid4) -> Nfsstat4 {
    if clients[clientid]?.revoked.contains(stateid.other) == true {
      return .NFS4ERR_DELEG_REVOKED
    }
    let held: (clientid: Clientid4, seqid: UInt32)? =
      opens[stateid.other].map { ($0.clientid, $0.stateid.seqid) }
      ?? delegations[stateid.other].map { ($0.clientid, $0.stateid.seqid) }
      ?? layouts[stateid.other].map { ($0.clientid, $0.stateid.seqid) }
    guard let held, held.clientid == clientid else { return .NFS4ERR_BAD_STATEID }
    do throws(Nfsstat4) {
      try checkSeqid(stateid.seqid, current: held.seqid)
      return .NFS4_OK
    } catch {
      return error
    }
  }

  /// FREE_STATEID (RFC 8881 §18.38).
  public mutating func free(_ stateid: Stateid4, clientid: Clientid4) throws(Nfsstat4) {
    if clients[clientid]?.revoked.remove(stateid.other) != nil { return }
    let status = test(stateid, clientid: clientid)
    throw status == .NFS4_OK ? .NFS4ERR_LOCKS_HELD : status
  }
}

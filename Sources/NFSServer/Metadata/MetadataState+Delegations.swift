public import NFSv4

extension MetadataState {
  /// Gives a read delegation on a version of a file, or the one the client has already.
  /// - Returns: nil while the file is closed to readers or others hold a delegation on another
  ///   version, and when the client has too many.
  public mutating func delegate(
    _ file: NfsFh4, change: Changeid4, to clientid: Clientid4
  ) -> DelegationState? {
    guard !isClosedToReaders(file) else { return nil }
    let key = ClientFile(clientid: clientid, file: file)
    if let other = delegationByKey[key], let held = delegations[other] {
      return held.change == change ? held : nil
    }
    guard files[file]?.delegated ?? change == change else { return nil }
    let delegation = newDelegation(file, change: change, to: clientid, isWriting: false)
    if delegation != nil { touchFile(file) { $0.delegated = change } }
    return delegation
  }

  private mutating func newDelegation(
    _ file: NfsFh4, change: Changeid4, to clientid: Clientid4, isWriting: Bool
  ) -> DelegationState? {
    guard clients[clientid]?.delegations.count ?? 0 < limits.delegationsPerClient else {
      return nil
    }
    let delegation = DelegationState(
      stateid: newStateid(.delegation), clientid: clientid, file: file, change: change,
      isWriting: isWriting)
    let other = delegation.stateid.other
    delegations[other] = delegation
    delegationByKey[ClientFile(clientid: clientid, file: file)] = other
    touchFile(file) {
      $0.delegations.insert(other)
      if isWriting { $0.writeDelegation = other }
    }
    clients[clientid, default: ClientState()].delegations.insert(other)
    return delegation
  }

  /// Gives a write delegation to a client that alone has the file open, or that wants it while
  /// nobody has (RFC 8881 §10.4.2). Until it is back nobody else uses the file.
  /// - Parameter isOpening: the client's own OPEN is under way, and has nothing in its way.
  /// - Returns: nil when others use the file or wait for it, when the client holds a delegation
  ///   for reading, and when it has too many.
  public mutating func delegateWriting(
    _ file: NfsFh4, change: Changeid4, to clientid: Clientid4, isOpening: Bool
  ) -> DelegationState? {
    if let state = files[file] {
      guard state.delegations.isEmpty, state.layouts.isEmpty, state.grants.isEmpty,
        state.revocations.isEmpty, state.awaited == nil,
        state.changeCount <= (isOpening ? 1 : 0),
        state.opens.allSatisfy({ opens[$0]?.clientid == clientid })
      else { return nil }
    }
    return newDelegation(file, change: change, to: clientid, isWriting: true)
  }

  /// Whether the client has a delegation on the file already.
  public func hasDelegation(_ file: NfsFh4, clientid: Clientid4) -> Bool {
    delegationByKey[ClientFile(clientid: clientid, file: file)] != nil
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
    var directives = endGrants(under: stateid.other)
    if clients[clientid]?.dataServer != nil {
      directives += endGrants(of: file) { $0.server == clientid }
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
    guard let state = files[file], let delegated = state.delegated, delegated != change else {
      return []
    }
    var directives = recallLayouts(state.layouts, now: now)
    directives += revoke(state.grants)
    for other in state.delegations { directives += recallDelegation(other, now: now) }
    return directives
  }

  /// Recalls the delegations of a file, but for the one that a client may keep while it changes
  /// the file itself. Data servers are asked when they have acknowledged that they serve nothing
  /// by what they were granted.
  mutating func recallDelegations(
    of file: NfsFh4, except clientid: Clientid4?, now: Duration
  ) -> [MetadataDirective] {
    guard let state = files[file], state.recalledCount < state.delegations.count else { return [] }
    let kept = clientid.flatMap { exemptDelegation(on: file, $0) }
    var directives: [MetadataDirective] = []
    for other in state.delegations where other != kept {
      guard let holder = delegations[other]?.clientid,
        state.revocations.isEmpty || clients[holder]?.dataServer == nil
      else { continue }
      directives += recallDelegation(other, now: now)
    }
    return directives
  }

  /// Recalls the delegations that data servers hold, once they serve nothing by them.
  mutating func recallFromDataServers(_ file: NfsFh4, now: Duration) -> [MetadataDirective] {
    guard let state = files[file], state.revocations.isEmpty else { return [] }
    var directives: [MetadataDirective] = []
    for other in state.delegations {
      guard let holder = delegations[other]?.clientid, clients[holder]?.dataServer != nil else {
        continue
      }
      directives += recallDelegation(other, now: now)
    }
    return directives
  }

  mutating func recallDelegation(
    _ other: StateidOther, now: Duration
  ) -> [MetadataDirective] {
    guard let held = delegations[other], held.recalled == nil else { return [] }
    delegations[other]?.recalled = now
    recalledDelegations.insert(other)
    touchFile(held.file) {
      $0.recalledCount += 1
      if $0.recalledCount == $0.delegations.count { $0.delegated = nil }
    }
    return [.recallDelegation(held)]
  }

  /// The files that somebody holds a delegation on, each with a holder: what has to be looked at to
  /// notice a change that no operation made.
  public var delegatedFiles: [(file: NfsFh4, holder: Clientid4)] {
    files.compactMap { file, state in
      state.delegations.first.flatMap { delegations[$0] }.map { (file, $0.clientid) }
    }
  }

  /// To be called about once a second: revokes delegations that were recalled more than a lease
  /// ago, and ends what else is over by now.
  /// - Returns: the clients that lost a delegation.
  public mutating func revokeOverdue(
    now: Duration, lease: Duration
  ) -> (losers: Set<Clientid4>, directives: [MetadataDirective]) {
    let directives = endVoidRevocations(now: now)
    forgetAwaited(now: now)
    forgetLockWaiters(now: now)
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
    return (losers, directives)
  }

  /// The client's own answer to a recall says it has no such delegation.
  public mutating func forgetDelegation(_ other: StateidOther) { removeDelegation(other) }

  mutating func removeDelegation(_ other: StateidOther) {
    writerAnswers[other] = nil
    guard let delegation = delegations.removeValue(forKey: other) else { return }
    recalledDelegations.remove(other)
    delegationByKey[ClientFile(clientid: delegation.clientid, file: delegation.file)] = nil
    touchFile(delegation.file) {
      $0.delegations.remove(other)
      if delegation.isWriting { $0.writeDelegation = nil }
      if delegation.recalled != nil { $0.recalledCount -= 1 }
      if $0.recalledCount == $0.delegations.count { $0.delegated = nil }
    }
    clients[delegation.clientid]?.delegations.remove(other)
    // Readers may wait for a writer, whether or not somebody waits to change the file.
    if delegation.isWriting { events.cleared.append(delegation.file) }
    noteIfClear(delegation.file)
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
      ?? locks[stateid.other].map { ($0.clientid, $0.stateid.seqid) }
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
    if try freeLock(stateid, clientid: clientid) { return }
    let status = test(stateid, clientid: clientid)
    throw status == .NFS4_OK ? .NFS4ERR_LOCKS_HELD : status
  }
}

public import NFSv4

/// Changing a file that others hold something of: no data server serves bytes of a version after
/// the server has acknowledged an operation that makes the version another one.
///
/// What an operation that conflicts goes through, in this order:
///
///     beginChange → 1. nothing is granted on the file any more
///                   2. CB_LAYOUTRECALL to readers and CB_PROXY_REVOKE to data servers
///                   3. CB_RECALL of delegations; those of data servers after 2 is acknowledged
///                   4. "wait": NFS4ERR_DELAY, and nothing is granted until the client is back
///                   5. "ready": nobody holds anything; the operation changes the file
///     endChange   → what the file allows is granted again
///
/// A layout that is recalled need not be back: a data server asks before it serves a READ under
/// none of its grants, and is refused. So a reader that is dead, or whose READ hangs at a data
/// server that is fenced, holds up nobody.
extension MetadataState {
  /// For so long after nothing is in the way of an operation any more is nothing granted, so that
  /// the operation finds it so when its client tries again. A stock client waits for 15 seconds at
  /// most.
  static var awaitedMemory: Duration { .seconds(16) }

  /// Whether no delegation, no layout and no grant may be given on the file now: it is open for
  /// writing, or so that others may not read it, or it is being changed, or about to be.
  public func isClosedToReaders(_ file: NfsFh4) -> Bool {
    guard let state = files[file] else { return false }
    return state.shares.writers > 0 || state.shares.readDeniers > 0 || state.recalledCount > 0
      || state.changeCount > 0 || state.awaited != nil || state.writeDelegation != nil
  }

  /// An operation of a client is about to change a file.
  ///
  /// The client's own delegation stays, unless it holds that as a data server.
  /// - Returns: whether nothing is in the way. Then `endChange` has to follow; otherwise the
  ///   operation is tried again when the file is among the events' `cleared`.
  public mutating func beginChange(
    _ file: NfsFh4, by clientid: Clientid4, now: Duration
  ) -> (isReady: Bool, directives: [MetadataDirective]) {
    guard let state = files[file] else {
      touchFile(file) { $0.changeCount = 1 }
      return (true, [])
    }
    var directives = recallLayouts(state.layouts, now: now)
    directives += revoke(state.grants)
    directives += recallDelegations(of: file, except: clientid, now: now)
    guard isClear(file, for: clientid) else {
      markAwaited(file, now: now)
      return (false, directives)
    }
    touchFile(file) {
      $0.changeCount += 1
      $0.awaited = nil
    }
    awaitedFiles.remove(file)
    return (true, directives)
  }

  /// A client is about to read what another one may have cached writes of.
  /// - Returns: whether nobody has; otherwise it is tried again as with `beginChange`.
  public mutating func recallWriter(
    _ file: NfsFh4, for clientid: Clientid4, now: Duration
  ) -> (isReady: Bool, directives: [MetadataDirective]) {
    guard let writer = files[file]?.writeDelegation, let held = delegations[writer],
      held.clientid != clientid
    else { return (true, []) }
    return (false, recallDelegation(writer, now: now))
  }

  /// The operation is over, whatever came of it.
  public mutating func endChange(_ file: NfsFh4) {
    touchFile(file) { $0.changeCount -= 1 }
  }

  /// Whether nothing of others is in the way of a client that changes the file.
  public func isClear(_ file: NfsFh4, for clientid: Clientid4) -> Bool {
    guard let state = files[file] else { return true }
    guard state.revocations.isEmpty else { return false }
    let own = exemptDelegation(on: file, clientid) == nil ? 0 : 1
    return state.delegations.count == own
  }

  /// Whether no other client may have cached writes of the file.
  public func isClear(_ file: NfsFh4, forReading clientid: Clientid4) -> Bool {
    guard let writer = files[file]?.writeDelegation else { return true }
    return delegations[writer]?.clientid == clientid
  }

  /// The delegation that a client need not give back for what it does itself: also if it was
  /// recalled for somebody else, as it may have to write back what it cached.
  func exemptDelegation(on file: NfsFh4, _ clientid: Clientid4) -> StateidOther? {
    guard clients[clientid]?.dataServer == nil else { return nil }
    return delegationByKey[ClientFile(clientid: clientid, file: file)]
  }

  private mutating func markAwaited(_ file: NfsFh4, now: Duration) {
    touchFile(file) { $0.awaited = now }
    awaitedFiles.insert(file)
  }

  /// Something that was in the way of a change is gone.
  mutating func noteIfClear(_ file: NfsFh4) {
    guard let state = files[file], state.awaited != nil, state.revocations.isEmpty,
      state.recalledCount == 0, state.delegations.count <= 1
    else { return }
    // One that was not recalled is that of the client that waits.
    if let other = state.delegations.first, let holder = delegations[other]?.clientid {
      guard clients[holder]?.dataServer == nil else { return }
    }
    events.cleared.append(file)
  }

  /// To be called about once a second: nothing is held back for clients that did not come again.
  mutating func forgetAwaited(now: Duration) {
    for file in awaitedFiles {
      guard let state = files[file], let since = state.awaited else {
        awaitedFiles.remove(file)
        continue
      }
      if !state.revocations.isEmpty || state.recalledCount > 0 {
        // Still in the way: the wait begins when it no longer is.
        touchFile(file) { $0.awaited = now }
      } else if now - since > Self.awaitedMemory {
        awaitedFiles.remove(file)
        touchFile(file) { $0.awaited = nil }
      }
    }
  }
}

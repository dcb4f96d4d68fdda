import NFSv4

extension MetadataState {
  /// A revocation that its data server has not acknowledged.
  struct PendingRevocation: Sendable {
    let server: Clientid4
    /// The files that grants were for.
    let files: [NfsFh4]
    /// Nothing will be acknowledged any more: the grants are void at this time, by the data
    /// server's own clock.
    var voidAt: Duration?
  }

  /// Grants named in one CB_PROXY_REVOKE. Beyond, all of the reader are revoked: those it still
  /// has a right to are asked for again.
  static var namedGrantLimit: Int { 128 }

  /// Takes grants back: from now on nothing is granted by them here, and until the data server has
  /// acknowledged it, no change of their files goes on.
  mutating func revoke(_ others: some Sequence<StateidOther>) -> [MetadataDirective] {
    // In the order they were found, one directive for each data server and reader.
    var pairs: [(server: Clientid4, reader: Clientid4, grants: [ProxyGrant])] = []
    var indexOfPair: [[Clientid4]: Int] = [:]
    for other in others {
      guard let grant = grants[other] else { continue }
      removeGrant(other)
      if let index = indexOfPair[[grant.server, grant.reader]] {
        pairs[index].grants.append(grant)
      } else {
        indexOfPair[[grant.server, grant.reader]] = pairs.count
        pairs.append((grant.server, grant.reader, [grant]))
      }
    }
    return pairs.map { pair in
      let isNamed = pair.grants.count <= Self.namedGrantLimit
      return revocation(
        server: pair.server, reader: pair.reader,
        stateids: isNamed ? pair.grants.map(\.stateid) : nil,
        files: Set(pair.grants.map(\.file)))
    }
  }

  private mutating func revocation(
    server: Clientid4, reader: Clientid4, stateids: [Stateid4]?, files: Set<NfsFh4>
  ) -> MetadataDirective {
    let id = nextRevocation
    nextRevocation += 1
    revocations[id] = PendingRevocation(server: server, files: Array(files))
    for file in files { touchFile(file) { $0.revocations.insert(id) } }
    clients[server, default: ClientState()].revocations.insert(id)
    return .revokeGrants(
      ProxyRevocation(id: id, server: server, reader: reader, stateids: stateids))
  }

  /// Ends the grants of a file that `isEnded` picks.
  mutating func endGrants(
    of file: NfsFh4, where isEnded: (ProxyGrant) -> Bool
  ) -> [MetadataDirective] {
    revoke((files[file]?.grants ?? []).filter { grants[$0].map(isEnded) ?? false })
  }

  /// Ends the grants of a file to one reader.
  mutating func endGrants(of file: NfsFh4, reader: Clientid4) -> [MetadataDirective] {
    let ofFile = files[file]?.grants ?? []
    let ofReader = clients[reader]?.readerGrants ?? []
    let fewer = ofFile.count < ofReader.count ? ofFile : ofReader
    return revoke(
      fewer.filter { grants[$0].map { $0.file == file && $0.reader == reader } ?? false })
  }

  /// Ends the grants under an open or a delegation.
  mutating func endGrants(under state: StateidOther) -> [MetadataDirective] {
    revoke(grantsByState[state] ?? [])
  }

  /// Ends all grants to read for one client.
  mutating func revokeGrants(of reader: Clientid4) -> [MetadataDirective] {
    let held = clients[reader]?.readerGrants ?? []
    var filesByServer: [Clientid4: Set<NfsFh4>] = [:]
    for other in held {
      guard let grant = grants[other] else { continue }
      filesByServer[grant.server, default: []].insert(grant.file)
      removeGrant(other)
    }
    return filesByServer.map {
      revocation(server: $0.key, reader: reader, stateids: nil, files: $0.value)
    }
  }

  mutating func removeGrant(_ other: StateidOther) {
    guard let grant = grants.removeValue(forKey: other) else { return }
    grantByKey[GrantKey(grant)] = nil
    grantsByState[grant.state]?.remove(other)
    if grantsByState[grant.state]?.isEmpty == true { grantsByState[grant.state] = nil }
    touchFile(grant.file) { $0.grants.remove(other) }
    clients[grant.reader]?.readerGrants.remove(other)
    clients[grant.server]?.serverGrants.remove(other)
  }

  /// A data server has acknowledged a revocation: no READ under it is in progress or will begin.
  /// - Returns: the recalls that waited for it: readers are fenced before delegations are taken.
  public mutating func settled(revocation id: UInt64, now: Duration) -> [MetadataDirective] {
    guard let revocation = revocations.removeValue(forKey: id) else { return [] }
    clients[revocation.server]?.revocations.remove(id)
    var directives: [MetadataDirective] = []
    for file in revocation.files {
      touchFile(file) { $0.revocations.remove(id) }
      if files[file]?.awaited != nil {
        directives += recallFromDataServers(file, now: now)
      }
      noteIfClear(file)
    }
    return directives
  }

  /// A data server is gone. What it was granted, and what it has not acknowledged, is void when its
  /// own lease is over, or at once.
  mutating func giveUp(
    server: Clientid4, servesUntil: Duration?, now: Duration
  ) -> [MetadataDirective] {
    var files: Set<NfsFh4> = []
    for other in clients[server]?.serverGrants ?? [] {
      if let grant = grants[other] { files.insert(grant.file) }
      removeGrant(other)
    }
    if !files.isEmpty { _ = revocation(server: server, reader: 0, stateids: nil, files: files) }
    var directives: [MetadataDirective] = []
    for id in clients[server]?.revocations ?? [] {
      if let servesUntil, now < servesUntil {
        revocations[id]?.voidAt = servesUntil
        voidRevocations.insert(id)
      } else {
        directives += settled(revocation: id, now: now)
      }
    }
    return directives
  }

  /// Ends the revocations of data servers that are gone and whose leases are over by now.
  mutating func endVoidRevocations(now: Duration) -> [MetadataDirective] {
    var directives: [MetadataDirective] = []
    for id in voidRevocations {
      if let voidAt = revocations[id]?.voidAt, now < voidAt { continue }
      voidRevocations.remove(id)
      directives += settled(revocation: id, now: now)
    }
    return directives
  }
}

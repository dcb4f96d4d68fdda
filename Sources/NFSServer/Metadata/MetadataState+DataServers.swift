public import NFSv4
public import Placement

extension MetadataState {
  /// Registers a client as a data server. A second registration of the same client replaces the
  /// first: the data server restarted.
  /// - Throws: NFS4ERR_DELAY at the limit.
  public mutating func register(
    clientid: Clientid4, name: String, addresses: [Netaddr4], addressBytes: [[UInt8]],
    locality: Locality, member: UInt64 = 0,
    gossip: Netaddr4 = Netaddr4(netid: Netaddr4.tcp, addr: []), now: Duration
  ) throws(Nfsstat4) -> (DataServer, [MetadataDirective]) {
    var directives: [MetadataDirective] = []
    if let former = clients[clientid]?.dataServer { directives += unregister(former, now: now) }
    // An address can lead to one process only: who came last has it.
    for server in dataServers.values where !Set(server.addresses).isDisjoint(with: addresses) {
      directives += revokeGrants(at: server.clientid)
      directives += unregister(server.id, now: now)
    }
    guard dataServers.count < limits.dataServers else { throw .NFS4ERR_DELAY }
    let stateid = newStateid(.registration)
    let server = DataServer(
      id: stateid.other.high & 0xff_ffff_ffff_ffff, stateid: stateid, clientid: clientid,
      name: name, addresses: addresses, addressBytes: addressBytes, locality: locality,
      member: member, gossip: gossip, registered: now)
    dataServers[server.id] = server
    clients[clientid, default: ClientState()].dataServer = server.id
    registryGeneration &+= 1
    return (server, directives)
  }

  /// UNREGISTER_DS.
  public mutating func unregister(
    _ stateid: Stateid4, clientid: Clientid4, now: Duration
  ) throws(Nfsstat4) -> [MetadataDirective] {
    guard let id = clients[clientid]?.dataServer, let server = dataServers[id],
      server.stateid.other == stateid.other
    else { throw .NFS4ERR_BAD_STATEID }
    return unregister(id, now: now)
  }

  mutating func unregister(_ id: UInt64, now: Duration) -> [MetadataDirective] {
    guard let server = dataServers.removeValue(forKey: id) else { return [] }
    clients[server.clientid]?.dataServer = nil
    registryGeneration &+= 1
    // Its grants end with the layouts: readers that it still serves leave in order.
    return recallLayouts(layouts(naming: id), now: now)
  }

  /// A data server that lost its registration to another one may not know it yet.
  private mutating func revokeGrants(at server: Clientid4) -> [MetadataDirective] {
    revoke(clients[server]?.serverGrants ?? [])
  }

  func layouts(naming id: UInt64) -> [StateidOther] {
    layouts.values.filter { $0.dataServer == id }.map(\.stateid.other)
  }

  /// How many layouts name each data server. Goes through all of them: for who looks at the
  /// server, not for its clients' requests.
  public var layoutCounts: [UInt64: Int] {
    layouts.values.reduce(into: [:]) { $0[$1.dataServer, default: 0] += 1 }
  }

  /// How many grants a data server holds.
  public func grantCount(of server: DataServer) -> Int {
    clients[server.clientid]?.serverGrants.count ?? 0
  }

  /// The data server that a client is; nil if it is none.
  public func dataServer(of clientid: Clientid4) -> DataServer? {
    clients[clientid]?.dataServer.flatMap { dataServers[$0] }
  }

  /// A data server's connection went down or came back. While it is down, layouts that choose it
  /// are recalled and none is granted.
  public mutating func setReachable(
    _ isReachable: Bool, clientid: Clientid4, now: Duration
  ) -> [MetadataDirective] {
    guard let id = clients[clientid]?.dataServer, dataServers[id]?.isReachable != isReachable
    else { return [] }
    dataServers[id]?.isReachable = isReachable
    registryGeneration &+= 1
    return isReachable ? [] : recallLayouts(layouts(naming: id), now: now)
  }

  /// Those that can be chosen.
  public var candidates: [Candidate] {
    dataServers.values.filter { $0.isReachable && !$0.isDraining }.map {
      Candidate(
        id: $0.id, addresses: $0.addressBytes, locality: $0.locality,
        queueSeconds: $0.queueSeconds, isOverloaded: $0.isOverloaded)
    }
  }

  /// A data server is new: layouts of clients that it is nearer to than the one they have are
  /// recalled, so that they choose again.
  public mutating func recallForNearer(
    _ id: UInt64, now: Duration, place: (Clientid4) -> ClientPlace?
  ) -> [MetadataDirective] {
    guard let server = dataServers[id] else { return [] }
    let candidate = Candidate(
      id: server.id, addresses: server.addressBytes, locality: server.locality)
    var places: [Clientid4: (ClientPlace, Distance)] = [:]
    var moved: [StateidOther] = []
    for layout in layouts.values where layout.dataServer != id {
      if places[layout.clientid] == nil, let client = place(layout.clientid) {
        places[layout.clientid] = (client, Ranking.distance(from: client, to: candidate))
      }
      guard let (client, distance) = places[layout.clientid],
        let current = dataServers[layout.dataServer]
      else { continue }
      let held = Ranking.distance(
        from: client,
        to: Candidate(
          id: current.id, addresses: current.addressBytes, locality: current.locality))
      if distance < held { moved.append(layout.stateid.other) }
    }
    return recallLayouts(moved, now: now)
  }

  // MARK: Grants

  /// Records what PROXY_OPEN grants, or finds what it granted before. The caller has checked the
  /// reader's rights to the file.
  /// - Throws: NFS4ERR_BAD_STATEID, NFS4ERR_OLD_STATEID, NFS4ERR_DELEG_REVOKED, NFS4ERR_OPENMODE
  ///   about the reader's stateid; NFS4ERR_PNFS_NO_LAYOUT when the reader holds no layout, or the
  ///   data server cannot be given a delegation now or has all the grants it can have.
  public mutating func proxyOpen(
    _ file: NfsFh4, stateid: Stateid4, reader: Clientid4, server: Clientid4, change: Changeid4
  ) throws(Nfsstat4) -> (ProxyGrant, DelegationState) {
    if let open = try openOrDelegation(stateid, clientid: reader, file: file) {
      guard open.access & OPEN4.SHARE_ACCESS_READ != 0 else { throw .NFS4ERR_OPENMODE }
    }
    guard holdsLayout(file, clientid: reader) else { throw .NFS4ERR_PNFS_NO_LAYOUT }
    guard let delegation = delegate(file, change: change, to: server),
      delegation.recalled == nil
    else { throw .NFS4ERR_PNFS_NO_LAYOUT }
    let key = GrantKey(server: server, reader: reader, file: file, state: stateid.other)
    if let granted = grantByKey[key].flatMap({ grants[$0] }) { return (granted, delegation) }
    guard clients[server]?.serverGrants.count ?? 0 < limits.grantsPerServer else {
      throw .NFS4ERR_PNFS_NO_LAYOUT
    }
    let grant = ProxyGrant(
      stateid: newStateid(.grant), server: server, reader: reader, file: file,
      state: stateid.other)
    grants[grant.stateid.other] = grant
    grantByKey[key] = grant.stateid.other
    grantsByState[grant.state, default: []].insert(grant.stateid.other)
    touchFile(file) { $0.grants.insert(grant.stateid.other) }
    clients[reader, default: ClientState()].readerGrants.insert(grant.stateid.other)
    clients[server, default: ClientState()].serverGrants.insert(grant.stateid.other)
    return (grant, delegation)
  }
}

public import NFSv4
public import Placement

extension MetadataState {
  /// How often a client may drop layouts for one file without returning them before it is left
  /// alone for a while.
  static var forgottenLimit: Int { 3 }
  /// For how long a data server that failed a client for a file is passed over.
  static var forgottenMemory: Duration { .seconds(30) }

  /// Grants a layout of the whole file for reading.
  /// - Parameters:
  ///   - ranked: the data servers for this client, best first.
  ///   - stateid: what LAYOUTGET carried: an open, a delegation or the layout.
  ///   - isInOpen: it came with the OPEN itself, before the client could know which file it opens:
  ///     it may well hold the layout, by another name of the file.
  /// - Throws: NFS4ERR_BAD_STATEID, NFS4ERR_OLD_STATEID; NFS4ERR_BADLAYOUT when no data server
  ///   qualifies now: the client reads here at once and asks again at its next read.
  public mutating func layoutget(
    _ file: NfsFh4, stateid: Stateid4, clientid: Clientid4, ranked: [RankedCandidate],
    isInOpen: Bool = false, now: Duration
  ) throws(Nfsstat4) -> LayoutState {
    let key = ClientFile(clientid: clientid, file: file)
    let held = layoutByKey[key].flatMap { layouts[$0] }
    let isLayoutStateid = try checkLayoutgetStateid(stateid, key: key, held: held)
    guard !isClosedToReaders(file), held?.recalled == nil || !isLayoutStateid else {
      throw .NFS4ERR_BADLAYOUT
    }
    if let held, !isLayoutStateid, !isInOpen { recordForgotten(held, now: now) }
    guard let choice = chosen(ranked, for: key, now: now) else { throw .NFS4ERR_BADLAYOUT }
    let distance = ranked.first { $0.id == choice }?.distance ?? .elsewhere
    if var held {
      held.stateid.seqid = nextSeqid(held.stateid.seqid)
      held.dataServer = choice
      held.distance = distance
      held.recalled = nil
      recalledLayouts.remove(held.stateid.other)
      layouts[held.stateid.other] = held
      layoutsGranted += 1
      return held
    }
    guard clients[clientid]?.layouts.count ?? 0 < limits.layoutsPerClient else {
      throw .NFS4ERR_BADLAYOUT
    }
    let layout = LayoutState(
      stateid: newStateid(.layout), clientid: clientid, file: file, dataServer: choice,
      distance: distance)
    layouts[layout.stateid.other] = layout
    layoutByKey[key] = layout.stateid.other
    touchFile(file) { $0.layouts.insert(layout.stateid.other) }
    clients[clientid, default: ClientState()].layouts.insert(layout.stateid.other)
    layoutsGranted += 1
    return layout
  }

  /// - Returns: whether the stateid is the layout's own.
  private func checkLayoutgetStateid(
    _ stateid: Stateid4, key: ClientFile, held: LayoutState?
  ) throws(Nfsstat4) -> Bool {
    if let held, held.stateid.other == stateid.other {
      // A client may have several LAYOUTGETs in flight: any earlier seqid will do.
      guard stateid.seqid <= held.stateid.seqid else { throw .NFS4ERR_BAD_STATEID }
      return true
    }
    _ = try openOrDelegation(stateid, clientid: key.clientid, file: key.file)
    return false
  }

  /// A client that asks for a layout with an open while it holds one dropped that without a word:
  /// a data server refused it, or was not reached. So another one is tried next, and after some
  /// failures none for a while.
  private mutating func recordForgotten(_ layout: LayoutState, now: Duration) {
    var client = clients[layout.clientid] ?? ClientState()
    var entry =
      client.forgotten[layout.file]
      ?? Forgotten(dataServer: layout.dataServer, count: 0, last: now)
    if now - entry.last > Self.forgottenMemory { entry.count = 0 }
    entry.dataServer = layout.dataServer
    entry.count += 1
    entry.last = now
    if client.forgotten.count >= 1024 {
      client.forgotten = client.forgotten.filter { now - $0.value.last <= Self.forgottenMemory }
    }
    if client.forgotten.count < 1024 { client.forgotten[layout.file] = entry }
    clients[layout.clientid] = client
  }

  private mutating func chosen(
    _ ranked: [RankedCandidate], for key: ClientFile, now: Duration
  ) -> UInt64? {
    guard let failed = clients[key.clientid]?.forgotten[key.file] else { return ranked.first?.id }
    guard now - failed.last <= Self.forgottenMemory else {
      clients[key.clientid]?.forgotten[key.file] = nil
      return ranked.first?.id
    }
    // The first time may be a recall that crossed the client's request: the choice stays.
    if failed.count < 2 { return ranked.first?.id }
    if failed.count > Self.forgottenLimit { return nil }
    return ranked.first { $0.id != failed.dataServer }?.id
  }

  /// LAYOUTRETURN of one file.
  /// - Returns: the layout stateid if anything is still held; what it allowed ends.
  public mutating func layoutreturn(
    _ stateid: Stateid4, file: NfsFh4, clientid: Clientid4, iomode: Layoutiomode4
  ) throws(Nfsstat4) -> (Stateid4?, [MetadataDirective]) {
    guard var layout = layouts[stateid.other], layout.clientid == clientid, layout.file == file
    else { throw .NFS4ERR_BAD_STATEID }
    guard stateid.seqid <= layout.stateid.seqid else { throw .NFS4ERR_BAD_STATEID }
    // Only layouts for reading are given out: a return of read-write layouts returns nothing.
    guard iomode != .LAYOUTIOMODE4_RW else {
      layout.stateid.seqid = nextSeqid(layout.stateid.seqid)
      layouts[stateid.other] = layout
      return (layout.stateid, [])
    }
    return (nil, endLayout(layout))
  }

  /// Whether a stateid is the client's layout of the file, as it is or was.
  /// - Throws: NFS4ERR_BAD_STATEID.
  public func checkLayout(
    _ stateid: Stateid4, file: NfsFh4, clientid: Clientid4
  ) throws(Nfsstat4) {
    guard let layout = layouts[stateid.other], layout.clientid == clientid, layout.file == file,
      stateid.seqid <= layout.stateid.seqid
    else { throw .NFS4ERR_BAD_STATEID }
  }

  /// LAYOUTRETURN of everything the client holds.
  public mutating func layoutreturnAll(clientid: Clientid4) -> [MetadataDirective] {
    var directives: [MetadataDirective] = []
    for other in clients[clientid]?.layouts ?? [] {
      if let layout = layouts[other] { directives += endLayout(layout) }
    }
    return directives
  }

  /// A layout that was recalled is back, or the client has no such layout. One that was granted
  /// again since stays: the answer was about the former.
  public mutating func layoutGone(_ other: StateidOther) -> [MetadataDirective] {
    guard let layout = layouts[other], layout.recalled != nil else { return [] }
    return endLayout(layout)
  }

  private mutating func endLayout(_ layout: LayoutState) -> [MetadataDirective] {
    removeLayout(layout.stateid.other)
    return endGrants(of: layout.file, reader: layout.clientid)
  }

  /// Recalls layouts, and fences what they allow.
  mutating func recallLayouts(
    _ others: some Sequence<StateidOther>, now: Duration
  ) -> [MetadataDirective] {
    var recalls: [MetadataDirective] = []
    for other in others {
      guard var layout = layouts[other], layout.recalled == nil else { continue }
      layout.recalled = now
      recalledLayouts.insert(other)
      // The recall counts as a change of the layout stateid (RFC 8881 §12.5.3).
      layout.stateid.seqid = nextSeqid(layout.stateid.seqid)
      layouts[other] = layout
      layoutsRecalled += 1
      recalls.append(.recallLayout(layout))
    }
    return recalls
  }

  /// Whether the client holds a layout for the file, so that data servers may serve it.
  public func holdsLayout(_ file: NfsFh4, clientid: Clientid4) -> Bool {
    guard let other = layoutByKey[ClientFile(clientid: clientid, file: file)] else { return false }
    return layouts[other].map { $0.recalled == nil } ?? false
  }

  mutating func removeLayout(_ other: StateidOther) {
    guard let layout = layouts.removeValue(forKey: other) else { return }
    recalledLayouts.remove(other)
    layoutByKey[ClientFile(clientid: layout.clientid, file: layout.file)] = nil
    touchFile(layout.file) { $0.layouts.remove(other) }
    clients[layout.clientid]?.layouts.remove(other)
  }
}

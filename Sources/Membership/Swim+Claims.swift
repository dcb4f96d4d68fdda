/// What is believed about whom, and why it changes.
extension Swim {
  /// How a claim came to us.
  enum Channel {
    /// As news: it is passed on.
    case gossip
    /// In a list of members: what others knew before us, so it is not passed on, and a death is not
    /// believed of one that we know to live. After a partition both sides hold each other dead, and
    /// one that is not has to get the chance to say so.
    case list
  }

  var bootTag: UInt32 { UInt32(truncatingIfNeeded: record.boot) }

  /// The members, ourselves included.
  var clusterSize: Int { table.liveCount + 1 }

  // MARK: Alive

  /// A member says that it lives, and what it is.
  /// - Returns: whether that was news.
  @discardableResult
  mutating func takeAlive(
    _ encoded: EncodedRecord, incarnation: UInt64, by channel: Channel,
    random: inout some RandomNumberGenerator
  ) throws(GossipError) -> Bool {
    if encoded.id == record.id {
      try takeOwnName(encoded, incarnation: incarnation, random: &random)
      return false
    }
    guard let slot = table.slot(of: encoded.id), let row = table[slot] else {
      return try takeStranger(encoded, incarnation: incarnation, by: channel, random: &random)
    }
    guard incarnation > row.incarnation else {
      if row.state == .dead, channel == .list { callDead(row) }
      if incarnation == row.incarnation, encoded.boot != row.record.boot, row.state.isLive,
        channel == .gossip, !claims.contains(.member(row.id))
      {
        // Two lives of one member at one incarnation. The later one goes above when it hears of it.
        spreadRow(row, random: &random)
      }
      return false
    }
    guard incarnation <= row.incarnation + Rumor.incarnationStep else {
      statistics.implausible += 1
      return false
    }
    let record = try encoded.record()
    guard isCompatible(record) else { return false }
    let suspected = suspicions.first { $0.member == row.id }?.incarnation ?? 0
    accept(
      record, incarnation: incarnation, slot: slot, refutes: incarnation > suspected,
      random: &random)
    if channel == .gossip {
      spread(
        EncodedRumor.alive(encoded, incarnation: incarnation), on: .member(record.id),
        in: .claims, random: &random)
    }
    return true
  }

  private mutating func takeStranger(
    _ encoded: EncodedRecord, incarnation: UInt64, by channel: Channel,
    random: inout some RandomNumberGenerator
  ) throws(GossipError) -> Bool {
    if let last = table.graveIncarnation(of: encoded.id), incarnation <= last { return false }
    let record = try encoded.record()
    guard isCompatible(record) else { return false }
    guard table.insert(record, incarnation: incarnation, random: &random) != nil else {
      statistics.tableFull += 1
      return false
    }
    directives.append(.joined(record))
    joinedAt = now
    syncAfterChange(random: &random)
    if channel == .gossip {
      spread(
        EncodedRumor.alive(encoded, incarnation: incarnation), on: .member(record.id),
        in: .claims, random: &random)
    }
    return true
  }

  private mutating func isCompatible(_ record: MemberRecord) -> Bool {
    if record.versions.overlaps(self.record.versions) { return true }
    statistics.versionsRefused += 1
    return false
  }

  /// A higher incarnation of a known member.
  private mutating func accept(
    _ record: MemberRecord, incarnation: UInt64, slot: Int, refutes: Bool,
    random: inout some RandomNumberGenerator
  ) {
    guard let old = table[slot] else { return }
    let restarted = old.record.boot != record.boot
    if restarted {
      windows[record.id] = nil
      loads.remove(.member(record.id))
      if restarts.changed(record.id, from: old.record.boot, to: record.boot, now: now) {
        directives.append(.conflict(old.record, record))
      }
    }
    guard refutes || restarted else {
      // Its record is newer than what we had, and the suspicion newer than that.
      table.revive(slot: slot, record: record, incarnation: incarnation, random: &random)
      table.suspect(slot: slot)
      if old.record != record { directives.append(.updated(record)) }
      return
    }
    suspicions.removeAll { $0.member == record.id }
    table.revive(slot: slot, record: record, incarnation: incarnation, random: &random)
    if !old.state.isLive {
      directives.append(.joined(record))
    } else if restarted {
      directives.append(.failed(record.id))
      directives.append(.joined(record))
    } else if old.record != record || old.state == .suspect {
      directives.append(.updated(record))
    }
  }

  // MARK: Suspect, dead, left

  mutating func takeSuspect(
    _ id: MemberID, incarnation: UInt64, from accuser: MemberID,
    random: inout some RandomNumberGenerator
  ) {
    guard id != record.id else { return refute(incarnation, random: &random) }
    guard let slot = table.slot(of: id), let row = table[slot], row.state.isLive,
      isPlausible(incarnation, of: row)
    else { return }
    let rumor = EncodedRumor.suspect(id, incarnation: incarnation, from: accuser)
    if let index = suspicions.firstIndex(where: { $0.member == id }) {
      guard suspicions[index].confirm(incarnation: incarnation, from: accuser) else { return }
      suspicionsAt = min(suspicionsAt ?? suspicions[index].deadline, suspicions[index].deadline)
    } else {
      let suspicion = Suspicion(
        of: id, incarnation: incarnation, from: accuser, memberCount: clusterSize,
        settings: settings, now: now)
      suspicions.append(suspicion)
      suspicionsAt = min(suspicionsAt ?? suspicion.deadline, suspicion.deadline)
      table.suspect(slot: slot)
      directives.append(.suspected(id))
      // The suspect has to hear of it, whoever else does.
      if accuser == record.id { send(.gossip, to: row.record.gossip, first: [rumor]) }
    }
    spread(rumor, on: .member(id), in: .claims, random: &random)
  }

  mutating func takeDead(
    _ id: MemberID, incarnation: UInt64, from accuser: MemberID, by channel: Channel,
    random: inout some RandomNumberGenerator
  ) {
    guard id != record.id else { return refute(incarnation, random: &random) }
    guard let slot = table.slot(of: id), let row = table[slot], row.state.isLive,
      isPlausible(incarnation, of: row)
    else { return }
    if channel == .list {
      return takeSuspect(id, incarnation: incarnation, from: record.id, random: &random)
    }
    bury(row, slot: slot, as: .dead, incarnation: incarnation)
    spread(
      EncodedRumor.dead(id, incarnation: incarnation, from: accuser), on: .member(id), in: .claims,
      random: &random)
  }

  mutating func takeLeft(
    _ id: MemberID, incarnation: UInt64, by channel: Channel,
    random: inout some RandomNumberGenerator
  ) {
    guard id != record.id else { return refute(incarnation, random: &random) }
    guard let slot = table.slot(of: id), let row = table[slot], row.state.isLive,
      isPlausible(incarnation, of: row)
    else { return }
    bury(row, slot: slot, as: .left, incarnation: incarnation)
    if channel == .gossip {
      spread(
        EncodedRumor.left(id, incarnation: incarnation), on: .member(id), in: .claims,
        random: &random)
    }
  }

  private mutating func isPlausible(_ incarnation: UInt64, of row: MemberTable.Row) -> Bool {
    guard incarnation >= row.incarnation else { return false }
    if incarnation <= row.incarnation + Rumor.incarnationStep { return true }
    statistics.implausible += 1
    return false
  }

  private mutating func bury(
    _ row: MemberTable.Row, slot: Int, as state: MemberTable.State, incarnation: UInt64
  ) {
    let id = row.id
    table.bury(slot: slot, as: state, incarnation: incarnation, now: now)
    suspicions.removeAll { $0.member == id }
    windows[id] = nil
    loads.remove(.member(id))
    directives.append(state == .left ? .left(id) : .failed(id))
  }

  /// Suspects whose time is up are dead.
  mutating func stepSuspicions(random: inout some RandomNumberGenerator) {
    guard let due = suspicionsAt, due <= now else { return }
    for suspicion in suspicions where suspicion.deadline <= now {
      takeDead(
        suspicion.member, incarnation: suspicion.incarnation, from: record.id, by: .gossip,
        random: &random)
    }
    suspicionsAt = suspicions.map(\.deadline).min()
  }

  // MARK: Ourselves

  /// Somebody holds us suspect, dead or gone: we go above the incarnation of that.
  private mutating func refute(
    _ claimed: UInt64, random: inout some RandomNumberGenerator
  ) {
    guard lifecycle == .member, claimed >= incarnation else { return }
    guard canExceed(claimed) else {
      statistics.implausible += 1
      return
    }
    incarnation = claimed + 1
    statistics.refutations += 1
    health.change(by: 1)
    owesIntroduction = true
    spreadSelf(random: &random)
  }

  /// A record with our own id: of our former life, or of somebody else's life.
  private mutating func takeOwnName(
    _ encoded: EncodedRecord, incarnation claimed: UInt64,
    random: inout some RandomNumberGenerator
  ) throws(GossipError) {
    if encoded.boot == record.boot {
      // What we said ourselves, unless somebody made it up.
      if claimed > incarnation { refute(claimed, random: &random) }
      return
    }
    let (refutes, reports) = namesake.saw(
      boot: encoded.boot, isAhead: claimed >= incarnation, now: now)
    if refutes, lifecycle == .member, canExceed(claimed) {
      incarnation = claimed + 1
      owesIntroduction = true
      spreadSelf(random: &random)
    }
    if reports { directives.append(.conflict(record, try encoded.record())) }
  }

  /// Whether others would believe us an incarnation above this one. Before our first refutation
  /// nothing is known of how far our former life went.
  private func canExceed(_ claimed: UInt64) -> Bool {
    claimed < Rumor.incarnationLimit
      && (claimed <= incarnation + Rumor.incarnationStep || incarnation == 1)
  }

  /// Our record is news.
  mutating func spreadSelf(random: inout some RandomNumberGenerator) {
    spread(
      EncodedRumor.alive(record, incarnation: incarnation), on: .member(record.id), in: .claims,
      random: &random)
  }

  private mutating func spreadRow(
    _ row: MemberTable.Row, random: inout some RandomNumberGenerator
  ) {
    spread(
      EncodedRumor.alive(row.record, incarnation: row.incarnation), on: .member(row.id),
      in: .claims,
      random: &random)
  }
}

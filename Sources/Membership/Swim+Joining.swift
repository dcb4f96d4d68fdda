/// Getting to know the others, and finding again those that were lost.
extension Swim {
  mutating func addSeeds(_ new: [GossipEndpoint]) {
    for seed in new where seed.isUnicast && seed != record.gossip {
      guard seeds.count < Self.seedLimit, !seeds.contains(seed) else { continue }
      seeds.append(seed)
    }
    guard lifecycle == .member, !seeds.isEmpty else { return }
    joinAttempts = 0
    joinAt = now
  }

  /// Asks every seed, less and less often, until one answered.
  mutating func stepJoin(random: inout some RandomNumberGenerator) {
    guard let due = joinAt, due <= now else { return }
    for seed in seeds { askForMembers(seed) }
    let wait = settings.joinInterval * (1 << min(5, joinAttempts))
    joinAttempts += 1
    joinAt = now + wait + (wait / 4).randomPart(using: &random)
  }

  private mutating func askForMembers(_ endpoint: GossipEndpoint, first rumors: [[UInt8]] = []) {
    send(
      .join, to: endpoint, first: [EncodedRumor.alive(record, incarnation: incarnation)] + rumors,
      withNews: false)
  }

  /// Asks a dead member, or a seed that is none of the members, whether it is back. Joins it, in
  /// fact: its answer tells us what its side of a partition knows.
  mutating func stepRevive(random: inout some RandomNumberGenerator) {
    guard reviveAt <= now else { return }
    reviveAt = now + settings.reviveInterval * Double.random(in: 0.5..<1.5, using: &random)
    if table.liveCount == 0, joinAt == nil, !seeds.isEmpty { joinAt = now }
    let lost = lostSeeds()
    if let row = table.randomDead(using: &random), lost.isEmpty || Bool.random(using: &random) {
      let rumor = EncodedRumor.dead(row.id, incarnation: row.incarnation, from: record.id)
      askForMembers(row.record.gossip, first: [rumor])
    } else if let seed = lost.randomElement(using: &random) {
      askForMembers(seed)
    }
  }

  private func lostSeeds() -> [GossipEndpoint] {
    guard !seeds.isEmpty else { return [] }
    var lost = seeds
    for index in 0..<table.liveCount {
      guard let endpoint = table.live(index)?.record.gossip else { continue }
      lost.removeAll { $0 == endpoint }
    }
    return lost
  }

  /// Tells a member that somebody believes alive that it is dead here, so that it refutes.
  mutating func callDead(_ row: MemberTable.Row) {
    guard callsToDead.spend(of: 0, now: now) else { return }
    let rumor = EncodedRumor.dead(row.id, incarnation: row.incarnation, from: record.id)
    send(.gossip, to: row.record.gossip, first: [rumor], withNews: false)
  }

  /// Somebody joins: he gets ourselves and as many others as the pages allow, at random.
  mutating func answerJoin(
    to source: GossipEndpoint, first rumors: [[UInt8]], random: inout some RandomNumberGenerator
  ) {
    var allowed = 1
    while allowed < settings.joinPages, pages.spend(of: 0, now: now) { allowed += 1 }
    let room = room(behind: .members)
    /// A record of some twenty letters takes 60 bytes; what does not fit the pages is left out.
    let others = table.randomLive(
      min(table.liveCount, allowed * room / MemberRecord.minimumBytes), using: &random)
    let entries =
      rumors + [EncodedRumor.alive(record, incarnation: incarnation)] + others.map(entry)
    sendPages(entries, to: source, limit: allowed)
  }

  /// What we believe of a member, for a list.
  func entry(_ row: MemberTable.Row) -> [UInt8] {
    switch row.state {
    case .alive, .suspect: EncodedRumor.alive(row.record, incarnation: row.incarnation)
    case .dead: EncodedRumor.dead(row.id, incarnation: row.incarnation, from: record.id)
    case .left: EncodedRumor.left(row.id, incarnation: row.incarnation)
    }
  }

  /// Sends entries in as few datagrams as they fit in, and no more than `limit`.
  mutating func sendPages(_ entries: [[UInt8]], to endpoint: GossipEndpoint, limit: Int) {
    let room = room(behind: .members)
    var page: [[UInt8]] = []
    var bytes = 0
    var sent = 0
    for entry in entries where entry.count <= room {
      if bytes + entry.count > room {
        send(.members, to: endpoint, first: page, withNews: false)
        sent += 1
        guard sent < limit else { return }
        page = []
        bytes = 0
      }
      page.append(entry)
      bytes += entry.count
    }
    if !page.isEmpty { send(.members, to: endpoint, first: page, withNews: false) }
  }

  /// A list of members arrived: we are in.
  mutating func tookMembers(hadNews: Bool, random: inout some RandomNumberGenerator) {
    if joinAt != nil, table.liveCount > 0 {
      joinAt = nil
      spreadSelf(random: &random)
    }
    if hadNews { syncSoon(random: &random) }
  }
}

/// Anti-entropy: two members compare their lists from a digest down and exchange what differs.
///
///     A ─ syncOffer(root) ──────▶ B      equal: syncSame, and that is all
///     A ◀── syncBuckets(hashes) ─ B
///     A ─ syncEntries(range, …) ▶ B      what A has where the hashes differ
///     A ◀───────── members(…) ─── B      what B has there that A lacks or has older
extension Swim {
  mutating func stepSync(random: inout some RandomNumberGenerator) {
    guard syncAt <= now, table.liveCount > 0 else { return }
    syncAt = now + settings.syncInterval * Double.random(in: 0.75..<1.25, using: &random)
    // What came while we compared is compared once more.
    if let joinedAt, now - joinedAt < settings.syncInterval / 10 {
      syncAfterChange(random: &random)
    }
    guard let partner = table.randomLive(1, using: &random).first else { return }
    syncPartner = partner.id
    send(.syncOffer(root: digestRoot()), to: partner.record.gossip, withNews: false)
  }

  /// Somebody came: some others may have missed it, or we somebody else.
  mutating func syncAfterChange(random: inout some RandomNumberGenerator) {
    let soon = settings.syncInterval * Double.random(in: 0.1..<0.3, using: &random)
    syncAt = min(syncAt, now + soon)
  }

  /// Our list was behind: there may be more, and others to ask.
  mutating func syncSoon(random: inout some RandomNumberGenerator) {
    let soon = settings.gossipInterval * Double.random(in: 2..<4, using: &random)
    syncAt = min(syncAt, now + soon)
  }

  // MARK: Digests

  /// The live members, ourselves included.
  private func forEachLive(_ body: (MemberRecord, UInt64) -> Void) {
    if lifecycle == .member { body(record, incarnation) }
    for index in 0..<table.liveCount {
      if let row = table.live(index) { body(row.record, row.incarnation) }
    }
  }

  func digestRoot() -> UInt64 {
    var root: UInt64 = 0
    forEachLive { root ^= MemberDigest.hash(of: $0, incarnation: $1) }
    return root
  }

  private func digestBuckets(bits: UInt8) -> [UInt64] {
    var hashes = [UInt64](repeating: 0, count: 1 << Int(bits))
    forEachLive {
      hashes[MemberDigest.bucket(of: MemberDigest.key(of: $0.id), bits: bits)] ^=
        MemberDigest.hash(of: $0, incarnation: $1)
    }
    return hashes
  }

  // MARK: The exchange

  mutating func answerOffer(root: UInt64, to source: GossipEndpoint) {
    guard root != digestRoot() else {
      return send(.syncSame, to: source, withNews: false)
    }
    statistics.syncsThatDiffered += 1
    let bits = MemberDigest.bucketBits(memberCount: clusterSize)
    send(.syncBuckets(bits: bits, digestBuckets(bits: bits)), to: source, withNews: false)
  }

  /// The partner's digests arrived: it gets what we have where they differ from ours.
  mutating func answerBuckets(
    _ theirs: [UInt64], bits: UInt8, from partner: MemberID, at source: GossipEndpoint,
    random: inout some RandomNumberGenerator
  ) {
    guard syncPartner == partner else { return }
    syncPartner = nil
    let ranges = MemberDigest.differingRanges(digestBuckets(bits: bits), theirs, bits: bits)
    guard !ranges.isEmpty else { return }
    var entries: [(key: UInt64, entry: [UInt8])] = []
    forEachLive { record, incarnation in
      let key = MemberDigest.key(of: record.id)
      guard ranges.contains(where: { $0.contains(key) }) else { return }
      entries.append((key, EncodedRumor.alive(record, incarnation: incarnation)))
    }
    entries.sort { $0.key < $1.key }
    // Anywhere is as good to start with: what is not reached this time is the next time.
    let start = Int.random(in: 0..<ranges.count, using: &random)
    var left = settings.syncPages
    for offset in 0..<ranges.count where left > 0 {
      let range = ranges[(start + offset) % ranges.count]
      sendRange(range, entries[...].filter { range.contains($0.key) }, to: source, left: &left)
    }
  }

  /// Sends all we have in a range, cut into ranges whose entries fit one datagram each.
  private mutating func sendRange(
    _ range: ClosedRange<UInt64>, _ entries: [(key: UInt64, entry: [UInt8])],
    to source: GossipEndpoint, left: inout Int
  ) {
    var first = range.lowerBound
    var page: [[UInt8]] = []
    var bytes = 0
    let room = room(behind: .syncEntries(first: 0, last: 0))
    for (key, entry) in entries {
      if bytes + entry.count > room {
        guard left > 0 else { return }
        left -= 1
        // Two ids never share a key: the mixer is a bijection.
        send(
          .syncEntries(first: first, last: key - 1), to: source, first: page, withNews: false)
        first = key
        page = []
        bytes = 0
      }
      page.append(entry)
      bytes += entry.count
    }
    guard left > 0 else { return }
    left -= 1
    send(
      .syncEntries(first: first, last: range.upperBound), to: source, first: page,
      withNews: false)
  }

  /// The partner told all it has in a range: it gets what it lacks there, or has older.
  mutating func answerEntries(
    in range: ClosedRange<UInt64>, told rumors: [Rumor], to source: GossipEndpoint
  ) {
    var told: [MemberID: UInt64] = [:]
    for rumor in rumors {
      if case .alive(let incarnation, let encoded) = rumor { told[encoded.id] = incarnation }
    }
    var entries: [[UInt8]] = []
    for rumor in rumors {
      guard case .alive(let incarnation, let encoded) = rumor else { continue }
      if let row = table.row(of: encoded.id) {
        let isBehind = incarnation < row.incarnation || encoded.boot != row.record.boot
        if isBehind || !row.state.isLive { entries.append(entry(row)) }
      } else if let last = table.graveIncarnation(of: encoded.id), incarnation <= last {
        entries.append(EncodedRumor.dead(encoded.id, incarnation: last, from: record.id))
      }
    }
    // Entries of a few more than fit are made; those with the lowest keys are sent.
    var missing: [(key: UInt64, slot: MemberTable.Row?)] = []
    for index in 0..<table.liveCount {
      guard let row = table.live(index), told[row.id] == nil else { continue }
      let key = MemberDigest.key(of: row.id)
      if range.contains(key) { missing.append((key, row)) }
    }
    let ownKey = MemberDigest.key(of: record.id)
    if lifecycle == .member, range.contains(ownKey), (told[record.id] ?? 0) < incarnation {
      missing.append((ownKey, nil))
    }
    missing.sort { $0.key < $1.key }
    let most = settings.syncPages * settings.datagramBytes / MemberRecord.minimumBytes
    entries += missing.prefix(most).map {
      $0.slot.map(entry) ?? EncodedRumor.alive(record, incarnation: incarnation)
    }
    if !entries.isEmpty { sendPages(entries, to: source, limit: settings.syncPages) }
  }
}

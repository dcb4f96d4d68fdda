import BlockCache
public import Membership

extension ContentsView {
  /// The members whose contents are known to differ from what is believed, and whose turn it is:
  /// those first that have waited longest. At most `limit`.
  public func needsSync(now: Duration, limit: Int = .max) -> [MemberID] {
    var due: [(since: Duration, member: MemberID)] = []
    for view in views {
      guard let view, let time = pullDue(view), time <= now else { continue }
      due.append((time, view.id))
    }
    due.sort { ($0.since, $0.member) < ($1.since, $1.member) }
    return due.prefix(max(0, limit)).map(\.member)
  }

  /// When ``needsSync(now:limit:)`` will next name somebody; nil if all is known.
  public var nextSync: Duration? {
    views.lazy.compactMap { view in view.flatMap { pullDue($0) } }.min()
  }

  private func pullDue(_ view: MemberView) -> Duration? {
    let mixed = xxh3(
      own.rawValue, view.id.rawValue, UInt64(view.schedule.failures), 0, seed: 7)
    return view.schedule.due(limits, stagger: UInt8(truncatingIfNeeded: mixed))
  }

  /// Begins to learn what `member` holds from itself, needed or not (a member that just joined is
  /// worth a pull before its first gossip). Nil if there is no room for another member.
  public mutating func beginPull(from member: MemberID, now: Duration) -> AntiEntropyPull? {
    advance(to: now)
    guard let slot = slot(adding: member), let view = views[slot] else { return nil }
    views[slot]?.schedule.begin(now: now)
    views[slot]?.stream.isPulling = true
    views[slot]?.isClipped = false
    return AntiEntropyPull(member: member, root: view.tree.root)
  }

  /// Takes in the answer to ``AntiEntropyPull/request``.
  /// - Throws: ``ContentsError`` if it is no answer to that; the pull is over then.
  public mutating func receive(
    _ response: AntiEntropyResponse, in pull: inout AntiEntropyPull, now: Duration
  ) throws(ContentsError) {
    do {
      try step(response, &pull, now: now)
    } catch {
      abandon(&pull, now: now)
      throw error
    }
    shed(now: now)
    if pull.request == nil { finish(pull, now: now) }
  }

  /// The connection failed, or the answer did not decode: the pull is over, and is tried again
  /// later.
  public mutating func abandon(_ pull: inout AntiEntropyPull, now: Duration) {
    guard pull.outcome == nil else { return }
    pull.end(.incomplete)
    finish(pull, now: now)
  }

  private mutating func finish(_ pull: AntiEntropyPull, now: Duration) {
    guard let slot = slots[pull.member], let view = views[slot] else { return }
    views[slot]?.stream.isPulling = false
    compare(slot, now: now)
    views[slot]?.schedule.end(limits, isClipped: view.isClipped, now: now)
  }

  private mutating func step(
    _ response: AntiEntropyResponse, _ pull: inout AntiEntropyPull, now: Duration
  ) throws(ContentsError) {
    pull.messages += 1
    guard let slot = slots[pull.member], pull.messages <= AntiEntropy.messagesPerPull else {
      return pull.end(.incomplete)
    }
    guard views[slot]?.stream.note(response.summary) == true else { throw .unasked }
    switch (pull.phase, response.body) {
    case (.comparing, .same):
      views[slot]?.stream.confirm(response.summary)
      pull.end(.exact)
    case (.comparing, .buckets(let buckets)):
      try compare(buckets, of: slot, as: response.summary, &pull)
    case (.listing(let mask, let after), .versions(let listed, let isLast)):
      let wanted = try differing(
        VersionPage(listed: listed, isLast: isLast, mask: mask, after: after), of: slot,
        as: response.summary)
      let next = isLast ? nil : listed.last?.version
      if wanted.isEmpty {
        proceed(mask, after: next, of: slot, &pull)
      } else {
        pull.fetch(wanted, mask: mask, next: next)
      }
    case (.fetching(let ranges, let mask, let next), .pages(let pages)):
      let rest = try take(pages, askedFor: ranges, of: slot, as: response.summary)
      if rest.isEmpty {
        proceed(mask, after: next, of: slot, &pull)
      } else {
        pull.fetch(rest, mask: mask, next: next)
      }
    default:
      throw .unasked
    }
  }

  private mutating func compare(
    _ buckets: [UInt64], of slot: Int, as summary: ContentsSummary, _ pull: inout AntiEntropyPull
  ) throws(ContentsError) {
    guard let view = views[slot], buckets.count == DigestTree.bucketCount else { throw .unasked }
    var mask = BucketMask()
    for (bucket, digest) in buckets.enumerated() where digest != view.tree.buckets[bucket] {
      if !adopt(bucket, digest, for: slot, as: summary) { mask.insert(bucket) }
    }
    // None is left if others hold the same, or if a delta arrived while the answer was on its way.
    if mask.isEmpty { compareAgain(slot, &pull) } else { pull.list(mask, after: nil) }
  }

  /// Learns a whole bucket without asking, if another member is known to hold exactly the same:
  /// nodes that run the same programs from the same image differ in little.
  private mutating func adopt(
    _ bucket: Int, _ digest: UInt64, for slot: Int, as summary: ContentsSummary
  ) -> Bool {
    var adopted: [(version: FileVersion, blocks: BlockBitmap)] = []
    // The digest of nothing is 0.
    if digest != 0 {
      let donor = views.firstIndex { $0?.tree.buckets[bucket] == digest }
      guard let donor else { return false }
      adopted = claims.claims(of: donor, in: bucket)
    }
    let names = Set(adopted.map(\.version))
    for claim in claims.claims(of: slot, in: bucket) where !names.contains(claim.version) {
      replace(claim.version, of: slot, as: summary) { $0 = BlockBitmap() }
    }
    for claim in adopted { replace(claim.version, of: slot, as: summary) { $0 = claim.blocks } }
    return true
  }

  /// Goes on with the next page of versions; after the last, compares again.
  private func proceed(
    _ mask: BucketMask, after next: FileVersion?, of slot: Int, _ pull: inout AntiEntropyPull
  ) {
    if let next { pull.list(mask, after: next) } else { compareAgain(slot, &pull) }
  }

  private func compareAgain(_ slot: Int, _ pull: inout AntiEntropyPull) {
    guard let view = views[slot], !view.isClipped,
      pull.comparisons < AntiEntropy.comparisonsPerPull
    else { return pull.end(.incomplete) }
    pull.comparisons += 1
    pull.phase = .comparing
    pull.request = .compare(root: view.tree.root)
  }

  /// Brings claims on some versions up to date with answers as of `summary`, on top of which come
  /// the deltas that arrived since.
  mutating func replace(
    _ version: FileVersion, of slot: Int, as summary: ContentsSummary,
    _ body: (inout BlockBitmap) -> Void
  ) {
    update(slot, version, body)
    for delta in views[slot]?.stream.deltas(after: summary.sequence) ?? [] {
      for entry in delta.entries where entry.version == version { apply(entry, of: slot) }
    }
  }

  /// Takes pages in, and returns what was asked for and is still missing.
  private mutating func take(
    _ pages: [AntiEntropyResponse.Page], askedFor ranges: [AntiEntropyRequest.Range],
    of slot: Int, as summary: ContentsSummary
  ) throws(ContentsError) -> [AntiEntropyRequest.Range] {
    guard !pages.isEmpty, pages.count <= ranges.count else { throw .unasked }
    for (place, page) in pages.enumerated() {
      guard page.version == ranges[place].version, page.range.first == ranges[place].first,
        page.range.last == .max || place == pages.count - 1
      else { throw .unasked }
    }
    for page in pages {
      replace(page.version, of: slot, as: summary) { blocks in
        blocks.subtract(BlockBitmap(page.range))
        blocks.formUnion(page.blocks)
      }
    }
    var rest = Array(ranges[pages.count...])
    if let last = pages.last, last.range.last < .max {
      rest.insert(
        AntiEntropyRequest.Range(version: last.version, first: last.range.last + 1), at: 0)
    }
    return rest
  }
}

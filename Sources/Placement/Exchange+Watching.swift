import BlockCache
public import Membership

/// Noticing that a source is gone, silent or stuck.
///
///     asked ─▶ nothing came for `statusAfter`,
///              no block for a while          ─▶ STATUS ─▶ no sign for `stallAfter`, or as long
///                                                 │         as its answers took before: left
///                                                 │ answered
///                                                 ▼
///                        its progress stands still for `frozenAfter`: left
///
/// A source that waits itself answers STATUS and is waited for, as long as it, or the one it waits
/// for, gets anything done: in a long chain the first block takes its time.
extension Exchange {
  /// A source answered STATUS; nil: it did not.
  public mutating func statusAnswered(
    _ call: ExchangeCall, progress: UInt64?, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    guard case .status(let member) = calls.removeValue(forKey: call),
      sources[member]?.status == call
    else { return [] }
    sources[member]?.status = nil
    guard let progress else {
      // Bytes that came meanwhile speak for it: it is asked again.
      if lastHeard(from: member) > sources[member]?.statusSince ?? now { return [] }
      return leave(member, isGone: false, now: now, random: &random)
    }
    noteAnswer(of: member, after: now - (sources[member]?.statusSince ?? now))
    sources[member]?.lastSign = now
    sources[member]?.answeredAt = now
    if sources[member]?.progress != progress {
      sources[member]?.progress = progress
      sources[member]?.lastProgress = now
      // Who waits for this member sees that it waits for one that gets on.
      self.progress &+= 1
    }
    return []
  }

  /// The connection to a member broke.
  public mutating func disconnected(
    from member: MemberID, now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    leave(member, isGone: false, now: now, random: &random)
  }

  /// When `tick` has something to do at the latest; nil: nothing is under way.
  public func nextDeadline(now: Duration) -> Duration? {
    let isIdle = pending.isEmpty && chunks.isEmpty && sources.isEmpty
    let watch = isIdle ? nil : now + .milliseconds(50)
    guard let allowed = uploads.nextAllowed(now: now) else { return watch }
    return watch.map { min($0, allowed) } ?? allowed
  }

  /// To be called about twenty times a second while anything is under way.
  public mutating func tick(
    now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    var directives: [ExchangeDirective] = []
    pump(now: now, &directives)
    watchSources(now: now, random: &random, &directives)
    turnFromSlow(now: now, random: &random, &directives)
    watchLocates(now: now, random: &random, &directives)
    for chunk in chunks.filter({ $0.value.retryAt.map { $0 <= now } ?? false }).keys.sorted() {
      resolve(chunk, now: now, random: &random, &directives)
    }
    chase(now: now, &directives)
    takeLastResort(now: now, &directives)
    avoided = avoided.filter { $0.value > now }
    return directives
  }

  private mutating func watchSources(
    now: Duration, random: inout some RandomNumberGenerator,
    _ directives: inout [ExchangeDirective]
  ) {
    for member in sources.keys.sorted() {
      guard let source = sources[member], !source.outstanding.isEmpty else { continue }
      if source.status != nil {
        let lastSign = max(source.lastSign, source.statusSince)
        if now - lastSign >= patience(with: member, atLeast: settings.stallAfter) {
          noteLeaving(member, silentSince: source.lastSign)
          directives += leave(member, isGone: false, now: now, random: &random)
        }
      } else if now - source.lastProgress >= settings.frozenAfter,
        now - source.answeredAt < settings.frozenAfter / 2
      {
        directives += leave(member, isGone: false, now: now, random: &random)
      } else if now - source.lastSign >= settings.statusAfter
        || now - max(source.lastProgress, source.answeredAt) >= settings.frozenAfter / 3
      {
        let call = newCall(.status(member))
        sources[member]?.status = call
        sources[member]?.statusSince = now
        directives.append(.askStatus(call, of: member))
      }
    }
  }

  /// A source whose link turned out to be many times slower than others' is not waited for: its
  /// home names another one.
  private mutating func turnFromSlow(
    now: Duration, random: inout some RandomNumberGenerator,
    _ directives: inout [ExchangeDirective]
  ) {
    for member in sources.keys.sorted() {
      guard let source = sources[member], let neighbor = neighborhood.members[member],
        neighborhood.slowness(of: neighbor) >= settings.slownessAllowed
      else { continue }
      var touched: Set<Chunk> = []
      for key in source.outstanding.sorted() {
        let chunk = Chunk(of: key)
        guard chunks[chunk]?.excluded.contains(member) == false,
          (pending[key]?.attempts ?? .max) < 3
        else { continue }
        for asked in pending[key]?.asked ?? [] where asked.source == .member(member) {
          remove(asked.call, from: key)
        }
        sources[member]?.outstanding.remove(key)
        directives.append(.cancel(key, at: member))
        touched.insert(chunk)
      }
      for chunk in touched {
        exclude(member, for: chunk)
        if chunks[chunk]?.parent == member { chunks[chunk]?.parent = nil }
      }
      for chunk in touched.sorted() { resolve(chunk, now: now, random: &random, &directives) }
      forgetIdle(member)
    }
  }

  private mutating func watchLocates(
    now: Duration, random: inout some RandomNumberGenerator,
    _ directives: inout [ExchangeDirective]
  ) {
    var overdue: [ExchangeCall] = []
    for (call, what) in calls {
      guard case .locate(_, let home, let since) = what else { continue }
      // One that is heard of has the answer behind something else.
      let lastSign = max(since, lastHeard(from: home))
      let isSilent = now - lastSign >= patience(with: home, atLeast: settings.locateAfter)
      if isSilent || now - since >= settings.locateLimit {
        noteLeaving(home, silentSince: lastSign)
        unansweredCount += 1
        overdue.append(call)
      }
    }
    for call in overdue.sorted() {
      directives += located(call, nil, now: now, random: &random)
    }
  }

  /// Who has waited too long, wherever the reason is, gets its block from the metadata server.
  /// While other blocks come from those that were asked, this one is only late: then it takes
  /// longer until the same bytes are asked for once more.
  private mutating func takeLastResort(now: Duration, _ directives: inout [ExchangeDirective]) {
    var late: [BlockKey] = []
    for (key, block) in pending
    where block.isDemand
      && now - block.wantedAt >= settings.lastResortAfter
      && !block.asked.contains(where: { $0.source == .origin })
    {
      let getsOn = block.asked.contains { asked in
        guard case .member(let member) = asked.source else { return false }
        return isSending(member, now: now)
      }
      if !getsOn || now - block.wantedAt >= settings.lastResortLimit { late.append(key) }
    }
    for key in late.sorted() {
      // If it is busy it is asked again, after as long.
      pending[key]?.wantedAt = now
      lastResortCount += 1
      readOrigin(key, insists: true, now: now, &directives)
    }
  }

  /// What a member was asked for is asked elsewhere.
  mutating func leave(
    _ member: MemberID, isGone: Bool, now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    guard let source = sources.removeValue(forKey: member) else {
      if !isGone { avoid(member, for: settings.avoidFor, now: now) }
      return []
    }
    leftCount += 1
    if let call = source.status { calls[call] = nil }
    avoid(member, for: settings.avoidFor, now: now)
    var directives: [ExchangeDirective] = []
    var touched: Set<Chunk> = []
    for key in source.outstanding.sorted() {
      let chunk = Chunk(of: key)
      for asked in pending[key]?.asked ?? [] where asked.source == .member(member) {
        remove(asked.call, from: key)
        // Its answer is taken if it comes after all.
      }
      if !isGone { directives.append(.cancel(key, at: member)) }
      exclude(member, for: chunk)
      if chunks[chunk]?.parent == member { chunks[chunk]?.parent = nil }
      touched.insert(chunk)
    }
    for chunk in touched.sorted() { resolve(chunk, now: now, random: &random, &directives) }
    return directives
  }
}

extension Chunk: Comparable {
  public static func < (lhs: Chunk, rhs: Chunk) -> Bool {
    (lhs.version.file.high, lhs.version.file.low, lhs.version.change, lhs.number)
      < (rhs.version.file.high, rhs.version.file.low, rhs.version.change, rhs.number)
  }
}

extension BlockKey {
  fileprivate static func < (lhs: BlockKey, rhs: BlockKey) -> Bool {
    (Chunk(of: lhs), lhs.index) < (Chunk(of: rhs), rhs.index)
  }
}

extension Sequence<BlockKey> {
  /// In an order that depends on nothing but the blocks.
  func sorted() -> [BlockKey] { sorted { $0 < $1 } }
}

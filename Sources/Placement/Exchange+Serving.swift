public import BlockCache
public import Membership

/// Giving blocks to others.
extension Exchange {
  /// LOCATE: this member is asked as the home of a chunk.
  /// - Parameter held: bit i: block i of the chunk is held here.
  public mutating func locateAsked(
    _ token: ExchangeToken, by asker: MemberID, _ request: LocateRequest, held: UInt32,
    now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    guard !isDraining, neighborhood.members[neighborhood.own]?.isServing == true,
      neighborhood.members[asker] != nil
    else { return [.answerLocate(token, .nobody)] }
    var directives: [ExchangeDirective] = []
    let chunk = request.chunk
    var request = request
    // Blocks behind the end of the file are got for nobody.
    request.wanted &= chunk.bits(below: request.file.blockCount)
    guard request.wanted != 0 else { return [.answerLocate(token, .nobody)] }
    for member in request.excluded { tracker.strike(member, of: chunk) }
    if request.wanted & ~held == 0 {
      tracker.note(neighborhood.own, of: chunk, readyAt: now)
    } else if chunks[chunk] != nil {
      breakCircle(chunk, with: asker, now: now, random: &random, &directives)
      tracker.note(neighborhood.own, of: chunk, readyAt: now + .milliseconds(50))
    } else if !noteHolders(of: chunk, request, now: now) {
      // Nobody here has it or is about to: this member gets it for all.
      tracker.note(neighborhood.own, of: chunk, readyAt: now + .milliseconds(50))
      directives += want(
        chunk.indices(in: request.wanted & ~held), of: request.file, isDemand: request.isDemand,
        isForOthers: true, now: now, random: &random)
    }
    let assignment = tracker.assign(
      chunk, to: asker, excluding: request.excluded, blocks: request.wanted.nonzeroBitCount,
      in: neighborhood, now: now)
    guard let assignment else { return directives + [.answerLocate(token, .nobody)] }
    if assignment.parent == neighborhood.own, request.wanted & ~held != 0 {
      // It is named as a source, so it has to become one.
      directives += want(
        chunk.indices(in: request.wanted & ~held), of: request.file, isDemand: request.isDemand,
        isForOthers: true, now: now, random: &random)
    }
    directives.append(
      .answerLocate(token, .parent(assignment.parent, expectedIn: assignment.expectedIn)))
    return directives
  }

  /// Two members that take each other for the home would wait for each other.
  private mutating func breakCircle(
    _ chunk: Chunk, with asker: MemberID, now: Duration,
    random: inout some RandomNumberGenerator, _ directives: inout [ExchangeDirective]
  ) {
    guard let state = chunks[chunk], state.locatingAt == asker || state.parent == asker else {
      return
    }
    passOver(asker, for: chunk)
    exclude(asker, for: chunk)
    if let call = state.locating {
      calls[call] = nil
      chunks[chunk]?.locating = nil
      chunks[chunk]?.locatingAt = nil
    }
    chunks[chunk]?.parent = nil
    for index in chunk.indices(in: state.wanted) {
      let key = BlockKey(version: chunk.version, index: index)
      for asked in pending[key]?.asked ?? [] where asked.source == .member(asker) {
        remove(asked.call, from: key)
        calls[asked.call] = nil
        sources[asker]?.outstanding.remove(key)
        directives.append(.cancel(key, at: asker))
      }
    }
    forgetIdle(asker)
    resolve(chunk, now: now, random: &random, &directives)
  }

  /// Notes who holds the chunk as far as gossip says, unless somebody is known already.
  /// - Returns: whether anybody is known.
  private mutating func noteHolders(
    of chunk: Chunk, _ request: LocateRequest, now: Duration
  ) -> Bool {
    if tracker.knows(chunk) { return true }
    guard let first = chunk.indices(in: request.wanted).first else { return false }
    let reach = neighborhood.trackers(of: chunk, avoiding: avoidedNow(now)).first?.reach
    var isKnown = false
    for member in contents.holders(of: BlockKey(version: chunk.version, index: first)) {
      guard member != neighborhood.own, !request.excluded.contains(member),
        neighborhood.members[member]?.isServing == true,
        // Those further away are for the home of their tier to name.
        reach.map({ neighborhood.distance(to: member) < $0 }) ?? true
      else { continue }
      tracker.note(member, of: chunk, readyAt: now)
      isKnown = true
    }
    return isKnown
  }

  /// TAKE: a member wants a block.
  /// - Parameter bytes: about how many will be sent, where it is held here; nil where it is not.
  public mutating func takeAsked(
    _ token: ExchangeToken, by asker: MemberID, _ request: TakeRequest, bytes: Int?,
    now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    let key = request.key
    var directives: [ExchangeDirective] = []
    var upload = UploadQueue.Upload(
      token: token, key: key, member: asker, isDemand: request.isDemand, bytes: bytes ?? 0,
      isFar: isFar(asker), turn: nextTurn)
    nextTurn &+= 1
    if bytes != nil {
      guard uploads.append(upload) else { return [.refuse(token, .busy)] }
      pump(now: now, &directives)
      return directives
    }
    if pending[key] == nil {
      guard request.isAssigned, !isDraining, key.index < request.file.blockCount else {
        return [.refuse(token, .missing)]
      }
      // This member's own reader did not come so far yet; others rely on it.
      directives += want(
        CollectionOfOne(key.index), of: request.file, isDemand: request.isDemand,
        isForOthers: true, now: now, random: &random)
    }
    if asksOf(asker, key), neighborhood.own.rawValue < asker.rawValue {
      // Both wait for each other: the one with the lower number looks elsewhere.
      turnFrom(asker, key, now: now, random: &random, &directives)
    }
    guard let block = pending[key], parkedCount < settings.parkedLimit else {
      return directives + [.refuse(token, .busy)]
    }
    upload.bytes = request.file.plainBytes(of: key.index)
    parked[key, default: []].append(upload)
    parkedCount += 1
    // What one waits for is urgent all the way up.
    if request.isDemand, !block.isDemand { urge(key, now: now, &directives) }
    return directives
  }

  private func asksOf(_ member: MemberID, _ key: BlockKey) -> Bool {
    pending[key]?.asked.contains { $0.source == .member(member) } == true
  }

  /// A block is not to come from this member, which waits for it itself.
  private mutating func turnFrom(
    _ member: MemberID, _ key: BlockKey, now: Duration,
    random: inout some RandomNumberGenerator, _ directives: inout [ExchangeDirective]
  ) {
    let chunk = Chunk(of: key)
    for asked in pending[key]?.asked ?? [] where asked.source == .member(member) {
      remove(asked.call, from: key)
      calls[asked.call] = nil
    }
    sources[member]?.outstanding.remove(key)
    directives.append(.cancel(key, at: member))
    forgetIdle(member)
    exclude(member, for: chunk)
    if chunks[chunk]?.parent == member { chunks[chunk]?.parent = nil }
    resolve(chunk, now: now, random: &random, &directives)
  }

  /// URGE: somebody waits for a block now that a member asked for ahead of time.
  public mutating func urgeAsked(
    by asker: MemberID, _ key: BlockKey, now: Duration
  ) -> [ExchangeDirective] {
    var directives: [ExchangeDirective] = []
    if var waiting = parked[key] {
      for place in waiting.indices where waiting[place].member == asker {
        waiting[place].isDemand = true
      }
      parked[key] = waiting
      urge(key, now: now, &directives)
    }
    uploads.urge(key, of: asker)
    pump(now: now, &directives)
    return directives
  }

  /// CANCEL: a member wants a block no more.
  public mutating func cancelAsked(by asker: MemberID, _ key: BlockKey) -> [ExchangeDirective] {
    var directives: [ExchangeDirective] = []
    for upload in parked[key] ?? [] where upload.member == asker {
      directives.append(.refuse(upload.token, .missing))
    }
    unpark(key) { $0.member == asker }
    for token in uploads.remove(member: asker, key: key) {
      directives.append(.refuse(token, .missing))
    }
    return directives
  }

  /// A block was sent, or could not be.
  public mutating func sent(
    _ token: ExchangeToken, now: Duration
  ) -> [ExchangeDirective] {
    progress &+= 1
    uploads.finished(token)
    var directives: [ExchangeDirective] = []
    pump(now: now, &directives)
    return directives
  }

  /// The connection that some TAKEs came on is gone: nobody waits for their answers.
  public mutating func abandoned(
    _ tokens: some Sequence<ExchangeToken>, now: Duration
  ) -> [ExchangeDirective] {
    let gone = Set(tokens)
    guard !gone.isEmpty else { return [] }
    for key in Array(parked.keys) { unpark(key) { gone.contains($0.token) } }
    uploads.remove(tokens: gone)
    var directives: [ExchangeDirective] = []
    pump(now: now, &directives)
    return directives
  }

  mutating func pump(now: Duration, _ directives: inout [ExchangeDirective]) {
    while let upload = uploads.next(now: now) {
      directives.append(.send(upload.token, upload.key, to: upload.member))
    }
  }
}

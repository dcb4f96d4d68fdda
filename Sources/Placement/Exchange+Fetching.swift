public import BlockCache
import Membership

/// Getting blocks.
extension Exchange {
  /// Blocks of a file are wanted that are not held here. Those that are wanted already are made
  /// urgent where `isDemand`.
  /// - Parameter isForOthers: nobody here reads the file.
  public mutating func want(
    _ indices: some Sequence<UInt32>, of file: ExchangedFile, isDemand: Bool,
    isForOthers: Bool = false, now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    if !isForOthers { tracker.noteReader(neighborhood.own, of: file.version, now: now) }
    var directives: [ExchangeDirective] = []
    var touched: [Chunk] = []
    for index in indices {
      let key = BlockKey(version: file.version, index: index)
      if pending[key] != nil {
        if isDemand { urge(key, now: now, &directives) }
        continue
      }
      guard pending.count < settings.wantedLimit else {
        directives.append(.fail(key, .unavailable))
        continue
      }
      pending[key] = Pending(isDemand: isDemand, wantedAt: now)
      let chunk = Chunk(of: key)
      chunks[chunk, default: ChunkState(file: file, assigned: formerParents[chunk])].wanted |=
        chunk.bit(of: index)
      if touched.last != chunk { touched.append(chunk) }
    }
    for chunk in touched { resolve(chunk, now: now, random: &random, &directives) }
    return directives
  }

  /// Somebody waits for a block that was wanted ahead of time: whoever was asked for it is told.
  mutating func urge(
    _ key: BlockKey, now: Duration, _ directives: inout [ExchangeDirective]
  ) {
    guard let block = pending[key], !block.isDemand else { return }
    pending[key]?.isDemand = true
    pending[key]?.wantedAt = now
    for asked in block.asked {
      switch asked.source {
      case .member(let member): directives.append(.urge(key, at: member))
      case .origin: directives.append(.urgeOrigin(key))
      }
    }
  }

  /// The file has another version now: nothing of this one is wanted.
  public mutating func forget(_ version: FileVersion) -> [ExchangeDirective] {
    var directives: [ExchangeDirective] = []
    for chunk in chunks.keys.filter({ $0.version == version }).sorted() {
      for index in chunk.indices(in: chunks[chunk]?.wanted ?? 0) {
        give(up: BlockKey(version: version, index: index), .versionGone, &directives)
      }
    }
    return directives
  }

  /// Sees to it that each wanted block of a chunk is asked for.
  mutating func resolve(
    _ chunk: Chunk, now: Duration, random: inout some RandomNumberGenerator,
    _ directives: inout [ExchangeDirective]
  ) {
    guard let state = chunks[chunk], state.retryAt.map({ now >= $0 }) ?? true else { return }
    chunks[chunk]?.retryAt = nil
    var open: UInt32 = 0
    for index in chunk.indices(in: state.wanted) {
      let key = BlockKey(version: chunk.version, index: index)
      if pending[key]?.asked.isEmpty == true { open |= chunk.bit(of: index) }
    }
    guard open != 0 else { return }
    guard state.locating == nil else { return }
    if let parent = state.assigned, neighborhood.members[parent]?.isServing == true,
      !isAvoided(parent, now: now), !state.excluded.contains(parent)
    {
      for index in chunk.indices(in: open) {
        take(
          BlockKey(version: chunk.version, index: index), from: parent, isAssigned: true, now: now,
          &directives)
      }
      return
    }
    let path = neighborhood.trackers(
      of: chunk, avoiding: avoidedNow(now).union(state.passedOver))
    // A home spreads the askers over all who have the chunk, because it knows of every one of them.
    // Only holders that are nearer than any home, or without a home to ask, are chosen here.
    let reach = path.first?.reach
    for index in chunk.indices(in: open) {
      let key = BlockKey(version: chunk.version, index: index)
      guard
        let holder = holder(of: key, state, nearerThan: reach, now: now, random: &random)
      else { continue }
      take(key, from: holder, isAssigned: false, now: now, &directives)
      open &= ~chunk.bit(of: index)
    }
    guard open != 0 else { return }
    if let tracker = path.first {
      return locate(chunk, open, at: tracker.home, now: now, &directives)
    }
    for index in chunk.indices(in: open) {
      readOrigin(
        BlockKey(version: chunk.version, index: index), insists: false, now: now, &directives)
    }
  }

  /// A member that gossip says holds a block: of the nearest the less busy of two drawn at random,
  /// or the one that gave the chunk's other blocks, unless it is much busier.
  private func holder(
    of key: BlockKey, _ state: ChunkState, nearerThan reach: Distance?, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> MemberID? {
    var nearest: [MemberID] = []
    var distance = Distance.elsewhere
    for member in contents.holders(of: key) {
      guard member != neighborhood.own, let neighbor = neighborhood.members[member],
        neighbor.isServing, !isAvoided(member, now: now), !state.excluded.contains(member)
      else { continue }
      let own = neighborhood.distance(to: member)
      if let reach, own >= reach { continue }
      if own < distance { nearest = [] }
      distance = nearest.isEmpty ? own : min(distance, own)
      if own == distance { nearest.append(member) }
    }
    guard !nearest.isEmpty else { return nil }
    let one = nearest[Int.random(in: 0..<nearest.count, using: &random)]
    let other = nearest[Int.random(in: 0..<nearest.count, using: &random)]
    let chosen = busyness(of: one) <= busyness(of: other) ? one : other
    if let parent = state.parent, nearest.contains(parent),
      busyness(of: parent) <= 1.5 * busyness(of: chosen) + 0.02
    {
      return parent
    }
    return chosen
  }

  /// Seconds until a block that is asked for now would come, as far as is known here.
  private func busyness(of member: MemberID) -> Double {
    guard let neighbor = neighborhood.members[member] else { return .infinity }
    let asked = Double(sources[member]?.outstanding.count ?? 0)
    let block = tracker.settings.blockSeconds * neighborhood.slowness(of: neighbor)
    return neighbor.queueSeconds + asked * block
  }

  // MARK: Asking

  private mutating func locate(
    _ chunk: Chunk, _ wanted: UInt32, at home: MemberID, now: Duration,
    _ directives: inout [ExchangeDirective]
  ) {
    guard let state = chunks[chunk] else { return }
    let isDemand = chunk.indices(in: wanted).contains {
      pending[BlockKey(version: chunk.version, index: $0)]?.isDemand == true
    }
    let call = newCall(.locate(chunk, at: home, since: now))
    chunks[chunk]?.locating = call
    chunks[chunk]?.locatingAt = home
    directives.append(
      .locate(
        call, at: home,
        LocateRequest(
          file: state.file, chunk: chunk, wanted: wanted, isDemand: isDemand,
          excluded: excluded(state, now: now))))
  }

  /// Whom a home is not to name: those that did not give the chunk, and those passed over now.
  private func excluded(_ state: ChunkState, now: Duration) -> [MemberID] {
    let avoided = avoidedNow(now).subtracting(state.excluded).sorted()
    return Array((avoided + state.excluded).suffix(LocateRequest.excludedLimit))
  }

  private mutating func take(
    _ key: BlockKey, from member: MemberID, isAssigned: Bool, now: Duration,
    _ directives: inout [ExchangeDirective]
  ) {
    let chunk = Chunk(of: key)
    guard let file = chunks[chunk]?.file, let block = pending[key] else { return }
    let call = newCall(.take(key, from: member))
    pending[key]?.asked.append(Asked(source: .member(member), call: call, since: now))
    pending[key]?.attempts += 1
    chunks[chunk]?.parent = member
    if isAssigned { chunks[chunk]?.assigned = member }
    var source = sources[member] ?? SourceState()
    if source.outstanding.isEmpty {
      source.lastSign = now
      source.lastProgress = now
    }
    source.outstanding.insert(key)
    sources[member] = source
    directives.append(
      .take(
        call, from: member,
        TakeRequest(
          file: file, index: key.index, isDemand: block.isDemand, isAssigned: isAssigned)))
  }

  mutating func readOrigin(
    _ key: BlockKey, insists: Bool, now: Duration, _ directives: inout [ExchangeDirective]
  ) {
    guard let state = chunks[Chunk(of: key)], let block = pending[key] else { return }
    let call = newCall(.origin(key))
    pending[key]?.asked.append(Asked(source: .origin, call: call, since: now))
    pending[key]?.attempts += 1
    directives.append(
      .readOrigin(
        call,
        OriginRequest(
          file: state.file, index: key.index, isDemand: block.isDemand,
          waiting: parked[key]?.count ?? 0,
          excluded: Array(state.excluded.suffix(LocateRequest.excludedLimit)), insists: insists)))
  }

  // MARK: Answers

  /// A home answered, or did not: nil.
  public mutating func located(
    _ call: ExchangeCall, _ answer: LocateAnswer?, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    guard case .locate(let chunk, let home, let since) = calls.removeValue(forKey: call) else {
      return []
    }
    if answer != nil { noteAnswer(of: home, after: now - since) }
    guard chunks[chunk]?.locating == call else { return [] }
    chunks[chunk]?.locating = nil
    chunks[chunk]?.locatingAt = nil
    var directives: [ExchangeDirective] = []
    switch answer {
    case .parent(let parent, _)
    where parent != neighborhood.own && neighborhood.members[parent] != nil
      && !isAvoided(parent, now: now) && chunks[chunk]?.excluded.contains(parent) == false:
      for index in chunk.indices(in: chunks[chunk]?.wanted ?? 0) {
        let key = BlockKey(version: chunk.version, index: index)
        guard pending[key]?.asked.isEmpty == true else { continue }
        take(key, from: parent, isAssigned: true, now: now, &directives)
      }
    case .parent(let parent, _)
    where parent != neighborhood.own && chunks[chunk]?.excluded.contains(parent) == false
      && (chunks[chunk]?.excluded.count ?? 0) < LocateRequest.excludedLimit:
      // It is passed over here for now, or not known yet: is there another one?
      exclude(parent, for: chunk)
      resolve(chunk, now: now, random: &random, &directives)
    case .parent, .nobody:
      passOver(home, for: chunk)
      resolve(chunk, now: now, random: &random, &directives)
    case nil:
      avoid(home, for: settings.avoidFor, now: now)
      resolve(chunk, now: now, random: &random, &directives)
    }
    return directives
  }

  mutating func passOver(_ home: MemberID, for chunk: Chunk) {
    guard chunks[chunk]?.passedOver.contains(home) == false else { return }
    chunks[chunk]?.passedOver.append(home)
  }

  /// What came of a TAKE. `arrived` means that the block is held here now.
  public mutating func taken(
    _ call: ExchangeCall, _ outcome: TakeOutcome, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    guard case .take(let key, let member) = calls.removeValue(forKey: call) else { return [] }
    sources[member]?.outstanding.remove(key)
    sources[member]?.lastSign = now
    var directives: [ExchangeDirective] = []
    switch outcome {
    case .arrived:
      sources[member]?.lastProgress = now
      noteBlock(from: member, at: now)
      arrived(key, by: call, now: now, &directives)
    case .refused(.missing):
      // Who was told meanwhile that it need not send it refuses too, and may well have it.
      if pending[key]?.asked.contains(where: { $0.call == call }) == true {
        contents.disproved(member, key, now: now)
      }
      retract(key, call, excluding: member, now: now, random: &random, &directives)
    case .refused(.busy):
      retract(key, call, excluding: member, now: now, random: &random, &directives)
    case .failed:
      directives += leave(member, isGone: false, now: now, random: &random)
      retract(key, call, excluding: member, now: now, random: &random, &directives)
    case .wrong:
      avoid(member, for: settings.quarantineFor, now: now)
      directives.append(.accuse(member))
      directives += leave(member, isGone: false, now: now, random: &random)
      retract(key, call, excluding: member, now: now, random: &random, &directives)
    }
    forgetIdle(member)
    return directives
  }

  /// What came of a question to the metadata server. `arrived` means that the block is held now.
  public mutating func originAnswered(
    _ call: ExchangeCall, _ outcome: OriginOutcome, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    guard case .origin(let key) = calls.removeValue(forKey: call) else { return [] }
    let chunk = Chunk(of: key)
    var directives: [ExchangeDirective] = []
    switch outcome {
    case .arrived:
      arrived(key, by: call, now: now, &directives)
    case .elsewhere(let member):
      remove(call, from: key)
      guard pending[key]?.asked.isEmpty == true else { break }
      let isUsable =
        member != neighborhood.own && !isAvoided(member, now: now)
        && chunks[chunk]?.excluded.contains(member) == false
        && neighborhood.members[member] != nil
      if isUsable {
        take(key, from: member, isAssigned: true, now: now, &directives)
      } else {
        exclude(member, for: chunk)
        readOrigin(key, insists: (pending[key]?.attempts ?? 0) > 4, now: now, &directives)
      }
    case .gone:
      directives += forget(key.version)
    case .busy, .failed:
      remove(call, from: key)
      guard let block = pending[key], block.asked.isEmpty else { break }
      if block.attempts >= 12 {
        give(up: key, .unavailable, &directives)
      } else {
        chunks[chunk]?.retryAt = now + .milliseconds(100)
      }
    case .refused:
      give(up: key, .unavailable, &directives)
    }
    return directives
  }

  /// The block is here: whoever else was asked for it need not send it, and who waits gets it.
  private mutating func arrived(
    _ key: BlockKey, by call: ExchangeCall, now: Duration,
    _ directives: inout [ExchangeDirective]
  ) {
    progress &+= 1
    guard let block = pending.removeValue(forKey: key) else { return }
    for asked in block.asked where asked.call != call {
      withdraw(asked, key, &directives)
    }
    finishChunk(key)
    if tracker.knows(Chunk(of: key)) {
      tracker.note(neighborhood.own, of: Chunk(of: key), readyAt: now)
    }
    if let waiting = parked.removeValue(forKey: key) {
      parkedCount -= waiting.count
      for upload in waiting where !uploads.append(upload) {
        directives.append(.refuse(upload.token, .busy))
      }
    }
    pump(now: now, &directives)
  }

  /// A call came to nothing: the block is asked for elsewhere unless it is already.
  private mutating func retract(
    _ key: BlockKey, _ call: ExchangeCall, excluding member: MemberID, now: Duration,
    random: inout some RandomNumberGenerator, _ directives: inout [ExchangeDirective]
  ) {
    let chunk = Chunk(of: key)
    remove(call, from: key)
    exclude(member, for: chunk)
    if chunks[chunk]?.parent == member { chunks[chunk]?.parent = nil }
    guard let block = pending[key], block.asked.isEmpty else { return }
    if block.attempts >= 12 {
      give(up: key, .unavailable, &directives)
    } else if block.attempts >= 6 {
      readOrigin(key, insists: true, now: now, &directives)
    } else {
      resolve(chunk, now: now, random: &random, &directives)
    }
  }

  mutating func remove(_ call: ExchangeCall, from key: BlockKey) {
    pending[key]?.asked.removeAll { $0.call == call }
  }

  mutating func exclude(_ member: MemberID, for chunk: Chunk) {
    guard chunks[chunk]?.excluded.contains(member) == false else { return }
    chunks[chunk]?.excluded.append(member)
  }

  private mutating func withdraw(
    _ asked: Asked, _ key: BlockKey, _ directives: inout [ExchangeDirective]
  ) {
    guard case .member(let member) = asked.source else { return }
    // Its answer may still come; nobody waits for it then.
    sources[member]?.outstanding.remove(key)
    directives.append(.cancel(key, at: member))
    forgetIdle(member)
  }

  private mutating func give(
    up key: BlockKey, _ failure: ExchangeFailure, _ directives: inout [ExchangeDirective]
  ) {
    guard let block = pending.removeValue(forKey: key) else { return }
    for asked in block.asked { withdraw(asked, key, &directives) }
    finishChunk(key)
    for upload in parked.removeValue(forKey: key) ?? [] {
      parkedCount -= 1
      directives.append(.refuse(upload.token, .missing))
    }
    directives.append(.fail(key, failure))
  }

  private mutating func finishChunk(_ key: BlockKey) {
    let chunk = Chunk(of: key)
    guard var state = chunks[chunk] else { return }
    state.wanted &= ~chunk.bit(of: key.index)
    if state.wanted == 0 {
      if let call = state.locating { calls[call] = nil }
      chunks[chunk] = nil
      if let parent = state.assigned {
        if formerParents.count >= Self.formerParentsLimit { formerParents = [:] }
        formerParents[chunk] = parent
      }
    } else {
      chunks[chunk] = state
    }
  }

  mutating func forgetIdle(_ member: MemberID) {
    guard let source = sources[member], source.outstanding.isEmpty else { return }
    if let call = source.status { calls[call] = nil }
    sources[member] = nil
  }
}

extension Chunk {
  /// The bit of a block of the chunk.
  func bit(of index: UInt32) -> UInt32 { 1 << (index % Self.blockCount) }

  /// The bits of those of its blocks that a file of so many has.
  func bits(below blockCount: UInt32) -> UInt32 {
    let first = UInt64(number) * UInt64(Self.blockCount)
    guard first < blockCount else { return 0 }
    let count = min(UInt64(Self.blockCount), UInt64(blockCount) - first)
    return allBits >> (Self.blockCount - UInt32(count))
  }

  /// The blocks whose bits are set.
  func indices(in bits: UInt32) -> [UInt32] {
    var result: [UInt32] = []
    for place in 0..<Self.blockCount where bits & (1 << place) != 0 {
      result.append(firstIndex &+ place)
    }
    return result
  }
}

/// Dissemination: what rides on which datagram, and what is sent for its own sake.
extension Swim {
  // MARK: News

  /// Which queue something waits in.
  enum NewsQueue { case claims, payloads, loads }

  /// Makes something news: it rides on the next datagrams, and gets some of its own soon.
  mutating func spread(
    _ rumor: [UInt8], on topic: RumorQueue.Topic, in queue: NewsQueue,
    random: inout some RandomNumberGenerator
  ) {
    switch queue {
    case .claims: claims.add(rumor, on: topic)
    case .payloads: payloads.add(rumor, on: topic)
    case .loads: loads.add(rumor, on: topic)
    }
    guard gossipAt == nil, table.liveCount > 0 else { return }
    let soon = now + (settings.gossipInterval / 4).randomPart(using: &random)
    gossipAt = max(soon, lastGossipAt + settings.gossipInterval)
  }

  private var hasNews: Bool { !claims.isEmpty || !payloads.isEmpty || !loads.isEmpty }

  /// Sends news to some members at random, and does so again after an interval while there is any.
  mutating func stepGossip(random: inout some RandomNumberGenerator) {
    guard hasNews, table.liveCount > 0 else {
      gossipAt = nil
      return
    }
    guard let due = gossipAt, due <= now else {
      if gossipAt == nil { gossipAt = max(now, lastGossipAt + settings.gossipInterval) }
      return
    }
    let targets = table.randomLive(settings.gossipFanout, using: &random)
    var isFull = true
    for _ in 0..<max(1, settings.gossipBurst) where isFull && hasNews {
      var writer = datagram(.gossip)
      let start = writer.count
      takeNews(into: &writer, budget: settings.datagramBytes - start, copies: targets.count)
      guard writer.count > start else { break }
      isFull = writer.count * 2 > settings.datagramBytes
      for target in targets {
        directives.append(.send(writer.bytes, to: target.record.gossip))
      }
    }
    lastGossipAt = now
    gossipAt = hasNews ? now + settings.gossipInterval : nil
  }

  /// Claims before payloads before loads.
  private mutating func takeNews(into writer: inout ByteWriter, budget: Int, copies: Int) {
    guard budget > 0, hasNews else { return }
    let end = writer.count + budget
    let most = settings.retransmissions(memberCount: clusterSize)
    claims.take(into: &writer, budget: end - writer.count, copies: copies, most: most)
    payloads.take(into: &writer, budget: end - writer.count, copies: copies, most: most)
    loads.take(into: &writer, budget: end - writer.count, copies: copies, most: most)
  }

  // MARK: Datagrams

  private func datagram(_ head: SwimHead) -> ByteWriter {
    var writer = ByteWriter(capacity: 256)
    head.encode(
      sender: record.id, bootTag: bootTag, incarnation: incarnation, into: &writer)
    return writer
  }

  /// Sends a datagram with what the receiver in particular has to know, and news as room allows.
  /// - Parameter first: as many of these as fit.
  mutating func send(
    _ head: SwimHead, to endpoint: GossipEndpoint, first rumors: [[UInt8]] = [],
    withNews: Bool = true
  ) {
    var writer = datagram(head)
    for rumor in rumors where writer.count + rumor.count <= settings.datagramBytes {
      writer.bytes(rumor)
    }
    if withNews {
      let budget = min(settings.piggybackBytes, settings.datagramBytes - writer.count)
      takeNews(into: &writer, budget: budget, copies: 1)
    }
    directives.append(.send(writer.bytes, to: endpoint))
  }

  /// How many bytes of rumors fit behind a head.
  func room(behind head: SwimHead) -> Int { settings.datagramBytes - datagram(head).count }

  // MARK: Broadcasts

  /// Somebody's broadcast. It is delivered and passed on the first time it is seen.
  mutating func takePayload(
    _ payload: [UInt8], origin: MemberID, bootTag: UInt32, sequence: UInt64,
    random: inout some RandomNumberGenerator
  ) {
    guard origin != record.id else { return }
    guard let row = table.row(of: origin), row.state.isLive,
      UInt32(truncatingIfNeeded: row.record.boot) == bootTag
    else {
      statistics.broadcastsOfStrangers += 1
      return
    }
    var window = windows[origin] ?? SlidingWindow()
    guard window.insert(sequence) else {
      statistics.duplicates += 1
      return
    }
    windows[origin] = window
    guard origins.spend(of: origin.rawValue, now: now) else {
      statistics.broadcastsRefused += 1
      return
    }
    statistics.delivered += 1
    directives.append(.delivered(payload, from: origin))
    let rumor = EncodedRumor.payload(origin: origin, bootTag: bootTag, sequence: sequence, payload)
    spread(rumor, on: .payload(origin, sequence), in: .payloads, random: &random)
  }

  // MARK: Load

  mutating func take(ownLoad new: MemberLoad, random: inout some RandomNumberGenerator) {
    var next = new
    next.sequence = load.sequence
    guard next != load else { return }
    next.sequence &+= 1
    load = next
    guard lifecycle == .member, load.differs(from: spreadLoad, byMoreThan: settings.loadChange)
    else {
      loadAt = nil
      return
    }
    let interval = settings.loadInterval * max(1, Double(clusterSize) / 64)
    loadAt = lastLoadAt.map { max(now, $0 + interval) } ?? now
    stepLoad(random: &random)
  }

  mutating func stepLoad(random: inout some RandomNumberGenerator) {
    guard let due = loadAt, due <= now else { return }
    loadAt = nil
    lastLoadAt = now
    spreadLoad = load
    spread(
      EncodedRumor.load(record.id, bootTag: bootTag, load), on: .member(record.id), in: .loads,
      random: &random)
  }

  /// Somebody's load.
  /// - Parameter isNews: whether to pass it on.
  mutating func takeLoad(
    _ load: MemberLoad, of id: MemberID, bootTag: UInt32, isNews: Bool,
    random: inout some RandomNumberGenerator
  ) {
    guard let slot = table.slot(of: id), let row = table[slot], row.state.isLive,
      UInt32(truncatingIfNeeded: row.record.boot) == bootTag,
      load.sequence > table.load(ofSlot: slot).sequence
    else { return }
    table.setLoad(load, ofSlot: slot)
    directives.append(.load(id, load))
    if isNews {
      spread(
        EncodedRumor.load(id, bootTag: bootTag, load), on: .member(id), in: .loads, random: &random)
    }
  }
}

import Glibc
public import BlockCache
public import Membership

/// Who gives a chunk to whom: a home keeps, for each chunk that it was asked about, the members
/// that have it or are about to have it, and gives every asker a parent among them.
///
/// The parent is the member from which the asker is expected to have the chunk first:
///
///     max(0, when it has the chunk itself - now) + its queue
///       + time for one block × (1 + fanoutCost × members it was given for the chunk
///                                 + members it was given lately for any chunk)
///       + what the distance costs
///
/// With a high `fanoutCost` the members of a chunk form a chain, each forwards once and all upload
/// alike; with a low one they form a tree, which is faster for the last and uneven. A slow member's
/// blocks take long, so nobody is put behind it. A member that has had the chunk for a while costs
/// no waiting: latecomers are spread over all who have it.
///
/// Who asks again for other blocks of a chunk keeps its parent, unless it says that it does not
/// want it any more: the members of a chunk stay a forest, in which nobody waits for itself.
public struct Tracker: Sendable {
  public struct Settings: Hashable, Sendable {
    /// What another child of the same parent costs, in times for one block.
    public var fanoutCost = 20.0
    /// The time of a block, in seconds, over a link that is not known to be slow.
    public var blockSeconds = 0.02
    /// What a member says it has to send counts beyond so many seconds: such reports are a second
    /// old, and the children given since are counted here.
    public var queueAllowed = 0.5
    /// Blocks' times that a step out of the rack, out of the zone costs.
    public var tierCost = 40.0
    /// Chunks that are remembered; the one asked about longest ago is forgotten.
    public var chunkLimit = 8192
    /// Members remembered for one chunk; further ones are given a parent and not remembered.
    public var memberLimit = 2048

    public init() {}
  }

  /// A parent, and when it is expected to have the first block.
  public struct Assignment: Hashable, Sendable {
    public var parent: MemberID
    public var expectedIn: Duration
  }

  private struct Entry {
    var member: MemberID
    /// When it has the first block, in seconds on the caller's clock.
    var readyAt: Double
    /// Members it was made the parent of.
    var children = 0
    /// Who gives it to this member, as far as it was decided here: the last is the one now, those
    /// before may be waited for still.
    var parents: [MemberID] = []
    var strikes = 0

    /// Not to be named any more. It stays, so that those who wait for it are not named to it.
    var isOut: Bool { strikes >= 2 }
  }

  private struct Members {
    var entries: [Entry] = []
    var lastAsked: UInt64 = 0

    /// Whether another member can be remembered; one that is not named any more gives way.
    mutating func hasRoom(_ limit: Int) -> Bool {
      if entries.count >= limit, let place = entries.firstIndex(where: \.isOut) {
        entries.remove(at: place)
      }
      return entries.count < limit
    }
  }

  public let settings: Settings
  private var chunks: [Chunk: Members] = [:]
  private var ring = ReaderRing()
  private var turn: UInt64 = 0
  /// How often each member was made a parent lately, fading by half in `recentHalfLife`.
  private var recent: [MemberID: (count: Double, at: Double)] = [:]
  private static let recentHalfLife = 0.25
  /// Parents of one member of a chunk that are remembered.
  private static let parentLimit = 4
  private static let recentLimit = 32_768

  public init(settings: Settings = Settings()) { self.settings = settings }

  /// Chunks that are remembered.
  public var count: Int { chunks.count }

  /// Whether anybody is known to have the chunk or to be about to have it.
  public func knows(_ chunk: Chunk) -> Bool {
    chunks[chunk]?.entries.contains { !$0.isOut } == true
  }

  /// A member has the chunk, or will have its first block at `readyAt`.
  public mutating func note(_ member: MemberID, of chunk: Chunk, readyAt: Duration) {
    makeRoom(for: chunk)
    var members = chunks[chunk] ?? Members()
    touch(&members)
    if let index = members.entries.firstIndex(where: { $0.member == member }) {
      let former = members.entries[index]
      members.entries[index].readyAt =
        former.isOut ? readyAt.inSeconds : min(former.readyAt, readyAt.inSeconds)
      if former.isOut { members.entries[index].strikes = 0 }
    } else if members.hasRoom(settings.memberLimit) {
      members.entries.append(Entry(member: member, readyAt: readyAt.inSeconds))
    }
    chunks[chunk] = members
  }

  /// A member reads a file: it is in the file's ring.
  public mutating func noteReader(_ member: MemberID, of version: FileVersion, now: Duration) {
    ring.note(member, of: version, now: now.inSeconds)
  }

  /// A member turned out not to have the chunk, or not to send it.
  public mutating func strike(_ member: MemberID, of chunk: Chunk) {
    guard let index = chunks[chunk]?.entries.firstIndex(where: { $0.member == member }) else {
      return
    }
    chunks[chunk]?.entries[index].strikes += 1
  }

  /// Chooses the parent for `asker` and remembers that it will have the chunk.
  /// - Parameters:
  ///   - excluded: members that the asker does not want.
  ///   - blocks: how many blocks of the chunk are wanted.
  ///   - neighborhood: who is there, how far and how busy.
  /// - Returns: nil when nobody qualifies.
  public mutating func assign(
    _ chunk: Chunk, to asker: MemberID, excluding excluded: [MemberID], blocks: Int,
    in neighborhood: Neighborhood, now: Duration
  ) -> Assignment? {
    guard var members = chunks[chunk] else { return nil }
    touch(&members)
    defer { chunks[chunk] = members }
    let now = now.inSeconds
    ring.note(asker, of: chunk.version, now: now)
    if let known = members.entries.first(where: { $0.member == asker })?.parents.last,
      !excluded.contains(known), let neighbor = neighborhood.members[known],
      let entry = members.entries.first(where: { $0.member == known }), !entry.isOut
    {
      noteRecent(known, blocks, now)
      let (wait, _) = cost(of: entry, neighbor, asker, in: neighborhood, now: now)
      return Assignment(parent: known, expectedIn: .seconds(wait))
    }
    let descendants = Self.descendants(of: asker, in: members)
    if let home = neighborhood.members[neighborhood.own], home.isServing,
      let wait = assignInRing(
        &members, chunk, asker, home, in: neighborhood, now: now,
        where: { !descendants.contains($0) && !excluded.contains($0) })
    {
      noteRecent(wait.parent, blocks, now)
      remember(asker, readyAt: now + wait.seconds, parent: wait.parent, &members)
      return Assignment(parent: wait.parent, expectedIn: .seconds(wait.seconds))
    }
    var best: (index: Int, cost: Double, wait: Double)?
    for index in members.entries.indices {
      let entry = members.entries[index]
      guard !entry.isOut, !descendants.contains(entry.member), !excluded.contains(entry.member),
        let neighbor = neighborhood.members[entry.member]
      else { continue }
      let (wait, cost) = cost(of: entry, neighbor, asker, in: neighborhood, now: now)
      // Of equals the one that came last: it has sent the chunk to nobody yet.
      if best.map({ cost <= $0.cost }) ?? true { best = (index, cost, wait) }
    }
    guard let best, let parent = neighborhood.members[members.entries[best.index].member] else {
      return nil
    }
    members.entries[best.index].children += 1
    noteRecent(parent.id, blocks, now)
    remember(asker, readyAt: now + best.wait, parent: parent.id, &members)
    return Assignment(parent: parent.id, expectedIn: .seconds(best.wait))
  }

  /// The asker's predecessor in the ring of the readers near the home, if it gives the chunk
  /// to nobody yet: it has asked, or will soon.
  private func assignInRing(
    _ members: inout Members, _ chunk: Chunk, _ asker: MemberID, _ home: Neighbor,
    in neighborhood: Neighborhood, now: Double, where isEligible: (MemberID) -> Bool
  ) -> (parent: MemberID, seconds: Double)? {
    // Homes of other racks ask for all of theirs: they come first, not where their number is.
    guard !neighborhood.areInOtherRacks(home.id, asker) else { return nil }
    let reach = neighborhood.distance(from: home.id, to: asker)
    let entries = members.entries
    let current = entries.lazy.filter { !$0.isOut && $0.readyAt > now - Self.recentHalfLife }
    let parent = ring.predecessor(
      of: asker, from: home.id, of: chunk.version, among: current.map(\.member), now: now
    ) { other in
      guard isEligible(other), let neighbor = neighborhood.members[other], neighbor.isServing
      else { return false }
      if let entry = entries.first(where: { $0.member == other }), entry.isOut { return false }
      return neighborhood.slowness(of: neighbor) <= 1
        && neighborhood.distance(from: other, to: asker) <= reach
    }
    guard let parent else { return nil }
    let index: Int
    if let known = entries.firstIndex(where: { $0.member == parent }) {
      // One that has had it for a while and reads the file no more is no part of a chain: see
      // `cost`. One that reads it is, however far behind it the asker is: there is no other that
      // gives its whole link.
      guard entries[known].children == 0,
        entries[known].readyAt > now - Self.recentHalfLife
          || ring.isReading(parent, chunk.version, now: now)
      else { return nil }
      index = known
    } else {
      guard members.hasRoom(settings.memberLimit) else { return nil }
      let ahead = entries.map(\.readyAt).max() ?? now
      members.entries.append(Entry(member: parent, readyAt: max(now, ahead)))
      index = members.entries.count - 1
    }
    members.entries[index].children += 1
    return (parent, max(0, members.entries[index].readyAt - now) + settings.blockSeconds)
  }

  /// When the first block is expected from a parent, and what choosing it costs: both in seconds.
  private func cost(
    of entry: Entry, _ neighbor: Neighbor, _ asker: MemberID, in neighborhood: Neighborhood,
    now: Double
  ) -> (wait: Double, cost: Double) {
    let block = settings.blockSeconds * neighborhood.slowness(of: neighbor)
    let distance = neighborhood.distance(from: entry.member, to: asker)
    let steps = distance <= .sameRack ? 0.0 : distance == .sameZone ? 1.0 : 2.0
    let queue = max(0, neighbor.queueSeconds - settings.queueAllowed)
    let wait = max(0, entry.readyAt - now) + queue + block
    let others =
      settings.fanoutCost * Double(entry.children) + recentCount(entry.member, now)
    return (
      wait,
      wait + block * (others + Double(entry.strikes) * 10)
        + settings.blockSeconds * settings.tierCost * steps
    )
  }

  private func recentCount(_ member: MemberID, _ now: Double) -> Double {
    guard let recent = recent[member] else { return 0 }
    return recent.count * exp2(-max(0, now - recent.at) / Self.recentHalfLife)
  }

  private mutating func noteRecent(_ member: MemberID, _ blocks: Int, _ now: Double) {
    if recent.count >= Self.recentLimit, recent[member] == nil { recent = [:] }
    recent[member] = (recentCount(member, now) + Double(blocks), now)
  }

  private func remember(
    _ asker: MemberID, readyAt: Double, parent: MemberID, _ members: inout Members
  ) {
    if let index = members.entries.firstIndex(where: { $0.member == asker }) {
      // It asks again: what it was expected to have did not come.
      members.entries[index].readyAt = readyAt
      if members.entries[index].isOut { members.entries[index].strikes = 0 }
      members.entries[index].parents.removeAll { $0 == parent }
      members.entries[index].parents.append(parent)
      if members.entries[index].parents.count > Self.parentLimit {
        members.entries[index].parents.removeFirst()
      }
    } else if members.hasRoom(settings.memberLimit) {
      members.entries.append(Entry(member: asker, readyAt: readyAt, parents: [parent]))
    }
  }

  /// The asker and all that wait for it, directly or not: none of them can be its parent.
  private static func descendants(of asker: MemberID, in members: Members) -> Set<MemberID> {
    var found: Set<MemberID> = [asker]
    // Who asks for the first time has none.
    guard members.entries.contains(where: { $0.member == asker }) else { return found }
    var isComplete = false
    while !isComplete {
      isComplete = true
      for entry in members.entries {
        guard entry.parents.contains(where: found.contains) else { continue }
        if found.insert(entry.member).inserted { isComplete = false }
      }
    }
    return found
  }

  private mutating func touch(_ members: inout Members) {
    turn &+= 1
    members.lastAsked = turn
  }

  /// At the limit an eighth of all chunks goes, those asked about longest ago.
  private mutating func makeRoom(for chunk: Chunk) {
    guard chunks[chunk] == nil, chunks.count >= settings.chunkLimit else { return }
    let turns = chunks.values.map(\.lastAsked).sorted()
    let bound = turns[turns.count / 8]
    chunks = chunks.filter { $0.value.lastAsked > bound }
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

import BlockCache
public import Membership

/// What the other members hold, as far as they told.
///
/// Each member speaks for itself, by deltas (``apply(_:from:now:)``) and by anti-entropy
/// (``beginPull(from:now:)``). Claims are kept exactly as announced, so that their digest can be
/// compared with the owner's; what was found to be wrong is kept beside them.
///
/// Memory, with `V` versions of which anybody claims something and `M` members, is at most
///
///     188 KB + 174 B × V + 2.8 KB × M
///     + 30 B    for each claim on a version that is like no other one, or 50 B for each further
///               bitmap that several share,
///     + 80 B + 8 B × min(runs, words)    for each different bitmap that has holes and is not below
///               block 64 altogether
///     + V × (72 B + M / 50 B)    if there are more than 128 members
///     + 8 KiB   for each member of which a delta is missed
///
/// so that 10,000 files held whole by each of 100 members take 2.2 MB, and 100 GB (400,000 blocks
/// of 256 KiB) in one file, of which each of 100 members holds another half, 51 KB a member: 5.5
/// MB. The same in 400,000 files of one block, held by all 100 members, takes 70 MB.
/// ``ContentsLimits`` bounds all of it.
public struct ContentsView: Sendable {
  /// This node itself: what claims to come from it is refused.
  public let own: MemberID
  /// The bounds.
  public let limits: ContentsLimits
  /// How often a member was refused because there were too many.
  public private(set) var refusedMembers: UInt64 = 0
  /// How often a claim was not remembered because of ``ContentsLimits/memberBytes`` or
  /// ``BlockBitmap/wordLimit``.
  public private(set) var clippedClaims: UInt64 = 0
  /// How many versions were forgotten because of ``ContentsLimits/totalBytes``.
  public internal(set) var shedVersions: UInt64 = 0
  /// How many claims were found to be wrong.
  public internal(set) var disprovedClaims: UInt64 = 0

  var claims = ClaimTable()
  /// By slot; nil is free.
  var views: ContiguousArray<MemberView?> = []
  var slots: [MemberID: Int] = [:]
  /// The slots of members that are distrusted.
  var distrustedSlots = MemberSet()
  /// Claims that were found to be wrong, the oldest first.
  var denials: ContiguousArray<Denial> = []
  /// The same by block.
  var deniedSlots: [BlockKey: MemberSet] = [:]
  /// Trust in members that were forgotten, in the order in which they were.
  var formerTrust: ContiguousArray<(member: MemberID, trust: MemberTrust)> = []

  /// A view of nothing, of the node `own`.
  public init(own: MemberID, limits: ContentsLimits = ContentsLimits()) {
    self.own = own
    self.limits = limits
  }

  /// The members that were heard of, ascending.
  public var members: [MemberID] { slots.keys.sorted() }

  /// How many versions anybody claims something of.
  public var versionCount: Int { claims.versionCount }

  /// About how many bytes of memory this takes: never less than it does, while tables are as full
  /// as their growth leaves them.
  public var approximateBytes: Int {
    let logs = views.reduce(0) { $0 + ($1?.stream.logBytes ?? 0) }
    return MemoryLayout<ContentsView>.size + ClaimTable.fixedBytes + claims.bytes + logs
      + slots.count * MemberView.fixedBytes + denials.count * 3 * MemoryLayout<Denial>.stride
      + deniedSlots.count * 3 * MemoryLayout<(BlockKey, MemberSet)>.stride
  }

  /// What `member` last said about its contents; nil if it was not heard of.
  public func summary(of member: MemberID) -> ContentsSummary? {
    slots[member].flatMap { views[$0]?.stream.announced }
  }

  /// Whether what is believed of `member` is exactly what it last announced.
  public func isExact(_ member: MemberID) -> Bool {
    slots[member].flatMap { views[$0]?.isExact } ?? false
  }

  /// The root digest of what is believed of `member`; it equals the one `member` announced if that
  /// is exact.
  public func root(of member: MemberID) -> UInt64 {
    slots[member].flatMap { views[$0]?.tree.root } ?? DigestTree.emptyRoot
  }

  /// Takes in a gossip payload: a ``ContentsDelta`` or a ``Holdings/announcement``. Only members
  /// that live may be passed; who died is to be forgotten.
  /// - Throws: ``ContentsError`` if it is malformed; then nothing changed.
  public mutating func apply(
    _ payload: [UInt8], from member: MemberID, now: Duration
  ) throws(ContentsError) -> DeltaVerdict {
    if payload.first == ContentsAnnouncement.format {
      return note(try ContentsAnnouncement.decode(payload), from: member, now: now)
    }
    let delta = try ContentsDelta(decoding: payload)
    advance(to: now)
    guard let slot = slot(adding: member) else { return .refused }
    guard let arrival = views[slot]?.stream.arrive(delta.summary), arrival != .stale else {
      return .stale
    }
    let entries = arrival == .late ? views[slot]?.stream.late(delta) ?? [] : delta.entries
    for entry in entries { apply(entry, of: slot) }
    views[slot]?.stream.keep(delta.summary.sequence, payload)
    compare(slot, now: now)
    shed(now: now)
    if arrival == .late { return .late }
    return .applied(gap: arrival == .next(gap: true) || views[slot]?.isExact != true)
  }

  /// Takes in a summary that came by itself: with what membership gossips of a member, or in an
  /// answer about something else.
  @discardableResult
  public mutating func note(
    _ summary: ContentsSummary, from member: MemberID, now: Duration
  ) -> DeltaVerdict {
    advance(to: now)
    guard let slot = slot(adding: member) else { return .refused }
    guard views[slot]?.stream.note(summary) == true else { return .stale }
    compare(slot, now: now)
    return .applied(gap: views[slot]?.isExact != true)
  }

  /// The member died or left: its claims are gone at once. If it comes back it begins anew, except
  /// that it is trusted no more than before.
  public mutating func forget(_ member: MemberID) {
    guard let slot = slots[member], let view = views[slot] else { return }
    for bucket in 0..<DigestTree.bucketCount {
      for claim in claims.claims(of: slot, in: bucket) {
        claims.update(slot, claim.version, in: bucket) { $0 = BlockBitmap() }
      }
    }
    if !view.trust.isSpotless {
      formerTrust.append((member, view.trust))
      if formerTrust.count > limits.members { formerTrust.removeFirst() }
    }
    liftDenials { $0.slot == slot }
    distrustedSlots.remove(slot)
    slots[member] = nil
    views[slot] = nil
  }

  /// The slot of a member, which gets one if it has none and there is one.
  mutating func slot(adding member: MemberID) -> Int? {
    if let slot = slots[member] { return slot }
    guard member != own else { return nil }
    guard slots.count < limits.members else {
      refusedMembers += 1
      return nil
    }
    var view = MemberView(id: member)
    if let place = formerTrust.firstIndex(where: { $0.member == member }) {
      view.trust = formerTrust.remove(at: place).trust
    }
    let slot = views.firstIndex { $0 == nil } ?? views.count
    if slot == views.count { views.append(nil) }
    if view.trust.isDistrusted { distrustedSlots.insert(slot) }
    views[slot] = view
    slots[member] = slot
    return slot
  }

  /// Carries out one entry of a delta.
  mutating func apply(_ entry: ContentsDelta.Entry, of slot: Int) {
    switch entry.change {
    case .dropped:
      excuseDenials(of: slot, entry.version, nil)
      update(slot, entry.version) { $0 = BlockBitmap() }
    case .removed(let blocks):
      excuseDenials(of: slot, entry.version, blocks)
      update(slot, entry.version) { $0.subtract(blocks) }
    case .added(let blocks):
      liftDenials { denial in
        denial.slot == slot && denial.key.version == entry.version
          && blocks.contains(denial.key.index)
      }
      var isWhole = true
      update(slot, entry.version, keepingOld: true) { isWhole = $0.formUnion(blocks) }
      if !isWhole { clip(slot) }
    case .digest:
      // The root has told already that something is unknown.
      break
    }
  }

  /// Changes what a member claims of a version, and everything that is counted of it.
  /// - Parameter keepingOld: what to do if the member's limit does not allow the new claim: keep
  ///   the old one, which is right where blocks were only added, or drop it.
  mutating func update(
    _ slot: Int, _ version: FileVersion, keepingOld: Bool = false,
    _ body: (inout BlockBitmap) -> Void
  ) {
    guard let view = views[slot] else { return }
    let bucket = DigestTree.bucket(of: version)
    let room = limits.memberBytes - view.chargedBytes
    var (before, after) = (0 as UInt64, 0 as UInt64)
    var (growth, versions) = (0, 0)
    var isClipped = false
    claims.update(slot, version, in: bucket) { blocks in
      let old = blocks
      body(&blocks)
      if Self.chargedBytes(blocks) - Self.chargedBytes(old) > max(0, room) {
        isClipped = true
        blocks = keepingOld ? old : BlockBitmap()
      }
      blocks.compact()
      blocks.trim()
      before = DigestTree.term(of: version, old)
      after = DigestTree.term(of: version, blocks)
      growth = Self.chargedBytes(blocks) - Self.chargedBytes(old)
      versions = (blocks.isEmpty ? 0 : 1) - (old.isEmpty ? 0 : 1)
    }
    views[slot]?.tree.replace(before, by: after, in: bucket)
    views[slot]?.chargedBytes += growth
    views[slot]?.versionCount += versions
    if isClipped { clip(slot) }
  }

  /// What a claim is charged to its member.
  static func chargedBytes(_ blocks: BlockBitmap) -> Int {
    guard !blocks.isEmpty else { return 0 }
    return ClaimTable.rowBytes + MemoryLayout<VersionClaims.Single>.stride + blocks.heapBytes
  }

  /// Something the member claims is not remembered.
  mutating func clip(_ slot: Int) {
    views[slot]?.isClipped = true
    clippedClaims += 1
  }

  /// Compares what is believed of a member with what it announced.
  mutating func compare(_ slot: Int, now: Duration) {
    guard let isExact = views[slot]?.isExact else { return }
    views[slot]?.schedule.compared(isExact: isExact, now: now)
  }
}

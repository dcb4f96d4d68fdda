public import BlockCache
public import Membership

extension ContentsView {
  /// A claim that was found to be wrong.
  struct Denial: Sendable {
    var until: Duration
    var key: BlockKey
    var slot: Int
  }

  /// The members whose claims are left out of ``holders(of:)`` now, because too many of them were
  /// wrong, ascending.
  public var distrusted: [MemberID] {
    var members: [MemberID] = []
    distrustedSlots.forEach { slot in
      if let id = views[slot]?.id { members.append(id) }
    }
    return members.sorted()
  }

  /// Whether the claims of `member` are left out of ``holders(of:)``.
  public func isDistrusted(_ member: MemberID) -> Bool {
    slots[member].map { distrustedSlots.contains($0) } ?? false
  }

  /// `member` was asked for a block that it claims, and does not have it: it is not asked for that
  /// one again for a while (``ContentsLimits/denial``), or until it says anew that it has it. If it
  /// says soon that it dropped the block, the answer was only faster than the gossip, and is not
  /// held against it; too many that it does not correct, and the member is distrusted. A block
  /// that it does not claim, or that was disproved already, does not count.
  public mutating func disproved(_ member: MemberID, _ key: BlockKey, now: Duration) {
    advance(to: now)
    guard let slot = slots[member], holds(member, key) else { return }
    if denials.count >= limits.denials { dropDenials(1) }
    denials.append(Denial(until: now + limits.denial, key: key, slot: slot))
    deniedSlots[key, default: MemberSet()].insert(slot)
    disprovedClaims += 1
    views[slot]?.trust.disprove(limits, now: now)
    if views[slot]?.trust.isDistrusted == true { distrustedSlots.insert(slot) }
  }

  /// Ends denials and distrust whose time is over. Called by everything that takes `now`; where
  /// nothing else happens, to be called about once a second.
  public mutating func advance(to now: Duration) {
    let over = denials.prefix { $0.until <= now }.count
    if over > 0 { dropDenials(over) }
    guard !distrustedSlots.isEmpty else { return }
    var trusted = MemberSet()
    distrustedSlots.forEach { slot in
      views[slot]?.trust.advance(to: now)
      if views[slot]?.trust.isDistrusted != true { trusted.insert(slot) }
    }
    distrustedSlots.subtract(trusted)
  }

  /// The member itself says that it dropped these blocks of a version, or all of them.
  mutating func excuseDenials(of slot: Int, _ version: FileVersion, _ blocks: BlockBitmap?) {
    guard !denials.isEmpty else { return }
    let isMeant = { (denial: Denial) in
      denial.slot == slot && denial.key.version == version
        && blocks?.contains(denial.key.index) != false
    }
    for denial in denials where isMeant(denial) { views[slot]?.trust.excuse() }
    liftDenials(where: isMeant)
  }

  /// Forgets some denials.
  mutating func liftDenials(where isMeant: (Denial) -> Bool) {
    guard !denials.isEmpty else { return }
    for denial in denials where isMeant(denial) { lift(denial) }
    denials.removeAll(where: isMeant)
  }

  private mutating func dropDenials(_ count: Int) {
    for denial in denials.prefix(count) { lift(denial) }
    denials.removeFirst(count)
  }

  private mutating func lift(_ denial: Denial) {
    deniedSlots[denial.key]?.remove(denial.slot)
    if deniedSlots[denial.key]?.isEmpty == true { deniedSlots[denial.key] = nil }
  }
}

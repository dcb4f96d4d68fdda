/// The other members: alive and suspect ones in a ring, dead and departed ones until they are
/// forgotten, and the numbers of those after that.
///
/// Rows keep their slot as long as the member is known. Nothing here depends on the order of a
/// hash table, so equal histories give equal tables.
struct MemberTable: Sendable {
  enum State: UInt8 {
    case alive, suspect, dead, left

    var isLive: Bool { self == .alive || self == .suspect }
  }

  struct Row: Sendable {
    fileprivate(set) var box: RecordBox
    var incarnation: UInt64
    /// When it died or left; tells a death from an earlier one.
    fileprivate var diedAt: Duration
    /// 0: unknown.
    var roundTripMicroseconds: UInt32
    /// Its place in the ring; -1 when it is not live.
    fileprivate var ringIndex: Int32
    fileprivate(set) var state: State

    var record: MemberRecord { box.record }
    var id: MemberID { box.record.id }
  }

  private struct Death {
    let slot: Int
    let id: MemberID
    let at: Duration
  }

  private let limit: Int
  private let pool: MemberRecordPool?
  private var rows: ContiguousArray<Row?> = []
  private var free: [Int] = []
  private var slotOf: [MemberID: Int32] = [:]
  /// As long as the highest slot whose member told its load.
  private var loads: ContiguousArray<MemberLoad> = []
  /// The slots of live members in the order of probing.
  private var ring: ContiguousArray<Int32> = []
  /// Where in the ring the next probe goes.
  private var probeIndex = 0
  /// In order of time; entries of those that came back are void.
  private var deaths = FIFO<Death>()
  /// The last incarnations of those that were forgotten.
  private var graves: [MemberID: UInt64] = [:]
  private var graveOrder = FIFO<MemberID>()

  init(limit: Int, pool: MemberRecordPool?) {
    self.limit = max(1, limit)
    self.pool = pool
  }

  var liveCount: Int { ring.count }

  func slot(of id: MemberID) -> Int? { slotOf[id].map(Int.init) }

  subscript(slot: Int) -> Row? {
    get { rows[slot] }
    set { rows[slot] = newValue }
  }

  func row(of id: MemberID) -> Row? { slotOf[id].flatMap { rows[Int($0)] } }

  /// A live member.
  /// - Parameter index: less than ``liveCount``; the order means nothing.
  func live(_ index: Int) -> Row? { rows[Int(ring[index])] }

  func load(ofSlot slot: Int) -> MemberLoad { slot < loads.count ? loads[slot] : MemberLoad() }

  mutating func setLoad(_ load: MemberLoad, ofSlot slot: Int) {
    while loads.count <= slot { loads.append(MemberLoad()) }
    loads[slot] = load
  }

  /// The last incarnation of a member that was forgotten.
  func graveIncarnation(of id: MemberID) -> UInt64? { graves[id] }

  // MARK: Coming and going

  /// Adds a member that is not known, at a random place among those still to be probed.
  /// - Returns: its slot; nil if the table is full of live members.
  mutating func insert(
    _ record: MemberRecord, incarnation: UInt64, random: inout some RandomNumberGenerator
  ) -> Int? {
    while slotOf.count >= limit {
      guard forgetOldest() else { return nil }
    }
    let slot = free.popLast() ?? rows.count
    let row = Row(
      box: box(record, incarnation), incarnation: incarnation, diedAt: .zero,
      roundTripMicroseconds: 0, ringIndex: -1, state: .alive)
    if slot == rows.count { rows.append(row) } else { rows[slot] = row }
    slotOf[record.id] = Int32(slot)
    enterRing(slot, random: &random)
    return slot
  }

  /// Replaces what a member says about itself, and believes that it lives.
  mutating func revive(
    slot: Int, record: MemberRecord, incarnation: UInt64,
    random: inout some RandomNumberGenerator
  ) {
    guard let old = rows[slot] else { return }
    if old.record.boot != record.boot {
      rows[slot]?.roundTripMicroseconds = 0
      if slot < loads.count { loads[slot] = MemberLoad() }
    }
    if old.record != record {
      let box = box(record, incarnation)
      rows[slot]?.box = box
    }
    rows[slot]?.incarnation = incarnation
    rows[slot]?.state = .alive
    if !old.state.isLive { enterRing(slot, random: &random) }
  }

  mutating func suspect(slot: Int) {
    if rows[slot]?.state == .alive { rows[slot]?.state = .suspect }
  }

  /// A live member died or left.
  mutating func bury(slot: Int, as state: State, incarnation: UInt64, now: Duration) {
    guard let row = rows[slot], row.state.isLive, !state.isLive else { return }
    leaveRing(slot)
    rows[slot]?.state = state
    rows[slot]?.incarnation = incarnation
    rows[slot]?.diedAt = now
    deaths.append(Death(slot: slot, id: row.id, at: now))
    if deaths.count > 2 * slotOf.count + 16 {
      let table = self
      deaths.removeAll { !table.isInForce($0) }
    }
  }

  /// Forgets the records of those that died before a time.
  mutating func forget(diedBefore time: Duration) {
    while let death = deaths.first, death.at < time || !isInForce(death) {
      deaths.removeFirst()
      if isInForce(death) { forget(death) }
    }
  }

  /// When the one that is dead longest died, or earlier.
  var oldestDeath: Duration? { deaths.first?.at }

  /// A random member that died, without having left; nil if none was hit upon.
  func randomDead(using random: inout some RandomNumberGenerator) -> Row? {
    guard !deaths.isEmpty else { return nil }
    for _ in 0..<4 {
      let death = deaths[Int.random(in: 0..<deaths.count, using: &random)]
      if isInForce(death), let row = rows[death.slot], row.state == .dead { return row }
    }
    return nil
  }

  private func isInForce(_ death: Death) -> Bool {
    guard death.slot < rows.count, let row = rows[death.slot] else { return false }
    return row.id == death.id && !row.state.isLive && row.diedAt == death.at
  }

  private mutating func forgetOldest() -> Bool {
    while let death = deaths.first {
      deaths.removeFirst()
      if isInForce(death) {
        forget(death)
        return true
      }
    }
    return false
  }

  private mutating func forget(_ death: Death) {
    guard let row = rows[death.slot] else { return }
    if graves.updateValue(row.incarnation, forKey: row.id) == nil { graveOrder.append(row.id) }
    while graveOrder.count > limit, let oldest = graveOrder.first {
      graveOrder.removeFirst()
      graves[oldest] = nil
    }
    rows[death.slot] = nil
    slotOf[row.id] = nil
    if death.slot < loads.count { loads[death.slot] = MemberLoad() }
    free.append(death.slot)
  }

  private func box(_ record: MemberRecord, _ incarnation: UInt64) -> RecordBox {
    pool?.box(record, incarnation: incarnation) ?? RecordBox(record)
  }

  // MARK: The ring

  /// The next member to probe: all in turn, in an order that is shuffled after every round.
  mutating func nextToProbe(using random: inout some RandomNumberGenerator) -> Row? {
    guard !ring.isEmpty else { return nil }
    if probeIndex >= ring.count {
      ring.shuffle(using: &random)
      for (index, slot) in ring.enumerated() { rows[Int(slot)]?.ringIndex = Int32(index) }
      probeIndex = 0
    }
    defer { probeIndex += 1 }
    return rows[Int(ring[probeIndex])]
  }

  /// Up to `count` different live members, at random.
  func randomLive(
    _ count: Int, except excluded: MemberID? = nil, using random: inout some RandomNumberGenerator
  ) -> [Row] {
    var result: [Row] = []
    guard count > 0, !ring.isEmpty else { return result }
    guard count < 8, count * 2 < ring.count else {
      // Many, or nearly all: a stretch of the ring, which was shuffled.
      let start = Int.random(in: 0..<ring.count, using: &random)
      for offset in 0..<ring.count where result.count < count {
        guard let row = rows[Int(ring[(start + offset) % ring.count])] else { continue }
        if row.id != excluded { result.append(row) }
      }
      return result
    }
    var seen: [Int32] = []
    while result.count < count, seen.count < ring.count {
      let slot = ring[Int.random(in: 0..<ring.count, using: &random)]
      guard !seen.contains(slot), let row = rows[Int(slot)] else { continue }
      seen.append(slot)
      if row.id != excluded { result.append(row) }
    }
    return result
  }

  private mutating func enterRing(_ slot: Int, random: inout some RandomNumberGenerator) {
    let last = ring.count
    ring.append(Int32(slot))
    place(Int32(slot), at: last)
    let index = Int.random(in: min(probeIndex, last)...last, using: &random)
    let other = ring[index]
    place(Int32(slot), at: index)
    place(other, at: last)
  }

  private mutating func leaveRing(_ slot: Int) {
    guard let row = rows[slot], row.ringIndex >= 0 else { return }
    var hole = Int(row.ringIndex)
    // The part that was probed stays in front of the part that was not.
    if hole < probeIndex {
      probeIndex -= 1
      place(ring[probeIndex], at: hole)
      hole = probeIndex
    }
    let last = ring.removeLast()
    if hole < ring.count { place(last, at: hole) }
    rows[slot]?.ringIndex = -1
  }

  private mutating func place(_ slot: Int32, at index: Int) {
    ring[index] = slot
    rows[Int(slot)]?.ringIndex = Int32(index)
  }
}

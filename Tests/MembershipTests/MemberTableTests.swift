import Testing

@testable import Membership

@Suite struct MemberTableTests {
  private func table(limit: Int = 100) -> MemberTable { MemberTable(limit: limit, pool: nil) }

  @Test("every live member is probed once in every round, whoever comes and goes")
  func rounds() {
    var random = SeededGenerator(1)
    var table = table()
    var live: Set<Int> = []
    for round in 0..<300 {
      let index = Int.random(in: 0..<40, using: &random)
      if let slot = table.slot(of: record(index).id), let row = table[slot] {
        if row.state.isLive {
          table.bury(
            slot: slot, as: .dead, incarnation: row.incarnation, now: .seconds(round))
          live.remove(index)
        } else {
          table.revive(
            slot: slot, record: record(index), incarnation: row.incarnation + 1, random: &random)
          live.insert(index)
        }
      } else {
        _ = table.insert(record(index), incarnation: 1, random: &random)
        live.insert(index)
      }
      #expect(table.liveCount == live.count)
      let ring = (0..<table.liveCount).compactMap { table.live($0)?.id }
      #expect(Set(ring) == Set(live.map { record($0).id }), "round \(round)")
      _ = table.nextToProbe(using: &random)
    }
    // Two whole rounds hold everybody twice at least, wherever they begin.
    var probed: [MemberID: Int] = [:]
    for _ in 0..<3 * live.count {
      let row = table.nextToProbe(using: &random)
      if let row { probed[row.id, default: 0] += 1 }
    }
    #expect(probed.count == live.count)
    #expect(probed.values.allSatisfy { (2...4).contains($0) })
  }

  @Test("a newcomer is probed within the round")
  func newcomer() {
    var random = SeededGenerator(2)
    var table = table()
    for index in 0..<10 { _ = table.insert(record(index), incarnation: 1, random: &random) }
    for _ in 0..<5 { _ = table.nextToProbe(using: &random) }
    _ = table.insert(record(10), incarnation: 1, random: &random)
    let rest = (0..<6).compactMap { _ in table.nextToProbe(using: &random)?.id }
    #expect(rest.contains(record(10).id))
  }

  @Test("random members are different ones, and never the one excluded")
  func randomLive() {
    var random = SeededGenerator(3)
    for count in 1...20 {
      var table = table()
      for index in 0..<count { _ = table.insert(record(index), incarnation: 1, random: &random) }
      for wanted in 0...20 {
        let rows = table.randomLive(wanted, except: record(0).id, using: &random)
        #expect(rows.count == min(wanted, count - 1))
        #expect(Set(rows.map(\.id)).count == rows.count)
        #expect(!rows.contains { $0.id == record(0).id })
      }
    }
  }

  @Test("at the limit the one that is dead longest makes room; live ones do not")
  func limit() {
    var random = SeededGenerator(4)
    var table = table(limit: 3)
    for index in 0..<3 { _ = table.insert(record(index), incarnation: 7, random: &random) }
    let refused = table.insert(record(3), incarnation: 1, random: &random)
    #expect(refused == nil)
    for index in [1, 0] {
      let slot = table.slot(of: record(index).id) ?? -1
      table.bury(slot: slot, as: .dead, incarnation: 7, now: .seconds(10 - index))
    }
    let taken = table.insert(record(3), incarnation: 1, random: &random)
    #expect(taken != nil)
    #expect(table.row(of: record(1).id) == nil)
    #expect(table.graveIncarnation(of: record(1).id) == 7)
    #expect(table.row(of: record(0).id)?.state == .dead)
  }

  @Test("the memory of the forgotten is bounded")
  func graves() {
    var random = SeededGenerator(5)
    var table = table(limit: 4)
    for index in 0..<50 {
      let slot = table.insert(record(index), incarnation: 3, random: &random) ?? -1
      table.bury(slot: slot, as: .left, incarnation: 3, now: .seconds(index))
      table.forget(diedBefore: .seconds(index + 1))
    }
    #expect((0..<50).filter { table.graveIncarnation(of: record($0).id) != nil }.count == 4)
    #expect(table.oldestDeath == nil)
  }

  @Test("a member that came back is not forgotten for its former death")
  func cameBack() {
    var random = SeededGenerator(6)
    var table = table()
    let slot = table.insert(record(1), incarnation: 1, random: &random) ?? -1
    table.bury(slot: slot, as: .dead, incarnation: 1, now: .seconds(1))
    table.revive(slot: slot, record: record(1), incarnation: 2, random: &random)
    table.forget(diedBefore: .seconds(100))
    #expect(table.row(of: record(1).id)?.state == .alive)
    let dead = table.randomDead(using: &random)
    #expect(dead == nil)
  }

  @Test("a restart forgets the load and the round-trip time")
  func restart() {
    var random = SeededGenerator(7)
    var table = table()
    let slot = table.insert(record(1), incarnation: 1, random: &random) ?? -1
    table[slot]?.roundTripMicroseconds = 5
    table.setLoad(MemberLoad(egressBytesPerSecond: 3), ofSlot: slot)
    table.revive(slot: slot, record: record(1, boot: 8), incarnation: 2, random: &random)
    #expect(table[slot]?.roundTripMicroseconds == 0)
    #expect(table.load(ofSlot: slot) == MemberLoad())
  }

  @Test("a pool keeps one record for all, and tells records of one incarnation apart")
  func pool() {
    let pool = MemberRecordPool()
    let one = pool.box(record(1), incarnation: 1)
    #expect(pool.box(record(1), incarnation: 1) === one)
    let other = pool.box(record(1, boot: 9), incarnation: 1)
    #expect(other !== one && other.record.boot == 9)
  }
}

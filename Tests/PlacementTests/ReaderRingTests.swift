import Membership
import Testing

@testable import Placement

@Suite struct ReaderRingTests {
  private let file = exchanged(1).version
  private let home = member(1)
  private let readers = (2...16).map { member(UInt64($0)) }

  private func ring(_ members: [MemberID], now: Double = 0) -> ReaderRing {
    var ring = ReaderRing()
    for reader in members { ring.note(reader, of: file, now: now) }
    return ring
  }

  private func predecessor(
    _ ring: ReaderRing, of reader: MemberID, from home: MemberID, now: Double = 0,
    among others: [MemberID] = [], without: Set<MemberID> = []
  ) -> MemberID? {
    ring.predecessor(of: reader, from: home, of: file, among: others, now: now) {
      !without.contains($0)
    }
  }

  @Test("every reader has another predecessor, and following them leads to the home")
  func chain() {
    let all = readers + [home]
    let ring = ring(all)
    let predecessors = readers.map { predecessor(ring, of: $0, from: home) }
    #expect(Set(predecessors.map { $0?.rawValue }).count == readers.count)
    for reader in readers {
      var place = reader
      var steps = 0
      while place != home, let next = predecessor(ring, of: place, from: home), steps < 20 {
        place = next
        steps += 1
      }
      #expect(place == home)
    }
    #expect(predecessor(ring, of: home, from: home) == nil)
  }

  @Test("the order is the same from every home: all but two have the same predecessor")
  func sameFromEveryHome() {
    let all = readers + [home]
    let ring = ring(all)
    let changed = readers.dropFirst().filter {
      predecessor(ring, of: $0, from: home) != predecessor(ring, of: $0, from: readers[0])
    }
    #expect(changed.count <= 1)
  }

  @Test("who has not asked for a while is no reader any more")
  func forgotten() {
    let ring = ring(readers, now: 0)
    #expect(predecessor(ring, of: home, from: readers[0], now: 10) != nil)
    #expect(predecessor(ring, of: home, from: readers[0], now: 16) == nil)
    #expect(predecessor(ring, of: home, from: readers[0], now: 16, among: [readers[0]]) != nil)
  }

  @Test("who does not qualify is stepped over")
  func steppedOver() throws {
    let ring = ring(readers + [home])
    let last = try #require(readers.first { predecessor(ring, of: $0, from: home) != home })
    let nearest = try #require(predecessor(ring, of: last, from: home))
    let next = predecessor(ring, of: last, from: home, without: [nearest])
    #expect(next == predecessor(ring, of: nearest, from: home))
  }

  @Test("a crowd has no ring, and memory is bounded whatever is asked")
  func crowd() {
    var ring = ring((1...1000).map { member(UInt64($0)) })
    #expect(predecessor(ring, of: member(5), from: home) == nil)
    for one: UInt64 in 1...5000 { ring.note(member(1), of: exchanged(one).version, now: 0) }
    #expect(ring.fileCount <= 512)
  }
}

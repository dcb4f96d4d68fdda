import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct RendezvousTests {
  private func winner(_ chunk: Chunk, _ members: [(UInt64, weight: Double)]) -> UInt64? {
    members.max { one, other in
      Rendezvous.score(chunk, member(one.0), weight: one.weight)
        < Rendezvous.score(chunk, member(other.0), weight: other.weight)
    }?.0
  }

  @Test("a score is positive and finite, and depends on file, version, chunk and member")
  func scores() {
    var seen: Set<Double> = []
    for file: UInt64 in 0..<10 {
      for number: UInt32 in 0..<10 {
        for one: UInt64 in 0..<10 {
          let score = Rendezvous.score(chunk(file, number), member(one), weight: 1)
          #expect(score > 0 && score.isFinite)
          seen.insert(score)
        }
      }
    }
    #expect(seen.count == 1000)
    var other = version(1)
    other.change = 2
    #expect(
      Rendezvous.score(Chunk(version: other, number: 0), member(1), weight: 1)
        != Rendezvous.score(chunk(1), member(1), weight: 1))
  }

  @Test(
    "of two members each wins its weight's share of the chunks",
    arguments: [(1.0, 1.0), (1.0, 0.25), (0.0625, 1.0), (3.0, 1.0)])
  func shares(one: Double, other: Double) {
    let count = 4000
    let won = (0..<count).count {
      winner(chunk(5, UInt32($0)), [(1, weight: one), (2, weight: other)]) == 1
    }
    let expected = one / (one + other)
    #expect(abs(Double(won) / Double(count) - expected) < 0.03)
  }

  @Test("when a member goes only its chunks move, and to all that are left")
  func minimalMovement() {
    let members = (1...8).map { (UInt64($0), weight: 1.0) }
    var heirs: [UInt64: Int] = [:]
    for number: UInt32 in 0..<2000 {
      let before = winner(chunk(1, number), members)
      let after = winner(chunk(1, number), members.filter { $0.0 != 3 })
      if before == 3 {
        heirs[after ?? 0, default: 0] += 1
      } else {
        #expect(before == after)
      }
    }
    #expect(heirs.count == 7, "\(heirs)")
    #expect(heirs.values.allSatisfy { $0 > 10 && $0 < 80 }, "\(heirs)")
  }
}

import BlockCache
import Membership
import Testing

@testable import Contents

@Suite struct ContentsTrustTests {
  /// Alice and Bob claim blocks 0 to 99 of version 1.
  private func view(_ limits: ContentsLimits = ContentsLimits()) throws -> ContentsView {
    var view = ContentsView(own: us, limits: limits)
    for member in [alice, bob] {
      _ = try view.apply(
        ContentsDelta.sample(1, [(version(1), .added(blocks(0...99)))]), from: member, now: .zero)
    }
    return view
  }

  @Test("a block that a member did not have is not asked of it again for a while")
  func denied() throws {
    var view = try view()
    view.disproved(alice, key(1, 5), now: .seconds(1))
    #expect(view.holders(of: key(1, 5)) == [bob] && !view.holds(alice, key(1, 5)))
    #expect(view.holders(of: key(1, 6)) == [alice, bob])
    let holders = view.holders(of: version(1), BlockRun(first: 4, last: 6))
    #expect(holders.map(\.blocks) == [blocks(4...4, 6...6), blocks(4...6)])
    #expect(view.holders(of: version(1), BlockRun(first: 5, last: 5)).map(\.member) == [bob])
    // What it announced is kept as it is, so that its digest still fits.
    #expect(view.blocks(of: version(1), announcedBy: alice) == blocks(0...99))
    view.advance(to: .seconds(30))
    #expect(view.holders(of: key(1, 5)) == [bob])
    view.advance(to: .seconds(31))
    #expect(view.holders(of: key(1, 5)) == [alice, bob] && view.deniedSlots.isEmpty)
  }

  @Test("a member that says anew that it has the block is asked again")
  func saidAnew() throws {
    var view = try view()
    view.disproved(alice, key(1, 5), now: .zero)
    _ = try view.apply(
      ContentsDelta.sample(2, [(version(1), .added(blocks(5...5)))]), from: alice, now: .zero)
    #expect(view.holders(of: key(1, 5)) == [alice, bob])
    // Another's does not help it.
    view.disproved(alice, key(1, 5), now: .zero)
    _ = try view.apply(
      ContentsDelta.sample(2, [(version(1), .added(blocks(5...5)))]), from: bob, now: .zero)
    #expect(view.holders(of: key(1, 5)) == [bob])
  }

  @Test("a member with many wrong claims is distrusted: longer each time, and not for ever")
  func distrusted() throws {
    var view = try view()
    var now = Duration.zero
    for seconds in [30, 60, 120, 240, 480, 600, 600] {
      for index in UInt32(0)..<8 {
        #expect(!view.isDistrusted(alice))
        view.disproved(alice, key(1, index), now: now)
      }
      #expect(view.isDistrusted(alice) && view.distrusted == [alice])
      #expect(view.holders(of: key(1, 50)) == [bob])
      #expect(view.holders(of: version(1), .everything).map(\.member) == [bob])
      now += .seconds(seconds) - .milliseconds(1)
      view.advance(to: now)
      #expect(view.isDistrusted(alice))
      now += .milliseconds(1)
      view.advance(to: now)
      #expect(!view.isDistrusted(alice) && view.holders(of: key(1, 50)) == [alice, bob])
    }
  }

  @Test("wrong claims now and then are forgotten")
  func decay() throws {
    var view = try view()
    for step in UInt32(0)..<90 {
      view.disproved(alice, key(1, step), now: .seconds(20 * Int(step)))
    }
    #expect(!view.isDistrusted(alice) && view.disprovedClaims == 90)
  }

  @Test("a member that says soon that it dropped the blocks is not blamed")
  func excused() throws {
    var view = try view()
    for round in UInt32(0)..<10 {
      let run = round * 5...round * 5 + 4
      for index in run { view.disproved(alice, key(1, index), now: .zero) }
      _ = try view.apply(
        ContentsDelta.sample(UInt64(round) + 2, [(version(1), .removed(blocks(run)))]),
        from: alice, now: .zero)
    }
    #expect(!view.isDistrusted(alice) && view.denials.isEmpty)
    for index in UInt32(50)..<57 { view.disproved(alice, key(1, index), now: .zero) }
    _ = try view.apply(
      ContentsDelta.sample(12, [(version(1), .dropped)]), from: alice, now: .zero)
    #expect(!view.isDistrusted(alice) && view.denials.isEmpty)
  }

  @Test("what a member does not claim, or was disproved already, does not count against it")
  func notClaimed() throws {
    var view = try view()
    for _ in 0..<100 { view.disproved(alice, key(1, 5), now: .zero) }
    for index in UInt32(200)..<300 { view.disproved(alice, key(1, index), now: .zero) }
    for index in UInt32(0)..<100 { view.disproved(us, key(1, index), now: .zero) }
    #expect(!view.isDistrusted(alice) && view.disprovedClaims == 1)
  }

  @Test("leaving and coming back does not wash a member clean")
  func comesBack() throws {
    var view = try view()
    for index in UInt32(0)..<8 { view.disproved(alice, key(1, index), now: .zero) }
    view.forget(alice)
    #expect(!view.isDistrusted(alice) && view.denials.isEmpty && view.distrusted.isEmpty)
    _ = try view.apply(
      ContentsDelta.sample(1, [(version(1), .added(blocks(0...99)))]), from: alice,
      now: .seconds(1))
    #expect(view.isDistrusted(alice) && view.holders(of: key(1)) == [bob])
    view.advance(to: .seconds(30))
    #expect(!view.isDistrusted(alice))
    // Bob, who never lied, is not remembered.
    view.forget(bob)
    #expect(view.formerTrust.isEmpty)
  }

  @Test("only so many wrong claims are remembered, the oldest are forgotten first")
  func bounded() throws {
    var view = try view(ContentsLimits(denials: 10, disproofs: 1000))
    for index in UInt32(0)..<90 { view.disproved(alice, key(1, index), now: .zero) }
    #expect(view.denials.count == 10 && view.deniedSlots.count == 10)
    #expect(view.holds(alice, key(1, 79)) && !view.holds(alice, key(1, 80)))
  }
}

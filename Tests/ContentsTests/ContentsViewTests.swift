import BlockCache
import Membership
import Testing

@testable import Contents

@Suite struct ContentsViewTests {
  private func view(_ limits: ContentsLimits = ContentsLimits()) -> ContentsView {
    ContentsView(own: us, limits: limits)
  }

  @Test("nobody holds what nobody claimed")
  func nothing() {
    let view = view()
    #expect(view.holders(of: key(1)).isEmpty && view.holders(of: version(1), .everything).isEmpty)
    #expect(!view.holds(alice, key(1)) && !view.isExact(alice) && view.summary(of: alice) == nil)
    #expect(view.needsSync(now: .seconds(1000)).isEmpty && view.members.isEmpty)
  }

  @Test("a malformed payload changes nothing")
  func malformed() throws {
    var view = view()
    let bytes = ContentsDelta.sample(1, [(version(1), .added(blocks(0...9)))])
    for count in bytes.indices {
      #expect(throws: ContentsError.self) {
        _ = try view.apply(Array(bytes[..<count]), from: alice, now: .zero)
      }
    }
    for count in 1..<25 {
      #expect(throws: ContentsError.truncated) {
        _ = try view.apply(
          Array(Holdings(generation: 1).announcement[..<count]), from: alice, now: .zero)
      }
    }
    #expect(view.members.isEmpty && view.versionCount == 0)
  }

  @Test("what is announced is believed, block for block, until it is announced gone")
  func deltas() throws {
    var view = view()
    var owner = Holdings(generation: 7)
    func tell() throws -> DeltaVerdict {
      let delta = try owner.delta()
      return try view.apply(delta, from: alice, now: .zero)
    }
    for index in UInt32(0)..<10 { owner.insert(key(1, index)) }
    owner.insert(key(2, 5))
    #expect(try tell() == .applied(gap: false))
    #expect(view.holders(of: key(1, 9)) == [alice] && view.holders(of: key(1, 10)).isEmpty)
    #expect(view.blocks(of: version(1), announcedBy: alice) == blocks(0...9))
    owner.remove(key(1, 4))
    owner.removeVersion(version(2))
    #expect(try tell() == .applied(gap: false))
    #expect(!view.holds(alice, key(1, 4)) && view.holds(alice, key(1, 5)))
    #expect(!view.holds(alice, key(2, 5)) && view.versionCount == 1)
    #expect(view.isExact(alice) && view.summary(of: alice) == owner.summary)
  }

  @Test("which blocks of a range who holds, for members that hold the same and others")
  func ranges() throws {
    var view = view()
    let carol = MemberID(rawValue: 3)
    let whole = ContentsDelta.sample(1, [(version(1), .added(blocks(0...99)))])
    _ = try view.apply(whole, from: alice, now: .zero)
    _ = try view.apply(whole, from: bob, now: .zero)
    _ = try view.apply(
      ContentsDelta.sample(1, [(version(1), .added(blocks(3...5, 20...30)))]), from: carol,
      now: .zero)
    let holders = view.holders(of: version(1), BlockRun(first: 4, last: 22))
    #expect(
      holders == [
        BlockHolder(member: alice, blocks: blocks(4...22)),
        BlockHolder(member: bob, blocks: blocks(4...22)),
        BlockHolder(member: carol, blocks: blocks(4...5, 20...22)),
      ])
    #expect(view.holders(of: version(1), BlockRun(first: 31, last: 32)).count == 2)
    #expect(view.holders(of: version(1), BlockRun(first: 100, last: .max)).isEmpty)
    #expect(view.holders(of: key(1, 25)) == [alice, bob, carol])
  }

  @Test("a block that is looked up is looked for in each different bitmap, not once a member")
  func lookups() throws {
    var view = view(ContentsLimits(members: 1000))
    for number in UInt64(1)...500 {
      let change: ContentsDelta.Change =
        number % 50 == 0
        ? .added(blocks(UInt32(number)...4999)) : .added(blocks(0...4999))
      _ = try view.apply(
        ContentsDelta.sample(1, [(version(1), change), (version(number), change)]),
        from: MemberID(rawValue: number + 1000), now: .zero)
    }
    #expect(view.claims.claims(on: version(1))?.bitmapCount == 11)
    #expect(view.holders(of: key(1, 40)).count == 490)
    #expect(view.holders(of: key(1, 200)).count == 494)
    #expect(view.claims.claims(on: version(400))?.bitmapCount == 1)
  }

  @Test("a member that died holds nothing, and what only it held takes nothing")
  func forget() throws {
    var view = view()
    let empty = view.approximateBytes
    let delta = ContentsDelta.sample(1, (0..<100).map { (version($0), .added(comb(640))) })
    _ = try view.apply(delta, from: alice, now: .zero)
    _ = try view.apply(delta, from: bob, now: .zero)
    let both = view.approximateBytes
    view.forget(alice)
    view.forget(alice)
    #expect(view.holders(of: key(5, 2)) == [bob] && view.members == [bob])
    #expect(view.approximateBytes < both)
    view.forget(bob)
    #expect(view.versionCount == 0 && view.members.isEmpty)
    #expect(view.approximateBytes == empty && view.claims.bytes == 0)
    _ = try view.apply(delta, from: bob, now: .zero)
    #expect(view.holders(of: key(5, 2)) == [bob])
  }

  @Test("a member that leaves and comes back over and over leaves nothing behind")
  func flapping() throws {
    var view = view()
    for life in UInt64(0)..<100 {
      for sequence in [1, 3, 2] as [UInt64] {
        _ = try view.apply(
          ContentsDelta.sample(
            sequence, [(version(life), .added(comb(640)))], generation: life + 1),
          from: alice, now: .seconds(life))
      }
      if life % 3 > 0 { view.forget(alice) }
    }
    view.forget(alice)
    #expect(view.approximateBytes == self.view().approximateBytes)
    #expect(view.needsSync(now: .seconds(10_000)).isEmpty && view.nextSync == nil)
  }

  @Test("a restarted member's claims stay until it says what it holds now")
  func restart() throws {
    var view = view()
    var owner = Holdings(generation: 1)
    owner.insert(key(1))
    owner.insert(key(2))
    _ = try view.apply(owner.delta(), from: alice, now: .zero)
    let late = ContentsDelta.sample(2, [(version(9), .added(blocks(0...0)))])
    var again = Holdings(generation: 2)
    again.load([key(1)])
    let first = try again.delta()
    #expect(try view.apply(first, from: alice, now: .zero) == .applied(gap: true))
    #expect(try view.apply(late, from: alice, now: .zero) == .stale)
    #expect(view.holders(of: key(2)) == [alice] && !view.isExact(alice))
    #expect(view.needsSync(now: .seconds(1)) == [alice])
    #expect(try view.pull(alice, from: again, now: .seconds(1)).outcome == .exact)
    #expect(view.holders(of: key(2)).isEmpty && view.isExact(alice))
  }

  @Test("the loss of the last delta shows with the next announcement")
  func lastDeltaLost() throws {
    var view = view()
    var owner = Holdings(generation: 1)
    owner.insert(key(1))
    _ = try view.apply(owner.delta(), from: alice, now: .zero)
    #expect(try view.apply(owner.announcement, from: alice, now: .zero) == .applied(gap: false))
    owner.insert(key(2))
    let lost = try owner.delta()
    #expect(try view.apply(owner.announcement, from: alice, now: .zero) == .applied(gap: true))
    #expect(view.needsSync(now: .seconds(1)) == [alice])
    // It was only late.
    #expect(try view.apply(lost, from: alice, now: .seconds(2)) == .applied(gap: false))
    #expect(view.needsSync(now: .seconds(1000)).isEmpty)
  }

  @Test("deltas in any order lead to the same view as in the order they were sent")
  func anyOrder() throws {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<30 {
      var owner = Holdings(generation: 1)
      var deltas: [[UInt8]] = []
      while deltas.count < 12 {
        for _ in 0..<20 {
          let block = key(
            .random(in: 0..<3, using: &generator), .random(in: 0..<30, using: &generator))
          if Bool.random(using: &generator) { owner.insert(block) } else { owner.remove(block) }
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { owner.removeVersion(version(1)) }
        if let delta = owner.takeDelta(limitBytes: 900) { deltas.append(delta) }
      }
      var view = view()
      for delta in deltas.shuffled(using: &generator) {
        let verdict = try view.apply(delta, from: alice, now: .zero)
        #expect(verdict != .stale)
      }
      #expect(view.isExact(alice) && view.root(of: alice) == owner.summary.root)
      for version in (0..<3).map({ version($0) }) {
        #expect(view.blocks(of: version, announcedBy: alice) == owner.blocks(of: version))
      }
    }
  }

  @Test("this node's own deltas, and those of more members than may be, are refused")
  func refused() throws {
    var view = view(ContentsLimits(members: 2))
    let delta = ContentsDelta.sample(1, [(version(1), .added(blocks(0...9)))])
    #expect(try view.apply(delta, from: us, now: .zero) == .refused)
    _ = try view.apply(delta, from: alice, now: .zero)
    _ = try view.apply(delta, from: bob, now: .zero)
    let carol = MemberID(rawValue: 3)
    #expect(try view.apply(delta, from: carol, now: .zero) == .refused)
    let summary = ContentsSummary(generation: 1, sequence: 1, root: 1)
    let noted = view.note(summary, from: carol, now: .zero)
    let pull = view.beginPull(from: carol, now: .zero)
    #expect(noted == .refused && pull == nil && view.refusedMembers == 3)
    view.forget(alice)
    #expect(try view.apply(delta, from: carol, now: .zero) == .applied(gap: true))
    #expect(view.holders(of: key(1)).count == 2)
  }

  @Test("one member's claims stay below its limit: what it claimed first stays")
  func memberLimit() throws {
    var view = view(ContentsLimits(memberBytes: 100_000))
    for step in UInt64(0)..<100 {
      _ = try view.apply(
        ContentsDelta.sample(
          step + 1, (0..<50).map { (version(step * 50 + $0), .added(comb(128))) }),
        from: alice, now: .zero)
    }
    #expect(view.versionCount < 500 && view.clippedClaims > 4000)
    #expect(view.claims.bytes <= 100_000)
    #expect(view.holders(of: key(0)) == [alice] && view.holders(of: key(4999)).isEmpty)
    // Claims on what is known may shrink but not grow; others are not touched by that.
    _ = try view.apply(
      ContentsDelta.sample(101, [(version(0), .added(comb(12_800)))]), from: alice, now: .zero)
    #expect(view.blocks(of: version(0), announcedBy: alice) == comb(128))
    _ = try view.apply(
      ContentsDelta.sample(102, [(version(0), .removed(blocks(0...3)))]), from: alice, now: .zero)
    #expect(view.holders(of: key(0)).isEmpty && view.holders(of: key(0, 4)) == [alice])
    let delta = ContentsDelta.sample(1, [(version(4999), .added(comb(12_800)))])
    _ = try view.apply(delta, from: bob, now: .zero)
    #expect(view.holders(of: key(4999)) == [bob])
  }

  @Test("above the total, small files of one member go before large ones of many")
  func totalLimit() throws {
    var view = view(ContentsLimits(totalBytes: 300_000, memberBytes: .max))
    for member in [alice, bob] {
      _ = try view.apply(
        ContentsDelta.sample(1, [(version(9999), .added(comb(100_032)))]), from: member, now: .zero)
    }
    for step in UInt64(0)..<100 {
      _ = try view.apply(
        ContentsDelta.sample(
          step + 2, (0..<50).map { (version(step * 50 + $0), .added(blocks(0...0))) }),
        from: alice, now: .zero)
      #expect(view.claims.bytes <= 300_000)
    }
    #expect(view.shedVersions > 3000)
    #expect(view.holders(of: key(9999)) == [alice, bob] && view.isExact(alice) == false)
  }

  @Test("an update that is refused for its size leaves a claim that is true")
  func refusedRemoval() throws {
    var view = view(ContentsLimits(memberBytes: 2000))
    _ = try view.apply(
      ContentsDelta.sample(1, [(version(1), .added(BlockBitmap(.everything)))]), from: alice,
      now: .zero)
    _ = try view.apply(
      ContentsDelta.sample(2, [(version(1), .removed(comb(64_000)))]), from: alice, now: .zero)
    #expect(view.holders(of: key(1, 0)).isEmpty && view.holders(of: key(1, 2)).isEmpty)
    #expect(view.clippedClaims == 1 && view.claims.bytes == 0)
  }

  @Test("random payloads, and true ones with a byte changed, keep the view within its limits")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 77)
    let limits = ContentsLimits(members: 4, totalBytes: 50_000, memberBytes: 30_000)
    var view = view(limits)
    var owner = Holdings(generation: 1)
    var accepted = 0
    for step in 0..<4000 {
      let block = key(
        .random(in: 0..<60, using: &generator), .random(in: 0..<5000, using: &generator))
      if Int.random(in: 0..<4, using: &generator) > 0 { owner.insert(block) }
      if step % 50 == 0 { owner.removeVersion(block.version) }
      guard step % 4 == 0, var bytes = owner.takeDelta(limitBytes: 900) else { continue }
      for _ in 0..<Int.random(in: 0..<3, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: .min ... .max, using: &generator)
      }
      let member = MemberID(rawValue: .random(in: 0..<6, using: &generator))
      let verdict = try? view.apply(bytes, from: member, now: .milliseconds(step))
      if verdict != nil { accepted += 1 }
      if step % 100 == 0 { view.forget(member) }
    }
    #expect(accepted > 100 && view.claims.bytes <= limits.totalBytes && view.members.count <= 4)
    for member in view.members { view.forget(member) }
    #expect(view.claims.bytes == 0 && view.versionCount == 0)
  }
}

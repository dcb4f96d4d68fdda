import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct TrackerTests {
  private func tracker(_ change: (inout Tracker.Settings) -> Void = { _ in }) -> Tracker {
    var settings = Tracker.Settings()
    change(&settings)
    return Tracker(settings: settings)
  }

  private func view(_ count: UInt64) -> Neighborhood {
    Neighborhood(own: 1, of: (1...count).map { neighbor($0) })
  }

  /// Assigns a parent to each of the members in turn, all in one moment; 1 has the chunk.
  private func tree(
    _ tracker: inout Tracker, _ view: Neighborhood
  ) -> [MemberID: MemberID] {
    tracker.note(member(1), of: chunk(1), readyAt: .zero)
    var parents: [MemberID: MemberID] = [:]
    for asker in view.members.keys.sorted() where asker != member(1) {
      parents[asker] =
        tracker.assign(chunk(1), to: asker, excluding: [], blocks: 4, in: view, now: .zero)?
        .parent
    }
    return parents
  }

  private func depth(_ parents: [MemberID: MemberID]) -> Int {
    parents.keys.map { one in
      var (steps, place) = (0, one)
      while let next = parents[place], steps <= parents.count { (steps, place) = (steps + 1, next) }
      return steps
    }.max() ?? 0
  }

  @Test("of what nobody has there is no parent")
  func nobody() {
    var tracker = tracker()
    let none = tracker.assign(
      chunk(1), to: member(2), excluding: [], blocks: 4, in: view(3), now: .zero)
    #expect(none == nil && !tracker.knows(chunk(1)) && tracker.count == 0)
  }

  @Test("with a high cost of another child the members form a chain, each forwards once")
  func chain() {
    var tracker = tracker { $0.fanoutCost = 20 }
    let parents = tree(&tracker, view(12))
    #expect(parents.count == 11 && Set(parents.values).count == 11)
    #expect(depth(parents) == 11)
  }

  @Test(
    "readers on nodes with names stand in the ring of their file, in whatever order they ask",
    arguments: [nil, "a"])
  func ringOfNodes(rack: String?) {
    let members = (1...8 as ClosedRange<UInt64>).map { number in
      Neighbor(id: member(number), locality: Locality(rack: rack, node: "node\(number)"))
    }
    var view = Neighborhood(own: members[0])
    for one in members { view.insert(one) }
    var orders: [[MemberID: MemberID]] = []
    for askers in [members.dropFirst().map(\.id), members.dropFirst().reversed().map(\.id)] {
      var tracker = tracker()
      // All are known to read the file before the chunk that counts is asked for.
      for number: UInt32 in [0, 1] {
        tracker.note(member(1), of: chunk(1, number), readyAt: .zero)
        var parents: [MemberID: MemberID] = [:]
        for asker in askers {
          parents[asker] =
            tracker.assign(
              chunk(1, number), to: asker, excluding: [], blocks: 4, in: view, now: .zero)?.parent
        }
        if number == 1 { orders.append(parents) }
      }
    }
    #expect(orders[0] == orders[1])
    #expect(orders[0].count == 7 && Set(orders[0].values).count == 7 && depth(orders[0]) == 7)
  }

  @Test("with a low one they form a tree")
  func tree() {
    var tracker = tracker { $0.fanoutCost = 0.5 }
    let parents = tree(&tracker, view(32))
    #expect(parents.count == 31)
    #expect(depth(parents) < 12, "\(depth(parents))")
  }

  @Test("the first block is expected one block's time later at each member of a chain")
  func expectation() {
    var tracker = tracker { $0.blockSeconds = 0.02 }
    let view = view(4)
    tracker.note(member(1), of: chunk(1), readyAt: .zero)
    for asker: UInt64 in 2...4 {
      let assignment = tracker.assign(
        chunk(1), to: member(asker), excluding: [], blocks: 4, in: view, now: .zero)
      let expected = Duration.milliseconds(20 * (asker - 1))
      let error = (assignment?.expectedIn ?? .zero) - expected
      #expect(abs(error.inSeconds) < 1e-6)
    }
  }

  @Test("behind a slow member nobody is put")
  func slow() {
    var view = view(20)
    for one: UInt64 in 1...20 {
      let isSlow = [5, 9, 13].contains(one)
      view.setLoad(member(one), capacity: isSlow ? 20_000 : 10_000_000, queueSeconds: 0)
    }
    var tracker = tracker()
    let parents = tree(&tracker, view)
    #expect(parents.count == 19)
    #expect(Set(parents.values).isDisjoint(with: [5, 9, 13].map(member)))
  }

  @Test("a member with a long queue gives way to one without")
  func queue() {
    var view = view(3)
    view.setLoad(member(1), capacity: 0, queueSeconds: 5)
    var tracker = tracker()
    for one: UInt64 in [2, 1] { tracker.note(member(one), of: chunk(1), readyAt: .zero) }
    let assignment = tracker.assign(
      chunk(1), to: member(3), excluding: [], blocks: 4, in: view, now: .zero)
    #expect(assignment?.parent == member(2))
  }

  @Test("the nearer of two that have it is the parent, and a far one where no other is")
  func distance() {
    let view = Neighborhood(
      own: 1,
      of: [
        neighbor(1, zone: "a", rack: "r"), neighbor(2, zone: "a", rack: "s"),
        neighbor(3, zone: "b", rack: "t"), neighbor(4, zone: "a", rack: "s"),
        neighbor(5, zone: "a", rack: "s"), neighbor(6, zone: "a", rack: "s"),
      ])
    var tracker = tracker()
    for one: UInt64 in [2, 1, 3] { tracker.note(member(one), of: chunk(1), readyAt: .zero) }
    func parent(_ asker: UInt64, not excluded: [UInt64]) -> MemberID? {
      tracker.assign(
        chunk(1), to: member(asker), excluding: excluded.map(member), blocks: 1, in: view,
        now: .zero)?.parent
    }
    let rack = parent(4, not: [])
    let zone = parent(5, not: [2, 4])
    let far = parent(6, not: [1, 2, 4, 5])
    #expect(rack == member(2) && zone == member(1) && far == member(3))
  }

  @Test("who asks again keeps its parent, until it wants it no more")
  func sticky() {
    let view = view(30)
    var tracker = tracker()
    let parents = tree(&tracker, view)
    for (asker, parent) in parents {
      let again = tracker.assign(
        chunk(1), to: asker, excluding: [], blocks: 1, in: view, now: .seconds(1))
      #expect(again?.parent == parent)
    }
    for (asker, parent) in parents {
      let other = tracker.assign(
        chunk(1), to: asker, excluding: [parent], blocks: 1, in: view, now: .seconds(1))
      #expect(other?.parent != parent && other?.parent != asker)
    }
  }

  @Test("latecomers are spread over all who have it")
  func latecomers() {
    let view = view(40)
    var tracker = tracker()
    for one: UInt64 in 1...20 { tracker.note(member(one), of: chunk(1), readyAt: .zero) }
    var parents: [MemberID] = []
    for asker: UInt64 in 21...40 {
      let assignment = tracker.assign(
        chunk(1), to: member(asker), excluding: [], blocks: 4, in: view, now: .seconds(60))
      if let assignment { parents.append(assignment.parent) }
    }
    #expect(Set(parents).count == 20)
  }

  @Test("what a member was given lately counts for other chunks, and is forgotten in a while")
  func recent() {
    let view = view(4)
    var tracker = tracker()
    func parent(_ file: UInt64, _ now: Duration) -> MemberID? {
      // They have had it for a while.
      for one: UInt64 in [1, 2] {
        tracker.note(member(one), of: chunk(file), readyAt: now - .seconds(10))
      }
      return tracker.assign(
        chunk(file), to: member(3), excluding: [], blocks: 4, in: view, now: now)?.parent
    }
    let (first, second, third) = (parent(1, .zero), parent(2, .zero), parent(3, .seconds(30)))
    #expect(first == member(2) && second == member(1) && third == member(2))
  }

  @Test("one strike is forgiven, a second one removes the member")
  func strikes() {
    var tracker = tracker()
    tracker.note(member(1), of: chunk(1), readyAt: .zero)
    tracker.strike(member(1), of: chunk(1))
    #expect(tracker.knows(chunk(1)))
    tracker.strike(member(1), of: chunk(1))
    #expect(!tracker.knows(chunk(1)))
    tracker.strike(member(1), of: chunk(1))
    tracker.strike(member(7), of: chunk(7))
    #expect(!tracker.knows(chunk(7)))
  }

  @Test("a member that is gone is nobody's parent")
  func gone() {
    var view = view(4)
    var tracker = tracker()
    let parents = tree(&tracker, view)
    view.remove(member(2))
    for asker: UInt64 in 3...4 {
      let again = tracker.assign(
        chunk(1), to: member(asker), excluding: [], blocks: 1, in: view, now: .zero)
      #expect(again != nil && again?.parent != member(2))
    }
    #expect(parents[member(3)] == member(2))
  }

  @Test("beyond memberLimit members are given parents and not remembered")
  func memberLimit() {
    var tracker = tracker { $0.memberLimit = 4 }
    let parents = tree(&tracker, view(40))
    #expect(parents.count == 39)
    #expect(Set(parents.values).isSubset(of: Set((1...4).map(member))))
  }

  @Test("no more than chunkLimit chunks are remembered, those asked about last")
  func chunkLimit() {
    var tracker = tracker { $0.chunkLimit = 64 }
    for number: UInt32 in 0..<1000 {
      // Chunk 0 is asked about all the time.
      tracker.note(member(1), of: chunk(1), readyAt: .zero)
      tracker.note(member(1), of: chunk(1, number), readyAt: .zero)
      #expect(tracker.count <= 64)
    }
    #expect(tracker.knows(chunk(1)) && tracker.knows(chunk(1, 999)))
    #expect(!tracker.knows(chunk(1, 1)))
  }

  @Test(
    "whatever is asked and struck in whatever order, following parents never comes back",
    arguments: UInt64(1)...60)
  func noCircle(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = UInt64.random(in: 3...14, using: &random)
    let view = view(count)
    var tracker = tracker { $0.fanoutCost = [0, 1, 20][Int(seed % 3)] }
    var waitsFor: [MemberID: MemberID] = [:]
    tracker.note(member(1), of: chunk(1), readyAt: .zero)
    for step in 0..<400 {
      let asker = member(UInt64.random(in: 2...count, using: &random))
      var excluded: [MemberID] = []
      if Int.random(in: 0..<4, using: &random) == 0, let parent = waitsFor[asker] {
        excluded.append(parent)
        waitsFor[asker] = nil
      }
      for one in excluded { tracker.strike(one, of: chunk(1)) }
      if !tracker.knows(chunk(1)) {
        tracker.note(member(1), of: chunk(1), readyAt: .milliseconds(step))
      }
      let assignment = tracker.assign(
        chunk(1), to: asker, excluding: excluded, blocks: 1, in: view, now: .milliseconds(step))
      guard let assignment else { continue }
      #expect(!excluded.contains(assignment.parent) && assignment.parent != asker)
      waitsFor[asker] = assignment.parent
      var (place, steps) = (asker, 0)
      while let next = waitsFor[place], steps <= Int(count) { (place, steps) = (next, steps + 1) }
      #expect(steps <= Int(count), "seed \(seed), step \(step): \(asker) waits for itself")
      if steps > Int(count) { return }
    }
  }
}

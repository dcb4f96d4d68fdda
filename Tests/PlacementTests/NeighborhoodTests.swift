import BlockCache
import Membership
import Testing

@testable import Placement

@Suite struct NeighborhoodTests {
  /// Two zones of two racks of three members each: 1, 2, 3 in the first rack of the first zone.
  private let places: [Neighbor] = (0..<12).map { index in
    neighbor(
      UInt64(index + 1), zone: index < 6 ? "east" : "west", rack: "r\(index / 3)")
  }
  private let flat = (1...8).map { neighbor(UInt64($0)) }
  private let chunks = (0..<200).map { chunk(1, UInt32($0)) }

  private func home(_ chunk: Chunk, _ members: [Neighbor], own: UInt64 = 99) -> MemberID? {
    var view = Neighborhood(own: own, of: members + [neighbor(99, isServing: false)])
    return view.trackers(of: chunk, avoiding: []).last?.home
  }

  @Test("who is alone asks the origin")
  func alone() {
    var view = Neighborhood(own: neighbor(1))
    #expect(view.trackers(of: chunk(1), avoiding: []).isEmpty)
  }

  @Test("all members find the same home, and the home itself asks nobody else")
  func agreement() throws {
    for chunk in chunks {
      let home = try #require(self.home(chunk, flat))
      for one in flat {
        var view = Neighborhood(own: one.id.rawValue, of: flat.reversed())
        let found = view.trackers(of: chunk, avoiding: [])
        let isHome = view.isHome(of: chunk)
        #expect(found.map(\.home) == (one.id == home ? [] : [home]))
        #expect(isHome == (one.id == home))
      }
    }
  }

  @Test("a chunk has a home in the rack, in the zone and in the cluster, asked in this order")
  func tiers() throws {
    var rackHomes: [Chunk: Set<MemberID>] = [:]
    for one in places {
      var view = Neighborhood(own: one.id.rawValue, of: places)
      view.setOrigin(mds, locality: Locality(zone: "south"))
      for chunk in chunks {
        let path = view.trackers(of: chunk, avoiding: [])
        #expect(path.map(\.reach) == path.map(\.reach).sorted())
        #expect(Set(path.map(\.home)).count == path.count)
        #expect(!path.contains { $0.home == one.id })
        for tier in path { #expect(view.distance(to: tier.home) <= tier.reach) }
        if path.first?.reach == .sameRack, one.locality.rack == "r0" {
          rackHomes[chunk, default: []].insert(try #require(path.first?.home))
        }
      }
    }
    #expect(rackHomes.values.allSatisfy { $0.count == 1 }, "a rack's members agree on its home")
  }

  @Test("who is the home of its rack goes on at the zone's, of the cluster to the origin")
  func upwards() {
    for one in places {
      var view = Neighborhood(own: one.id.rawValue, of: places)
      view.setOrigin(mds, locality: Locality(zone: "south"))
      for chunk in chunks {
        let path = view.trackers(of: chunk, avoiding: [])
        let isHome = view.isHome(of: chunk)
        if path.isEmpty { #expect(isHome) }
        if isHome { #expect(path.first?.reach != .sameRack) }
      }
    }
  }

  @Test("in the origin's own tier the home is one of those nearest to it")
  func originTier() {
    for one in places {
      var view = Neighborhood(own: one.id.rawValue, of: places)
      view.setOrigin(mds, locality: Locality(zone: "east", rack: "r1"))
      for chunk in chunks {
        let path = view.trackers(of: chunk, avoiding: [])
        guard let last = path.last else { continue }
        if one.locality.zone == "west", last.reach == .elsewhere {
          #expect([4, 5, 6].map(member).contains(last.home))
        }
        // And nobody of its zone asks in the other one.
        if one.locality.zone == "east" {
          #expect(path.allSatisfy { $0.home.rawValue <= 6 })
        }
      }
    }
  }

  @Test("where nobody stands in the origin's rack its zone's members are the nearest")
  func originZone() {
    var view = Neighborhood(own: 7, of: places)
    view.setOrigin(mds, locality: Locality(zone: "east", rack: "other"))
    for chunk in chunks {
      let last = view.trackers(of: chunk, avoiding: []).last
      #expect(last?.reach == .elsewhere && (last?.home.rawValue ?? 99) <= 6)
    }
  }

  @Test("when a member goes only its chunks get another home, and all their own when it is back")
  func minimalMovement() {
    var view = Neighborhood(own: 99, of: flat + [neighbor(99, isServing: false)])
    let before = chunks.map { view.trackers(of: $0, avoiding: []).first?.home }
    view.remove(member(3))
    for (chunk, former) in zip(chunks, before) {
      let home = view.trackers(of: chunk, avoiding: []).first?.home
      #expect(former == member(3) ? home != former : home == former)
    }
    view.insert(neighbor(3))
    #expect(chunks.map { view.trackers(of: $0, avoiding: []).first?.home } == before)
  }

  @Test("an avoided home is replaced, the others' chunks stay where they are")
  func avoided() {
    var view = Neighborhood(own: 99, of: flat + [neighbor(99, isServing: false)])
    var without = view
    without.remove(member(3))
    for chunk in chunks {
      let home = view.trackers(of: chunk, avoiding: [member(3)]).first?.home
      #expect(home == without.trackers(of: chunk, avoiding: []).first?.home)
    }
  }

  @Test("where every home is avoided the origin is asked")
  func allAvoided() {
    var view = Neighborhood(own: 1, of: flat)
    let others = Set(flat.map(\.id)).subtracting([member(1)])
    for chunk in chunks { #expect(view.trackers(of: chunk, avoiding: others).isEmpty) }
  }

  @Test("who does not serve is no home")
  func notServing() {
    let members = flat.map { neighbor($0.id.rawValue, isServing: $0.id.rawValue % 2 == 0) }
    for chunk in chunks { #expect((home(chunk, members)?.rawValue ?? 1) % 2 == 0) }
  }

  @Test("a member with an eighth of the others' capacity is home of few chunks")
  func weights() {
    var view = Neighborhood(own: 99, of: flat + [neighbor(99, isServing: false)])
    for one in flat {
      view.setLoad(
        one.id, capacity: one.id == member(2) ? 1_000_000 : 10_000_000, queueSeconds: 0)
    }
    var counts: [MemberID: Int] = [:]
    for number: UInt32 in 0..<2000 {
      let home = view.trackers(of: chunk(1, number), avoiding: []).first?.home
      counts[home ?? mds, default: 0] += 1
    }
    #expect(counts[member(2), default: 0] < 50, "\(counts)")
    #expect(counts.filter { $0.key != member(2) }.values.allSatisfy { $0 > 200 }, "\(counts)")
  }

  @Test("small differences in capacity change no home")
  func coarse() {
    var view = Neighborhood(own: 99, of: flat + [neighbor(99, isServing: false)])
    let before = chunks.map { view.trackers(of: $0, avoiding: []).first?.home }
    for (index, one) in flat.enumerated() {
      view.setLoad(one.id, capacity: 10_000_000 + Double(index) * 500_000, queueSeconds: 1)
    }
    #expect(chunks.map { view.trackers(of: $0, avoiding: []).first?.home } == before)
  }

  @Test(
    "a load that nobody can have is kept within bounds",
    arguments: [-1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude] as [Double])
  func absurdLoad(value: Double) {
    var view = Neighborhood(own: 99, of: flat + [neighbor(99, isServing: false)])
    for one in flat { view.setLoad(one.id, capacity: value, queueSeconds: value) }
    for one in view.members.values {
      #expect(one.capacityBytesPerSecond >= 0)
      #expect(one.queueSeconds >= 0 && one.queueSeconds <= 60)
    }
    for chunk in chunks { #expect(!view.trackers(of: chunk, avoiding: []).isEmpty) }
  }

  @Test("what is known of a member's load stays known when it is heard of again")
  func loadStays() {
    var view = Neighborhood(own: 1, of: flat)
    view.setLoad(member(2), capacity: 5_000_000, queueSeconds: 3)
    view.insert(neighbor(2, rack: "r"))
    #expect(view.members[member(2)]?.capacityBytesPerSecond == 5_000_000)
    #expect(view.members[member(2)]?.queueSeconds == 3)
    #expect(view.members[member(2)]?.locality.rack == "r")
  }

  @Test("a link is slow only far below the median's, and then by how far")
  func slowness() throws {
    var view = Neighborhood(own: 99, of: flat + [neighbor(99, isServing: false)])
    for one in flat { view.setLoad(one.id, capacity: 8_388_608, queueSeconds: 0) }
    view.setLoad(member(2), capacity: 6_000_000, queueSeconds: 0)
    view.setLoad(member(3), capacity: 524_288, queueSeconds: 0)
    view.setLoad(member(4), capacity: 1, queueSeconds: 0)
    let slowness = try (1...4).map { view.slowness(of: try #require(view.members[member($0)])) }
    #expect(slowness == [1, 1, 16, 64])
    #expect(view.slowness(of: neighbor(50)) == 1, "nothing is known of its link")
  }

  @Test("members that are not known have no load and are as far as can be")
  func unknown() {
    var view = Neighborhood(own: 1, of: places)
    view.setLoad(member(77), capacity: 5, queueSeconds: 5)
    #expect(view.members[member(77)] == nil)
    #expect(view.distance(to: member(77)) == .elsewhere)
    #expect(view.distance(from: member(77), to: member(77)) == .sameAddress)
    view.remove(member(77))
    #expect(view.members.count == places.count)
  }

  @Test("a member cannot remove itself")
  func ownStays() {
    var view = Neighborhood(own: 1, of: flat)
    view.remove(member(1))
    #expect(view.members[member(1)] != nil)
  }

  @Test("who moves to another rack has the homes of that one")
  func moves() {
    var view = Neighborhood(own: 1, of: places)
    view.insert(neighbor(1, zone: "west", rack: "r3"))
    #expect(view.locality == Locality(zone: "west", rack: "r3"))
    #expect(view.distance(to: member(2)) == .elsewhere)
    #expect(view.distance(to: member(12)) == .sameRack)
    for chunk in chunks {
      guard let first = view.trackers(of: chunk, avoiding: []).first, first.reach == .sameRack
      else { continue }
      #expect([10, 11, 12].map(member).contains(first.home))
    }
  }
}

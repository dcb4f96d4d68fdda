public import Membership

/// A member of the cluster as placement sees it.
public struct Neighbor: Hashable, Sendable {
  public var id: MemberID
  public var locality: Locality
  /// It serves blocks to others: a metadata server and a peer with `serve: false` do not.
  public var isServing: Bool
  /// What its link gave at best, in bytes a second; 0: not known.
  public var capacityBytesPerSecond: Double = 0
  /// How long what it has to send now will take it.
  public var queueSeconds: Double = 0

  public init(id: MemberID, locality: Locality, isServing: Bool = true) {
    self.id = id
    self.locality = locality
    self.isServing = isServing
  }
}

/// The home of a chunk in one tier.
public struct HomeInTier: Hashable, Sendable {
  public var home: MemberID
  /// How far the members of the tier are at most.
  public var reach: Distance
}

/// The members of the cluster around one of them, and the homes of chunks among them.
///
/// A chunk has one home in each tier that a member belongs to: in its rack, its zone, the cluster.
/// In the tier that the metadata server stands in, the home is one of the members nearest to it, so
/// that nothing crosses a thin link twice.
public struct Neighborhood: Sendable {
  /// Members known at one time; more are not taken in.
  public static let limit = 20_000

  public let own: MemberID
  public private(set) var locality: Locality
  public private(set) var members: [MemberID: Neighbor] = [:]
  /// The metadata server.
  public private(set) var origin: MemberID?
  private var originLocality = Locality()
  /// Serving members of the own rack, zone and the cluster, the narrowest first; in the tier of
  /// the origin only those that are nearest to it. Sorted, so that an order of arrival changes
  /// nothing.
  private var tiers: [(reach: Distance, members: [MemberID])] = []
  private var medianCapacity = 0.0
  private var reportsSinceMedian = 0
  private var homes: [Chunk: [MemberID]] = [:]
  private static let homesLimit = 16_384

  public init(own: Neighbor) {
    self.own = own.id
    locality = own.locality
    members[own.id] = own
    arrange()
  }

  /// The metadata server is this member.
  public mutating func setOrigin(_ id: MemberID?, locality: Locality) {
    guard origin != id || originLocality != locality else { return }
    origin = id
    originLocality = locality
    arrange()
  }

  /// A member is there, or has changed. What is known of its load stays known.
  public mutating func insert(_ member: Neighbor) {
    guard members.count < Self.limit || members[member.id] != nil else { return }
    var member = member
    if let known = members[member.id], member.capacityBytesPerSecond == 0 {
      member.capacityBytesPerSecond = known.capacityBytesPerSecond
      member.queueSeconds = known.queueSeconds
    }
    let former = members.updateValue(member, forKey: member.id)
    if member.id == own { locality = member.locality }
    if former?.locality != member.locality || former?.isServing != member.isServing { arrange() }
  }

  /// A member is gone.
  public mutating func remove(_ id: MemberID) {
    guard id != own, members.removeValue(forKey: id) != nil else { return }
    arrange()
  }

  /// What a member says of its load.
  public mutating func setLoad(_ id: MemberID, capacity: Double, queueSeconds: Double) {
    guard var member = members[id] else { return }
    let former = weight(of: member)
    member.capacityBytesPerSecond = max(0, capacity)
    member.queueSeconds = min(60, max(0, queueSeconds))
    members[id] = member
    reportsSinceMedian += 1
    if medianCapacity == 0 || reportsSinceMedian > members.count / 4 {
      reportsSinceMedian = 0
      let median = Self.median(members.values.map(\.capacityBytesPerSecond).filter { $0 > 0 })
      if median != medianCapacity {
        medianCapacity = median
        homes = [:]
      }
    }
    if weight(of: member) != former { homes = [:] }
  }

  /// How far a member is; unknown ones are as far as can be.
  public func distance(to id: MemberID) -> Distance { distance(from: own, to: id) }

  /// How far two members are from each other.
  public func distance(from one: MemberID, to other: MemberID) -> Distance {
    if one == other { return .sameAddress }
    guard let from = members[one], let to = members[other] else { return .elsewhere }
    return Distance(from: from.locality, to: to.locality)
  }

  /// Two members are known to be in different racks. Where nobody said, they are taken to be in
  /// one.
  func areInOtherRacks(_ one: MemberID, _ other: MemberID) -> Bool {
    members[one]?.locality.rack != nil && members[other]?.locality.rack != nil
      && distance(from: one, to: other) > .sameRack
  }

  /// Whom this member asks about a chunk, in this order, before it asks the origin: the homes in
  /// the tiers in which it is not the home itself. None: it asks the origin.
  /// - Parameter avoided: members that do not answer now; the next best takes their place.
  public mutating func trackers(
    of chunk: Chunk, avoiding avoided: Set<MemberID>
  ) -> [HomeInTier] {
    var homes = homes(of: chunk)
    for (tier, home) in homes.enumerated() where home != own && avoided.contains(home) {
      homes[tier] = best(tiers[tier].members, chunk.region) { !avoided.contains($0) } ?? own
    }
    let above = homes.lastIndex(of: own).map { $0 + 1 } ?? 0
    var result: [HomeInTier] = []
    for tier in above..<homes.count where !result.contains(where: { $0.home == homes[tier] }) {
      result.append(HomeInTier(home: homes[tier], reach: tiers[tier].reach))
    }
    return result
  }

  /// Whether this member is the home of a chunk in any tier.
  public mutating func isHome(of chunk: Chunk) -> Bool { homes(of: chunk).contains(own) }

  private mutating func homes(of chunk: Chunk) -> [MemberID] {
    let chunk = chunk.region
    if let known = homes[chunk] { return known }
    let found = tiers.map { best($0.members, chunk) { _ in true } ?? own }
    if homes.count >= Self.homesLimit { homes = [:] }
    homes[chunk] = found
    return found
  }

  private func best(
    _ members: [MemberID], _ chunk: Chunk, where isEligible: (MemberID) -> Bool
  ) -> MemberID? {
    var best: (id: MemberID, score: Double)?
    for id in members where isEligible(id) {
      guard let member = self.members[id] else { continue }
      let score = Rendezvous.score(chunk, id, weight: weight(of: member))
      if best.map({ score > $0.score }) ?? true { best = (id, score) }
    }
    return best?.id
  }

  /// A member's share, as a power of two below the median's: coarse, so that members whose views
  /// differ a little agree.
  private func weight(of member: Neighbor) -> Double {
    guard medianCapacity > 0, member.capacityBytesPerSecond > 0 else { return 1 }
    let ratio = member.capacityBytesPerSecond / medianCapacity
    return ratio >= 0.5 ? 1 : ratio >= 0.25 ? 0.25 : ratio >= 0.125 ? 0.0625 : 0.0156_25
  }

  /// How many times longer a block takes over a member's link than over the median's: 1 for all
  /// that are not much slower, so that measurements that differ a little change nothing.
  func slowness(of member: Neighbor) -> Double {
    guard weight(of: member) < 1 else { return 1 }
    return min(64, medianCapacity / member.capacityBytesPerSecond)
  }

  private mutating func arrange() {
    homes = [:]
    let serving = members.values.filter(\.isServing)
    var reaches: [Distance] = []
    if locality.rack != nil { reaches.append(.sameRack) }
    if locality.zone != nil { reaches.append(.sameZone) }
    reaches.append(.elsewhere)
    let toOrigin = Distance(from: locality, to: originLocality)
    tiers = reaches.map { reach in
      let inTier = serving.filter { Distance(from: locality, to: $0.locality) <= reach }
      guard toOrigin <= reach else { return (reach, inTier.map(\.id).sorted()) }
      // The origin's own tier: whoever stands nearest to it.
      let nearest = inTier.map { Distance(from: originLocality, to: $0.locality) }.min()
      let limit = max(nearest ?? .elsewhere, .sameRack)
      let near = inTier.filter { Distance(from: originLocality, to: $0.locality) <= limit }
      return (reach, near.map(\.id).sorted())
    }
  }

  private static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    // Coarse: the median must not move with every report.
    return sorted[sorted.count / 2].powerOfTwoBelow
  }
}

extension Double {
  /// The largest power of two that is not larger; 0 for what is not positive.
  fileprivate var powerOfTwoBelow: Double {
    guard self > 0, isFinite else { return 0 }
    return Double(sign: .plus, exponent: exponent, significand: 1)
  }
}

/// A data server that could be chosen.
public struct Candidate: Hashable, Sendable {
  public var id: UInt64
  /// Its addresses in network byte order.
  public var addresses: [[UInt8]]
  public var locality: Locality
  /// How long a READ would wait there, in seconds, as it says itself.
  public var queueSeconds: Double
  /// It was busy for a while: equals go first.
  public var isOverloaded: Bool

  public init(
    id: UInt64, addresses: [[UInt8]], locality: Locality, queueSeconds: Double = 0,
    isOverloaded: Bool = false
  ) {
    self.id = id
    self.addresses = addresses
    self.locality = locality
    self.queueSeconds = queueSeconds
    self.isOverloaded = isOverloaded
  }
}

/// A client that needs a data server.
public struct ClientPlace: Hashable, Sendable {
  /// In network byte order.
  public var address: [UInt8]
  public var locality: Locality

  public init(address: [UInt8], locality: Locality) {
    self.address = address
    self.locality = locality
  }
}

/// A candidate with its distance from the client.
public struct RankedCandidate: Hashable, Sendable {
  public var id: UInt64
  public var distance: Distance
}

/// Ranks data servers for clients: nearest first; of equals those that are not overloaded, spread
/// by rendezvous hashing, so that a client keeps its choice while others come and go; and of the
/// best two of them the less busy one, if it is so by far.
public enum Ranking {
  public static func distance(from client: ClientPlace, to candidate: Candidate) -> Distance {
    if candidate.addresses.contains(client.address) { return .sameAddress }
    return Distance(from: client.locality, to: candidate.locality)
  }

  /// All candidates, best first. The order depends on nothing but the arguments.
  public static func ranked(
    _ candidates: some Sequence<Candidate>, for client: ClientPlace
  ) -> [RankedCandidate] {
    let seed = client.address.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    var order = candidates.map { candidate in
      (
        RankedCandidate(id: candidate.id, distance: distance(from: client, to: candidate)),
        candidate.isOverloaded ? 1 : 0, mix(seed ^ mix(candidate.id)), candidate.queueSeconds
      )
    }
    .sorted { one, other in
      (one.0.distance, one.1, one.2, one.0.id) < (other.0.distance, other.1, other.2, other.0.id)
    }
    if order.count >= 2, order[0].0.distance == order[1].0.distance, order[0].1 == order[1].1,
      order[0].3 > 1.5 * order[1].3 + Self.noticeableSeconds
    {
      order.swapAt(0, 1)
    }
    return order.map(\.0)
  }

  /// A difference in waiting that is worth another choice.
  static let noticeableSeconds = 0.1

  /// The best candidate; nil when there is none.
  public static func best(
    _ candidates: some Sequence<Candidate>, for client: ClientPlace
  ) -> RankedCandidate? {
    ranked(candidates, for: client).first
  }

  /// A 64-bit mixer with full avalanche (the finaliser of SplitMix64).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

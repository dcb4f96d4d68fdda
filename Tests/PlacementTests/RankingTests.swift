import Placement
import Testing

private func candidate(_ id: UInt64, _ address: UInt8, _ locality: Locality = Locality())
  -> Candidate
{
  Candidate(id: id, addresses: [[10, 0, 0, address]], locality: locality)
}

private func client(_ host: UInt8, _ locality: Locality = Locality()) -> ClientPlace {
  ClientPlace(address: [10, 0, 0, host], locality: locality)
}

@Suite struct RankingTests {
  @Test("there is no best of none")
  func none() {
    #expect(Ranking.best([], for: client(1)) == nil)
    #expect(Ranking.ranked([], for: client(1)).isEmpty)
  }

  @Test("the data server on the client's own address is first, then node, rack, zone, the rest")
  func nearestFirst() {
    let here = Locality(zone: "z", rack: "r", node: "n")
    let candidates = [
      candidate(5, 5), candidate(4, 4, Locality(zone: "z")),
      candidate(3, 3, Locality(zone: "z", rack: "r")), candidate(2, 2, here), candidate(1, 1),
    ]
    let ranked = Ranking.ranked(candidates, for: client(1, here))
    #expect(ranked.map(\.id) == [1, 2, 3, 4, 5])
    #expect(
      ranked.map(\.distance) == [.sameAddress, .sameNode, .sameRack, .sameZone, .elsewhere])
  }

  @Test("any of a data server's addresses counts, and IPv4 is not IPv6")
  func anyAddress() {
    var two = candidate(1, 1)
    two.addresses.append([10, 0, 0, 9])
    #expect(Ranking.distance(from: client(9), to: two) == .sameAddress)
    let six = ClientPlace(
      address: Array(repeating: 0, count: 12) + [10, 0, 0, 9], locality: Locality())
    #expect(Ranking.distance(from: six, to: two) == .elsewhere)
  }

  @Test("the order of the candidates does not matter")
  func orderIndependent() {
    let candidates = (1...20).map { candidate(UInt64($0), UInt8($0)) }
    let ranked = Ranking.ranked(candidates, for: client(200))
    #expect(Ranking.ranked(candidates.reversed(), for: client(200)) == ranked)
  }

  @Test("a client keeps its choice when others go")
  func stable() throws {
    let candidates = (1...20).map { candidate(UInt64($0), UInt8($0)) }
    for host: UInt8 in 100..<150 {
      let best = try #require(Ranking.best(candidates, for: client(host)))
      for gone in candidates where gone.id != best.id {
        let left = candidates.filter { $0.id != gone.id }
        #expect(Ranking.best(left, for: client(host)) == best)
      }
    }
  }

  @Test("equals are spread over the clients")
  func spread() {
    let candidates = (1...4).map { candidate(UInt64($0), UInt8($0)) }
    var counts: [UInt64: Int] = [:]
    for high: UInt8 in 0..<10 {
      for low: UInt8 in 10..<110 {
        let place = ClientPlace(address: [10, 1, high, low], locality: Locality())
        counts[Ranking.best(candidates, for: place)?.id ?? 0, default: 0] += 1
      }
    }
    #expect(counts.count == 4)
    #expect(counts.values.allSatisfy { (150...350).contains($0) }, "\(counts)")
  }
}

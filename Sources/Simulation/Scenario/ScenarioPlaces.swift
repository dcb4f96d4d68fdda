/// The names by which a scenario calls nodes: the metadata server is node 0, and peers are
/// numbered from 1, rack by rack and zone by zone.
struct ScenarioPlaces: Hashable, Sendable {
  var zoneCount: Int
  var racksPerZone: Int
  var peersPerRack: Int

  /// The node of the metadata server.
  static let mds = 0

  var peerCount: Int { zoneCount * racksPerZone * peersPerRack }
  var rackCount: Int { zoneCount * racksPerZone }

  /// The peers of a rack, which is counted from 0.
  func peers(ofRack rack: Int) -> ClosedRange<Int> {
    rack * peersPerRack + 1...(rack + 1) * peersPerRack
  }

  /// `mds`, `peer-3`, `rack-1` and `zone-1` (their peers), `peers` or `all`.
  func nodes(_ name: String) -> [Int]? {
    switch name {
    case "mds": return [Self.mds]
    case "peers": return Array(1...peerCount)
    case "all": return Array(0...peerCount)
    default: break
    }
    if let peer = Self.number(name, "peer-", peerCount) { return [peer] }
    if let rack = Self.number(name, "rack-", rackCount) { return Array(peers(ofRack: rack - 1)) }
    if let zone = Self.number(name, "zone-", zoneCount) {
      let first = peers(ofRack: (zone - 1) * racksPerZone).lowerBound
      return Array(first..<first + racksPerZone * peersPerRack)
    }
    return nil
  }

  /// The rack of a name, counted from 0.
  func rack(_ name: String) -> Int? { Self.number(name, "rack-", rackCount).map { $0 - 1 } }

  /// Completes "expected …".
  var expected: String {
    "mds, peers, all, peer-1 to peer-\(peerCount), rack-1 to rack-\(rackCount), "
      + "or zone-1 to zone-\(zoneCount)"
  }

  private static func number(_ name: String, _ prefix: String, _ count: Int) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.count)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.first != "0",
      let number = Int(digits), (1...count).contains(number)
    else { return nil }
    return number
  }
}

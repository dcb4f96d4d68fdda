/// Where a machine is: each part narrows the one before it. Nil where nobody said.
public struct Locality: Hashable, Sendable {
  public var zone: String?
  public var rack: String?
  public var node: String?

  public init(zone: String? = nil, rack: String? = nil, node: String? = nil) {
    self.zone = zone
    self.rack = rack
    self.node = node
  }
}

/// How far a data server is from a client; nearer is less.
public enum Distance: Int, Comparable, Sendable {
  /// They have an address in common.
  case sameAddress
  case sameNode
  case sameRack
  case sameZone
  case elsewhere

  public static func < (lhs: Distance, rhs: Distance) -> Bool { lhs.rawValue < rhs.rawValue }

  /// Names count from the outside in: racks of one name in two zones are two racks, where both
  /// zones are known.
  public init(from client: Locality, to server: Locality) {
    let sameZone = Self.same(client.zone, server.zone)
    let zonesDiffer = client.zone != nil && server.zone != nil && !sameZone
    let sameRack = !zonesDiffer && Self.same(client.rack, server.rack)
    let racksDiffer = zonesDiffer || (client.rack != nil && server.rack != nil && !sameRack)
    if !racksDiffer, Self.same(client.node, server.node) {
      self = .sameNode
    } else if sameRack {
      self = .sameRack
    } else if sameZone {
      self = .sameZone
    } else {
      self = .elsewhere
    }
  }

  private static func same(_ one: String?, _ other: String?) -> Bool {
    one != nil && one == other
  }
}

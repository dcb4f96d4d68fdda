/// How far two nodes are from each other, nearest first.
public enum Tier: Int, CaseIterable, Hashable, Comparable, Sendable, Codable {
  /// A node and itself.
  case sameNode
  /// Under one switch.
  case sameRack
  /// In one zone, over two racks' uplinks.
  case sameZone
  /// In two zones, over their uplinks.
  case elsewhere

  /// By distance.
  public static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

/// A value for every ``Tier``.
public struct Tiered<Value> {
  /// Within one node.
  public var sameNode: Value
  /// Within one rack.
  public var sameRack: Value
  /// Between racks of a zone.
  public var sameZone: Value
  /// Between zones.
  public var elsewhere: Value

  /// One value each, from near to far.
  public init(sameNode: Value, sameRack: Value, sameZone: Value, elsewhere: Value) {
    self.sameNode = sameNode
    self.sameRack = sameRack
    self.sameZone = sameZone
    self.elsewhere = elsewhere
  }

  /// The value of a tier.
  public subscript(tier: Tier) -> Value {
    switch tier {
    case .sameNode: sameNode
    case .sameRack: sameRack
    case .sameZone: sameZone
    case .elsewhere: elsewhere
    }
  }

  /// The same tiers with other values.
  public func map<Other>(_ transform: (Value) -> Other) -> Tiered<Other> {
    Tiered<Other>(
      sameNode: transform(sameNode), sameRack: transform(sameRack),
      sameZone: transform(sameZone), elsewhere: transform(elsewhere))
  }
}

extension Tiered: Equatable where Value: Equatable {}
extension Tiered: Hashable where Value: Hashable {}
extension Tiered: Sendable where Value: Sendable {}

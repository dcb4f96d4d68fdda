import NFSv4
import Placement

/// What gossip says of data servers: how busy they are, whether they are about to stop, whether
/// they are there at all.
///
///     in use ─ its queue is above `overloadSeconds` for `overloadCount` reports ─▶ overloaded
///       ▲                                                                            │
///       └────────────── its queue is below `reliefSeconds` ◀─────────────────────────┘
extension MetadataState {
  /// A READ that would wait for so long is better sent elsewhere.
  static var overloadSeconds: Double { 1.0 }
  /// Below this a data server is in use again.
  static var reliefSeconds: Double { 0.2 }
  /// Reports in a row, about a second apart, that it takes: a burst is no overload.
  static var overloadCount: Int { 3 }

  /// A member of the cluster says how busy it is.
  /// - Returns: recalls of layouts that choose it for clients that have another data server as
  ///   near, if it has just become overloaded.
  public mutating func setLoad(
    member: UInt64, queueSeconds: Double, now: Duration
  ) -> [MetadataDirective] {
    guard let id = dataServer(member: member), var server = dataServers[id] else { return [] }
    server.queueSeconds = queueSeconds
    server.busyReports = queueSeconds >= Self.overloadSeconds ? server.busyReports + 1 : 0
    let wasOverloaded = server.isOverloaded
    if server.busyReports >= Self.overloadCount { server.isOverloaded = true }
    if queueSeconds <= Self.reliefSeconds { server.isOverloaded = false }
    dataServers[id] = server
    guard server.isOverloaded, !wasOverloaded else { return [] }
    let hasEqual = dataServers.values.contains { other in
      other.id != id && other.isReachable && !other.isDraining && !other.isOverloaded
        && Distance(from: other.locality, to: server.locality) <= .sameRack
    }
    guard hasEqual else { return [] }
    // A client's own node is nearer than any other, however busy it is.
    let moved = layouts.values.filter { $0.dataServer == id && $0.distance > .sameNode }
    return recallLayouts(moved.map(\.stateid.other), now: now)
  }

  /// A member is about to stop, is not to be trusted, or does not answer the others any more: no
  /// new layout names it, and those that do are recalled. Or it is in use again.
  public mutating func setDraining(
    _ isDraining: Bool, member: UInt64, now: Duration
  ) -> [MetadataDirective] {
    guard let id = dataServer(member: member), dataServers[id]?.isDraining != isDraining else {
      return []
    }
    dataServers[id]?.isDraining = isDraining
    registryGeneration &+= 1
    return isDraining ? recallLayouts(layouts(naming: id), now: now) : []
  }

  /// The data server that a member of the cluster is.
  private func dataServer(member: UInt64) -> UInt64? {
    guard member != 0 else { return nil }
    return dataServers.values.first { $0.member == member }?.id
  }
}

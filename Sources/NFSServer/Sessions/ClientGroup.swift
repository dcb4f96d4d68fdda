import Collections
import NFSv4

/// Clients that share a bound: all of one address, or all there are. Knows in which order they can
/// make room for others.
struct ClientGroup: Sendable {
  /// Clients of the group.
  private(set) var count = 0
  /// Those that may not be confirmed, oldest first. Who is gone or confirmed is passed over.
  private var unconfirmed = Deque<Clientid4>()
  /// Those that may have no session, longest first. Who is gone or has one is passed over.
  private var idle = Deque<Clientid4>()

  /// Looks at so many idle clients at most for one that holds no state.
  static let idleLookLimit = 16

  mutating func add(_ clientid: Clientid4, isUnconfirmed: (Clientid4) -> Bool) {
    count += 1
    Self.append(clientid, to: &unconfirmed, count, where: isUnconfirmed)
  }

  mutating func becameIdle(_ clientid: Clientid4, isIdle: (Clientid4) -> Bool) {
    Self.append(clientid, to: &idle, count, where: isIdle)
  }

  mutating func remove() { count -= 1 }

  /// Takes the oldest client that is not confirmed.
  mutating func nextUnconfirmed(isUnconfirmed: (Clientid4) -> Bool) -> Clientid4? {
    while let clientid = unconfirmed.popFirst() {
      if isUnconfirmed(clientid) { return clientid }
    }
    return nil
  }

  /// Takes the client that has been without a session for longest, of those that hold no state.
  mutating func nextIdle(
    isIdle: (Clientid4) -> Bool, hasState: (Clientid4) -> Bool
  ) -> Clientid4? {
    var looks = 0
    while looks < Self.idleLookLimit, let clientid = idle.popFirst() {
      guard isIdle(clientid) else { continue }
      guard hasState(clientid) else { return clientid }
      idle.append(clientid)
      looks += 1
    }
    return nil
  }

  /// Those that are passed over go when there are more of them than others.
  private static func append(
    _ clientid: Clientid4, to queue: inout Deque<Clientid4>, _ count: Int,
    where isStill: (Clientid4) -> Bool
  ) {
    if queue.count >= 2 * count + 16 { queue.removeAll { !isStill($0) } }
    queue.append(clientid)
  }
}

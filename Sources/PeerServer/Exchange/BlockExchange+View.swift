import Admin
import BlockCache
import ClusterTransport
import Contents
import Membership
import Placement

/// What gossip says, and what is said to it.
extension BlockExchange: ClusterView {
  var now: Duration { MonotonicClock.now() }

  func insert(_ member: Neighbor) {
    state.withLock { $0.exchange.insert(member) }
  }

  func remove(_ id: MemberID) {
    carryOut(
      change { exchange, random, now in exchange.remove(id, now: now, random: &random) })
  }

  func setOrigin(_ id: MemberID, locality: Locality) {
    state.withLock { $0.exchange.setOrigin(id, locality: locality) }
  }

  func setLoad(_ id: MemberID, capacity: Double, queueSeconds: Double) {
    state.withLock { $0.exchange.setLoad(id, capacity: capacity, queueSeconds: queueSeconds) }
  }

  func withContents<Value: Sendable>(_ body: (inout ContentsView) -> Value) -> Value {
    state.withLock { body(&$0.exchange.contents) }
  }

  func takeDelta(limitBytes: Int) -> [UInt8]? {
    forgetWhatWent()
    return state.withLock { $0.holdings.takeDelta(limitBytes: limitBytes) }
  }

  func announcement() -> [UInt8]? {
    state.withLock { state in
      state.holdings.hasNews || state.holdings.blockCount == 0 ? nil : state.holdings.announcement
    }
  }

  /// In a large cluster only those nearby: the others' contents are for the homes to know.
  func wantsContents(of member: MemberID) -> Bool {
    state.withLock { state in
      let neighborhood = state.exchange.neighborhood
      return neighborhood.members.count <= Self.eagerLimit
        || neighborhood.distance(to: member) <= .sameRack
    }
  }

  /// What the disk cache let go is not held any more, unless RAM still has it.
  private func forgetWhatWent() {
    let gone: [BlockKey]
    if let some = store.takeForgotten() {
      gone = some
    } else {
      let left = Set(store.heldKeys())
      gone = state.withLock { $0.holdings.keys }.filter { !left.contains($0) }
    }
    for key in gone where recent.withLock({ $0[key] == nil }) && !store.contains(key) {
      state.withLock { _ = $0.holdings.remove(key) }
    }
  }

  func load() -> MemberLoad {
    let now = now
    let waiting = state.withLock { ($0.exchange.wantedCount, $0.exchange.waitingCount) }
    let rates = rates.withLock { rates in
      rates.sample(
        sentBytes: counters.sentBytes.load(ordering: .relaxed),
        receivedBytes: counters.takenBytes.load(ordering: .relaxed)
          + counters.fetchedBytes.load(ordering: .relaxed),
        isBusy: waiting.0 >= 8 || waiting.1 >= 4, now: now)
    }
    setLoad(
      state.withLock { $0.exchange.neighborhood.own }, capacity: rates.capacity, queueSeconds: 0)
    let queue = state.withLock { state in
      state.exchange.queueSeconds(at: rates.capacity > 0 ? rates.capacity : 12_500_000)
    }
    return MemberLoad(
      egressBytesPerSecond: UInt64(rates.egress), capacityBytesPerSecond: UInt64(rates.capacity),
      inFlightBytes: UInt64(waiting.1 * blockBytes),
      queueMilliseconds: UInt32(clamping: Int(queue * 1000)))
  }
}

extension Holdings {
  /// Every block that is held. Takes memory for all of the keys.
  fileprivate var keys: [BlockKey] {
    versions.flatMap { version in
      blocks(of: version).runs.flatMap { run in
        (run.first...run.last).map { BlockKey(version: version, index: $0) }
      }
    }
  }
}

extension BlockExchange {
  /// What goes on, for people.
  var account: JSONValue {
    state.withLock { state in
      let exchange = state.exchange
      return [
        "blocks_wanted": .int(exchange.wantedCount),
        "blocks_others_wait_for": .int(exchange.waitingCount),
        "blocks_to_send": .int(exchange.queuedCount),
        "sources_asked": .int(exchange.sourcesAsked.count),
        "sources_left": .int(exchange.leftCount), "circles_broken": .int(exchange.circleCount),
        "members_serving": .int(exchange.neighborhood.members.values.count { $0.isServing }),
        "blocks_held": .int(state.holdings.blockCount),
        "contents_members": .int(exchange.contents.members.count),
        "draining": .bool(exchange.isDraining),
      ]
    }
  }

  /// What did not go as it should: sources left, homes that did not answer, blocks asked of the
  /// metadata server as a last resort.
  var counts: (left: Int, unanswered: Int, lastResort: Int) {
    state.withLock {
      ($0.exchange.leftCount, $0.exchange.unansweredCount, $0.exchange.lastResortCount)
    }
  }
}

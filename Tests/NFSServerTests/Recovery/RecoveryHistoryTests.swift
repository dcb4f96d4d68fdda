import NFSServer
import NFSv4
import Testing

/// Random histories of clients and restarts against a model that knows what is true: what each
/// client believes to hold, and whether that was its own all the time.
@Suite struct RecoveryHistoryTests {
  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      return value ^ (value >> 31)
    }
  }

  /// One file, which a client holds alone or many share; clients that come and go; a server that is
  /// killed between any two steps, and a disk that takes some changes and fails with others.
  private struct World {
    static let lease = Duration.seconds(90)

    enum Held { case shared, alone }

    struct Client {
      /// What it believes to hold. Cleared when it learns that it is gone.
      var belief: Held?
      /// Others were granted what conflicts with that, whether it knows or not.
      var isLost = false
      /// The running server has taken it away.
      var isRevoked = false
      /// The server knows it since its start.
      var isKnown = false
      var hasCompleted = false
      var lastSeen = Duration.zero
    }

    var random: SplitMix
    var now = Duration.zero
    var clients = [Client](repeating: Client(), count: 4)
    var disk: [ReclaimKey: ReclaimRecord] = [:]
    /// What the running server has granted.
    var granted: [Int: Held] = [:]
    var ledger: ReclaimLedger
    var reclaims = 0
    var failures: [String] = []

    init(seed: UInt64) {
      random = SplitMix(state: seed)
      ledger = ReclaimLedger(history: ReclaimHistory(), leaseSeconds: 90, now: .zero)
    }

    func key(_ client: Int) -> ReclaimKey { ReclaimKey(ownerid: [UInt8(client)], uid: 0) }

    mutating func store() -> Bool {
      let (changes, last) = ledger.takeQueued()
      guard Int.random(in: 0..<5, using: &random) != 0 else {
        ledger.requeue(changes)
        return false
      }
      for change in changes {
        switch change {
        case .put(let record): disk[record.key] = record
        case .remove(let key): disk[key] = nil
        }
      }
      ledger.stored(upTo: last)
      return true
    }

    mutating func step() {
      now += .seconds(Int.random(in: 0...20, using: &random))
      expire()
      ledger.advance(now: now)
      let client = Int.random(in: 0..<clients.count, using: &random)
      switch Int.random(in: 0..<20, using: &random) {
      case 0: restart()
      case 1: _ = store()
      case 2: revoke(client)
      case 3..<8: visit(client) { $0.reclaim(client) }
      case 8..<11: visit(client) { $0.complete(client) }
      case 11..<14: visit(client) { $0.acquire(client, .shared) }
      case 14..<17: visit(client) { $0.acquire(client, .alone) }
      case 17: visit(client) { $0.release(client) }
      default: visit(client) { _ in }
      }
    }

    mutating func restart() {
      granted = [:]
      for index in clients.indices {
        clients[index].isKnown = false
        clients[index].hasCompleted = false
        clients[index].isRevoked = false
      }
      ledger = ReclaimLedger(
        history: ReclaimHistory(records: Array(disk.values), leaseSeconds: 90), leaseSeconds: 90,
        now: now)
    }

    mutating func expire() {
      for (index, client) in clients.enumerated()
      where client.isKnown && now - client.lastSeen > Self.lease {
        clients[index].isKnown = false
        clients[index].hasCompleted = false
        granted[index] = nil
        ledger.gone(key(index))
      }
    }

    mutating func revoke(_ client: Int) {
      guard granted[client] != nil else { return }
      granted[client] = nil
      clients[client].isRevoked = true
      ledger.revoked(key(client))
    }

    /// The client reaches the server: makes itself known, learns what it has lost.
    mutating func visit(_ index: Int, _ body: (inout World) -> Void) {
      clients[index].lastSeen = now
      clients[index].isKnown = true
      // SEQUENCE tells it of revocations while the server is the one that revoked.
      if clients[index].isRevoked, clients[index].hasCompleted {
        forget(index)
        ledger.acknowledged(key(index))
      }
      body(&self)
    }

    mutating func forget(_ index: Int) {
      clients[index].belief = nil
      clients[index].isLost = false
      clients[index].isRevoked = false
    }

    mutating func reclaim(_ index: Int) {
      guard let belief = clients[index].belief, granted[index] == nil,
        !clients[index].hasCompleted
      else { return }
      do throws(Nfsstat4) {
        try ledger.grace.admit(.reclaim, by: key(index))
      } catch {
        // It learns that it has nothing.
        forget(index)
        return
      }
      reclaims += 1
      if clients[index].isLost { failures.append("client \(index) reclaimed what it had lost") }
      let others = granted.filter { $0.key != index }.values
      if belief == .alone ? !others.isEmpty : others.contains(.alone) {
        failures.append("client \(index) reclaimed what conflicts")
      }
      granted[index] = belief
    }

    mutating func complete(_ index: Int) {
      guard !clients[index].hasCompleted else { return }
      clients[index].hasCompleted = true
      // What it did not reclaim, it gives up.
      if granted[index] == nil { forget(index) }
      ledger.complete(key(index))
    }

    mutating func acquire(_ index: Int, _ wanted: Held) {
      guard clients[index].hasCompleted, clients[index].belief == nil, granted[index] == nil,
        (try? ledger.grace.admit(wanted == .alone ? .exclude : .share, by: key(index))) != nil
      else { return }
      let change = ledger.hold(key(index), excludesReaders: wanted == .alone)
      guard ledger.isStored(change) || store() else { return }
      guard wanted == .alone ? granted.isEmpty : !granted.values.contains(.alone) else { return }
      granted[index] = wanted
      clients[index].belief = wanted
      // Whoever still believes in what conflicts has lost it.
      for other in clients.indices where other != index && granted[other] == nil {
        if let belief = clients[other].belief, belief == .alone || wanted == .alone {
          clients[other].isLost = true
        }
      }
    }

    mutating func release(_ index: Int) {
      guard granted[index] != nil else { return }
      granted[index] = nil
      forget(index)
    }
  }

  @Test("nobody reclaims what was taken from it, or what conflicts, in 2000 histories")
  func histories() {
    var reclaims = 0
    for seed in 0..<2000 {
      var world = World(seed: UInt64(seed))
      for _ in 0..<150 where world.failures.isEmpty { world.step() }
      #expect(world.failures.isEmpty, "seed \(seed)")
      reclaims += world.reclaims
    }
    // Or nothing was shown.
    #expect(reclaims > 2000)
  }

  @Test("the model finds out a disk that keeps the records of those who did not come")
  func control() {
    var found = 0
    for seed in 0..<500 {
      var world = World(seed: UInt64(seed))
      for _ in 0..<150 {
        world.step()
        // What a removal should have taken away stays.
        for index in world.clients.indices where world.clients[index].belief != nil {
          world.disk[world.key(index)] = ReclaimRecord(key: world.key(index))
        }
      }
      if !world.failures.isEmpty { found += 1 }
    }
    #expect(found > 20)
  }
}

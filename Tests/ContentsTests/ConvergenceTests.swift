import BlockCache
import Membership
import Testing

@testable import Contents

/// Eight nodes that gossip over a network that loses, delays, repeats and reorders, and learn the
/// rest from each other.
private struct Cluster {
  static let size = 8

  var generator: SeededGenerator
  var holdings: [Holdings]
  var views: [ContentsView]
  /// Blocks that each node holds, kept otherwise.
  var truth: [[FileVersion: Set<UInt32>]]
  /// Payloads on their way: sender, receiver, bytes.
  var flying: [(from: Int, to: Int, bytes: [UInt8])] = []
  var now = Duration.zero
  var lifetimes: UInt64 = 0
  var pulls = 0

  init(seed: UInt64, limits: HoldingsLimits) {
    generator = SeededGenerator(seed: seed)
    holdings = (0..<Self.size).map { Holdings(generation: UInt64($0) + 1000, limits: limits) }
    views = (0..<Self.size).map { ContentsView(own: MemberID(rawValue: UInt64($0))) }
    truth = Array(repeating: [:], count: Self.size)
  }

  func id(_ node: Int) -> MemberID { MemberID(rawValue: UInt64(node)) }

  mutating func random(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

  mutating func step() throws {
    now += .milliseconds(50)
    for node in 0..<Self.size {
      for _ in 0..<random(6) { change(node) }
      if random(3) == 0 { gossip(node) }
    }
    try deliver()
    if random(4) == 0 { try synchronise(random(Self.size)) }
    if random(200) == 0 { restart(random(Self.size)) }
    if random(150) == 0 { lose(random(Self.size)) }
  }

  private mutating func change(_ node: Int) {
    let version = version(UInt64(random(12)), change: UInt64(random(2)))
    let first = UInt32(random(random(2) == 0 ? 70 : 3000))
    for index in first..<(first + UInt32(random(10))) {
      let key = BlockKey(version: version, index: index)
      if random(100) < 60 {
        holdings[node].insert(key)
        truth[node][version, default: []].insert(index)
      } else {
        holdings[node].remove(key)
        truth[node][version]?.remove(index)
      }
    }
    guard random(60) == 0 else { return }
    holdings[node].removeVersion(version)
    truth[node][version] = nil
  }

  private mutating func gossip(_ node: Int) {
    let delta = holdings[node].takeDelta(limitBytes: 100 + random(800))
    let payload = delta ?? (random(4) == 0 ? holdings[node].announcement : nil)
    guard let bytes = payload else { return }
    for other in 0..<Self.size where other != node && random(100) < 80 {
      flying.append((node, other, bytes))
      if random(20) == 0 { flying.append((node, other, bytes)) }
    }
  }

  /// Lets some of what is on its way arrive, in any order.
  private mutating func deliver() throws {
    flying.shuffle(using: &generator)
    let later = flying.count / 3
    for (from, to, bytes) in flying.dropFirst(later) {
      _ = try views[to].apply(bytes, from: id(from), now: now)
    }
    flying.removeLast(flying.count - later)
  }

  /// One node asks those it should, over a wire that may fail; the owner goes on meanwhile.
  private mutating func synchronise(_ node: Int) throws {
    for member in views[node].needsSync(now: now, limit: 2) {
      guard var pull = views[node].beginPull(from: member, now: now) else { continue }
      pulls += 1
      let owner = Int(member.rawValue)
      while let request = pull.request {
        guard random(30) > 0 else {
          views[node].abandon(&pull, now: now)
          break
        }
        let answer = holdings[owner].answer(try AntiEntropyRequest(decoding: request.encoded))
        if random(4) == 0 { change(owner) }
        if random(4) == 0, let bytes = holdings[owner].takeDelta(limitBytes: 500) {
          _ = try views[node].apply(bytes, from: member, now: now)
        }
        let decoded = try AntiEntropyResponse(decoding: answer.encoded)
        try views[node].receive(decoded, in: &pull, now: now)
      }
    }
  }

  /// A node stops and starts with what its disk holds; nobody noticed.
  private mutating func restart(_ node: Int) {
    lifetimes += 1
    holdings[node] = Holdings(
      generation: 5000 + lifetimes, limits: holdings[node].limits)
    let blocks = truth[node].flatMap { version, indices in
      indices.map { BlockKey(version: version, index: $0) }
    }
    holdings[node].load(blocks)
  }

  /// A node is taken for dead by another one.
  private mutating func lose(_ node: Int) { views[node].forget(id(random(Self.size))) }

  /// Everything is told, nothing is lost any more, and time passes: everybody knows the truth.
  mutating func settle() throws {
    for node in 0..<Self.size {
      while let bytes = holdings[node].takeDelta(limitBytes: 900) {
        for other in 0..<Self.size where other != node { flying.append((node, other, bytes)) }
      }
    }
    while !flying.isEmpty { try deliver() }
    for _ in 0..<4 {
      now += .seconds(120)
      for node in 0..<Self.size {
        for other in 0..<Self.size where other != node {
          _ = try views[node].apply(holdings[other].announcement, from: id(other), now: now)
        }
        for member in views[node].needsSync(now: now + .seconds(60)) {
          try views[node].pull(
            member, from: holdings[Int(member.rawValue)], now: now + .seconds(60))
        }
      }
    }
  }
}

@Suite struct ConvergenceTests {
  @Test("whatever was lost, everybody ends up with the truth about everybody", arguments: 1...12)
  func converges(seed: UInt64) throws {
    let limits =
      seed % 3 == 0
      ? HoldingsLimits(pendingVersions: 6, pendingWordsPerVersion: 8, digests: 2)
      : HoldingsLimits()
    var cluster = Cluster(seed: seed, limits: limits)
    for _ in 0..<120 { try cluster.step() }
    try cluster.settle()
    #expect(cluster.pulls > 0, "seed \(seed)")
    for node in 0..<Cluster.size {
      let truth = cluster.truth[node].filter { !$0.value.isEmpty }
      #expect(Set(cluster.holdings[node].versions) == Set(truth.keys), "seed \(seed)")
      for other in 0..<Cluster.size where other != node {
        let view = cluster.views[other]
        let id = cluster.id(node)
        #expect(view.isExact(id), "seed \(seed), node \(node), seen by \(other)")
        #expect(view.root(of: id) == cluster.holdings[node].summary.root, "seed \(seed)")
        for (version, indices) in truth {
          let seen = view.blocks(of: version, announcedBy: id)
          #expect(seen.indices == indices.sorted(), "seed \(seed)")
        }
        // Agreed, so the next comparison is one small message.
        let pull = try cluster.views[other].pull(id, from: cluster.holdings[node], now: cluster.now)
        #expect(pull.messages == 1 && pull.bytes == 34, "seed \(seed)")
      }
    }
  }

  @Test("the same seed gives the same view, to the byte")
  func deterministic() throws {
    var results: [[UInt64]] = []
    for _ in 0..<2 {
      var cluster = Cluster(seed: 3, limits: HoldingsLimits(pendingVersions: 6))
      for _ in 0..<60 { try cluster.step() }
      results.append(
        cluster.views.flatMap { view in view.members.map { view.root(of: $0) } }
          + cluster.views.map { UInt64($0.approximateBytes) })
    }
    #expect(results[0] == results[1])
  }
}

import Membership
import Testing

private func isFailed(_ event: SwimDirective) -> Bool {
  if case .failed = event { true } else { false }
}

@Suite struct PartitionTests {
  @Test(
    "two sides of a partition lose each other, find each other again, and agree",
    arguments: [1, 2] as [UInt64])
  func heals(seed: UInt64) {
    let cluster = VirtualCluster(12, seed: seed)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    cluster.isCut = { ($0 < 4) != ($1 < 4) }
    #expect(
      cluster.run(atMost: .seconds(120)) { cluster in
        cluster.nodes.indices.allSatisfy {
          cluster.nodes[$0].swim.memberCount == ($0 < 4 ? 3 : 7)
        }
      }, "seed \(seed)")
    for index in cluster.nodes.indices { cluster.nodes[index].events = [] }
    cluster.isCut = { _, _ in false }
    #expect(cluster.run(atMost: .seconds(60)) { $0.isComplete }, "seed \(seed)")
    cluster.run(for: .seconds(30))
    // Nobody died of the other side's memories.
    #expect(cluster.isComplete)
    #expect(cluster.count(isFailed) == 0, "seed \(seed)")
  }

  @Test("a partition of an hour heals, too")
  func long() {
    var settings = SwimSettings.lan
    settings.probeInterval = .seconds(10)
    settings.syncInterval = .seconds(60)
    settings.reviveInterval = .seconds(30)
    let cluster = VirtualCluster(4, seed: 3, settings: settings)
    #expect(cluster.joinAll())
    cluster.isCut = { ($0 < 2) != ($1 < 2) }
    cluster.run(for: .seconds(3600))
    #expect(cluster.nodes.allSatisfy { $0.swim.memberCount == 1 })
    cluster.isCut = { _, _ in false }
    #expect(cluster.run(atMost: .seconds(300)) { $0.isComplete })
  }

  @Test("what one side learned during the partition reaches the other by anti-entropy")
  func learned() {
    let cluster = VirtualCluster(8, seed: 4)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    cluster.isCut = { ($0 < 4) != ($1 < 4) }
    cluster.call(6) { $0.leave(now: cluster.now, random: &$1) }
    cluster.run(for: .seconds(2))
    cluster.nodes[6].isUp = false
    cluster.isCut = { ($0 < 4) != ($1 < 4) && max($0, $1) < 8 }
    cluster.add(record(8))
    cluster.join(8, 7)
    cluster.run(for: .seconds(3))
    cluster.isCut = { _, _ in false }
    #expect(cluster.run(atMost: .seconds(60)) { $0.isComplete })
  }

  @Test("who hears no news at all gets the list by comparing it")
  func noNews() {
    let cluster = VirtualCluster(40, seed: 5)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    var deaf = true
    cluster.isCut = { $1 == 7 && deaf && $0 != 7 }
    for index in 40..<46 {
      cluster.add(record(index))
      cluster.join(index, 0)
    }
    cluster.run(for: .seconds(2))
    deaf = false
    #expect(cluster.run(atMost: .seconds(30)) { $0.isComplete })
    #expect(cluster.nodes.contains { $0.swim.statistics.syncsThatDiffered > 0 })
  }

  @Test("lists that agree cost two small datagrams to compare")
  func agreeing() {
    var settings = SwimSettings.lan
    settings.probeInterval = .seconds(1000)
    let cluster = VirtualCluster(10, seed: 6, settings: settings)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(20))
    let before = cluster.nodes.map(\.sentBytes).reduce(0, +)
    let datagrams = cluster.nodes.map(\.sentDatagrams).reduce(0, +)
    cluster.run(for: .seconds(100))
    let bytes = cluster.nodes.map(\.sentBytes).reduce(0, +) - before
    let count = cluster.nodes.map(\.sentDatagrams).reduce(0, +) - datagrams
    #expect((150...250).contains(count), "\(count) datagrams")
    #expect(bytes < count * 105, "\(bytes) bytes")
  }
}

import Membership
import Testing

@Suite struct FailureDetectionTests {
  @Test(
    "a crash is known everywhere within the time the settings promise",
    arguments: [(3, 11), (8, 12), (24, 13)] as [(Int, UInt64)])
  func crash(count: Int, seed: UInt64) throws {
    let cluster = VirtualCluster(count, seed: seed)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(5))
    let victim = count - 1
    cluster.nodes[victim].isUp = false
    let start = cluster.now
    #expect(cluster.run(atMost: .seconds(60)) { $0.isComplete })
    for index in 0..<victim {
      let at = try #require(cluster.time(index) { $0 == .failed(cluster.id(victim)) })
      // Probed at last by somebody, suspected, and confirmed by others.
      #expect(at - start < .seconds(14), "node \(index) after \(at - start), seed \(seed)")
      #expect(at - start > .seconds(4), "node \(index) after \(at - start), seed \(seed)")
    }
    #expect(cluster.count { if case .failed = $0 { true } else { false } } == victim)
  }

  @Test("the last other member is detected, too")
  func pair() {
    let cluster = VirtualCluster(2, seed: 21)
    #expect(cluster.joinAll())
    cluster.nodes[1].isUp = false
    #expect(cluster.run(atMost: .seconds(10)) { $0.nodes[0].swim.memberCount == 0 })
    #expect(
      cluster.nodes[0].events.map(\.event).suffix(2) == [
        .suspected(cluster.id(1)), .failed(cluster.id(1)),
      ])
  }

  @Test("a member behind a one-way cut is saved by those who reach it")
  func oneWayCut() {
    let cluster = VirtualCluster(6, seed: 22)
    #expect(cluster.joinAll())
    cluster.isCut = { $0 == 0 && $1 == 1 }
    cluster.run(for: .seconds(60))
    #expect(cluster.nodes[0].swim.statistics.probesSavedByOthers > 5)
    #expect(cluster.nodes[0].swim.statistics.probesFailed == 0)
    #expect(cluster.count { if case .suspected = $0 { true } else { false } } == 0)
  }

  @Test("a member that one other cannot reach at all is not dead")
  func cutBothWays() {
    let cluster = VirtualCluster(6, seed: 23)
    #expect(cluster.joinAll())
    cluster.isCut = { ($0, $1) == (0, 1) || ($0, $1) == (1, 0) }
    cluster.run(for: .seconds(60))
    #expect(cluster.count { if case .failed = $0 { true } else { false } } == 0)
  }

  @Test("a fifth of all datagrams lost kills nobody", arguments: [31, 32, 33] as [UInt64])
  func loss(seed: UInt64) {
    let cluster = VirtualCluster(12, seed: seed)
    #expect(cluster.joinAll())
    cluster.loss = 0.2
    cluster.run(for: .seconds(60))
    #expect(cluster.count { if case .failed = $0 { true } else { false } } == 0, "seed \(seed)")
  }

  @Test(
    "busy processors kill nobody: ticks and datagrams that wait up to two seconds for ten minutes",
    arguments: [41, 42, 43, 44] as [UInt64])
  func busy(seed: UInt64) {
    let cluster = VirtualCluster(8, seed: seed)
    #expect(cluster.joinAll())
    for _ in 0..<1200 {
      for index in cluster.nodes.indices
      where cluster.nodes[index].busyUntil <= cluster.now
        && Int.random(in: 0..<4, using: &cluster.random) == 0
      {
        let pause = Duration.seconds(2) * Double.random(in: 0..<1, using: &cluster.random)
        cluster.nodes[index].busyUntil = cluster.now + pause
      }
      cluster.run(for: .milliseconds(500))
    }
    #expect(cluster.nodes.contains { $0.swim.statistics.lateCalls > 100 })
    #expect(cluster.count { if case .failed = $0 { true } else { false } } == 0, "seed \(seed)")
  }

  @Test("a process that was stopped finds nobody dead but those who are")
  func stopped() {
    let cluster = VirtualCluster(5, seed: 24)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(5))
    cluster.nodes[0].busyUntil = cluster.now + .seconds(90)
    cluster.nodes[0].events = []
    cluster.run(for: .seconds(40))
    #expect(cluster.nodes[1].swim.member(cluster.id(0)) == nil)
    cluster.nodes[4].isUp = false
    #expect(cluster.run(atMost: .seconds(90)) { $0.isComplete })
    let failed = cluster.nodes[0].events.map(\.event).filter {
      if case .failed = $0 { true } else { false }
    }
    #expect(failed == [.failed(cluster.id(4))])
  }

  @Test("a clock that jumps an hour forward, or stands still, changes nothing")
  func clockJump() {
    let cluster = VirtualCluster(4, seed: 25)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(5))
    for index in cluster.nodes.indices { cluster.nodes[index].events = [] }
    cluster.jump(by: .seconds(3600))
    cluster.run(for: .seconds(20))
    cluster.call(0) { $0.tick(now: cluster.now - .seconds(3600), random: &$1) }
    cluster.run(for: .seconds(20))
    #expect(cluster.isComplete)
    #expect(cluster.nodes.allSatisfy { $0.events.isEmpty })
  }

  @Test("who gets no answers from anybody trusts himself less")
  func localHealth() {
    let cluster = VirtualCluster(6, seed: 26)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(5))
    #expect(cluster.nodes[0].swim.localHealth == 0)
    cluster.isCut = { $1 == 0 && $0 != 0 }
    cluster.run(for: .seconds(6))
    #expect(cluster.nodes[0].swim.localHealth > 2)
    cluster.isCut = { _, _ in false }
    #expect(cluster.run(atMost: .seconds(120)) { $0.nodes[0].swim.localHealth == 0 })
    #expect(cluster.run(atMost: .seconds(60)) { $0.isComplete })
  }

  @Test("round-trip times are measured")
  func roundTrips() throws {
    let cluster = VirtualCluster(3, seed: 27)
    cluster.latency = .milliseconds(10)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(10))
    let time = try #require(cluster.nodes[0].swim.member(cluster.id(1))?.roundTrip)
    #expect(time > .milliseconds(20) && time < .milliseconds(40))
  }
}

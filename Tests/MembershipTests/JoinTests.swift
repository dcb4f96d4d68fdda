import Membership
import Testing

@Suite struct JoinTests {
  @Test("nobody answers: the seed is asked again, less and less often, and no more than that")
  func nobody() {
    let cluster = VirtualCluster(2, seed: 1)
    cluster.nodes[0].isUp = false
    cluster.join(1, 0)
    cluster.run(for: .seconds(100))
    let few = cluster.nodes[1].sentDatagrams
    #expect(few > 5 && few < 20)
    cluster.restart(0, boot: 5)
    #expect(cluster.run(atMost: .seconds(60)) { $0.isComplete })
  }

  @Test("any member is a seed")
  func anySeed() {
    let cluster = VirtualCluster(6, seed: 2)
    for index in 1..<6 { cluster.join(index, index - 1) }
    #expect(cluster.run(atMost: .seconds(10)) { $0.isComplete })
    for index in 0..<6 {
      let known = cluster.nodes[index].swim.members.map(\.record)
      #expect(Set(known) == Set((0..<6).filter { $0 != index }.map { record($0) }))
    }
  }

  @Test("everybody starts at once and knows everybody within four seconds", arguments: [16, 64])
  func everybody(count: Int) {
    let cluster = VirtualCluster(count, seed: 3)
    #expect(cluster.joinAll(within: .seconds(4)))
    #expect(cluster.count { if case .failed = $0 { true } else { false } } == 0)
  }

  @Test("300 members converge, and their seed spends little on it")
  func many() {
    var settings = SwimSettings.lan
    settings.retransmitMultiplier = 1
    let cluster = VirtualCluster(300, seed: 4, settings: settings)
    #expect(cluster.joinAll(within: .seconds(10)))
    let mean = cluster.nodes.map(\.sentBytes).reduce(0, +) / 300
    #expect(cluster.nodes[0].sentBytes < 8 * mean)
  }

  @Test("with a fifth of all datagrams lost everybody gets to know everybody")
  func loss() {
    let cluster = VirtualCluster(16, seed: 5)
    cluster.loss = 0.2
    #expect(cluster.joinAll(within: .seconds(60)))
  }

  @Test("two clusters that were started apart find each other through a seed")
  func apart() {
    let cluster = VirtualCluster(6, seed: 6)
    cluster.isCut = { ($0 < 3) != ($1 < 3) }
    for index in 1..<6 { cluster.join(index, 0, 3) }
    cluster.run(for: .seconds(30))
    #expect(cluster.nodes[0].swim.memberCount == 2)
    #expect(cluster.nodes[5].swim.memberCount == 2)
    cluster.isCut = { _, _ in false }
    #expect(cluster.run(atMost: .seconds(120)) { $0.isComplete })
  }

  @Test("who leaves is gone at once, and nobody calls it dead")
  func leave() {
    let cluster = VirtualCluster(12, seed: 7)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(2))
    cluster.call(5) { $0.leave(now: cluster.now, random: &$1) }
    #expect(cluster.run(atMost: .seconds(1)) { $0.nodes[5].swim.hasLeft })
    cluster.nodes[5].isUp = false
    #expect(cluster.run(atMost: .seconds(1)) { $0.isComplete })
    cluster.run(for: .seconds(20))
    #expect(cluster.count { $0 == .left(cluster.id(5)) } == 11)
    #expect(cluster.count { if case .failed = $0 { true } else { false } } == 0)
    #expect(cluster.count { if case .suspected = $0 { true } else { false } } == 0)
    #expect(cluster.isComplete)
  }

  @Test("who knows nobody has left as soon as he says so")
  func leaveAlone() {
    let cluster = VirtualCluster(1, seed: 8)
    cluster.call(0) { $0.leave(now: cluster.now, random: &$1) }
    #expect(cluster.nodes[0].swim.hasLeft)
  }

  @Test("who left can come back")
  func comeBack() {
    let cluster = VirtualCluster(5, seed: 9)
    #expect(cluster.joinAll())
    cluster.call(4) { $0.leave(now: cluster.now, random: &$1) }
    cluster.run(for: .seconds(3))
    cluster.restart(4, boot: 77)
    cluster.join(4, 0)
    #expect(cluster.run(atMost: .seconds(5)) { $0.isComplete })
    #expect(cluster.nodes[1].swim.member(cluster.id(4))?.record.boot == 77)
  }

  @Test("a member that speaks none of our versions is refused and counted, on both sides")
  func versions() {
    let cluster = VirtualCluster(2, seed: 10)
    var strange = record(2)
    strange.versions = VersionRange(minimum: 2, maximum: 4)
    cluster.add(strange)
    cluster.join(1, 0)
    cluster.join(2, 0)
    cluster.run(for: .seconds(20))
    #expect(cluster.nodes.map(\.swim.memberCount) == [1, 1, 0])
    #expect(cluster.nodes[0].swim.statistics.versionsRefused > 0)
    #expect(cluster.nodes[2].swim.statistics.versionsRefused > 0)
    #expect(cluster.nodes[0].sentDatagrams < 200)
  }

  @Test("beyond the limit members are refused and counted; dead ones make room")
  func limit() {
    var settings = SwimSettings.lan
    settings.memberLimit = 4
    let cluster = VirtualCluster(8, seed: 11, settings: settings)
    for index in 1..<8 { cluster.join(index, 0) }
    cluster.run(for: .seconds(30))
    #expect(cluster.nodes[0].swim.memberCount == 4)
    #expect(cluster.nodes[0].swim.statistics.tableFull > 0)
    let known = Set(cluster.nodes[0].swim.members.map(\.record.id))
    let victim = (1..<8).first { known.contains(cluster.id($0)) } ?? 1
    cluster.nodes[victim].isUp = false
    cluster.run(for: .seconds(60))
    let later = cluster.nodes[0].swim.members.map(\.record.id)
    #expect(later.count == 4 && !later.contains(cluster.id(victim)))
  }
}

import Membership
import Testing

private func isConflict(_ event: SwimDirective) -> Bool {
  if case .conflict = event { true } else { false }
}

@Suite struct RestartTests {
  @Test(
    "a member that restarted replaces its former life at once, whichever boot is the larger",
    arguments: [1, 0xffff_ffff_ffff_ffff] as [UInt64])
  func restart(boot: UInt64) throws {
    let cluster = VirtualCluster(8, seed: 1)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    for index in cluster.nodes.indices { cluster.nodes[index].events = [] }
    cluster.restart(3, boot: boot)
    cluster.join(3, 0)
    #expect(
      cluster.run(atMost: .seconds(1)) { cluster in
        cluster.isComplete
          && cluster.nodes.indices.allSatisfy {
            $0 == 3 || cluster.nodes[$0].swim.member(cluster.id(3))?.record.boot == boot
          }
      })
    for index in cluster.nodes.indices where index != 3 {
      let events = cluster.nodes[index].events.map(\.event)
      #expect(events == [.failed(cluster.id(3)), .joined(record(3, boot: boot))])
    }
    cluster.run(for: .seconds(30))
    #expect(cluster.count(isConflict) == 0)
  }

  @Test("the only seed restarts without seeds of its own, and is found by the others")
  func seedRestarts() {
    let cluster = VirtualCluster(6, seed: 2)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    cluster.restart(0, boot: 99)
    #expect(cluster.run(atMost: .seconds(10)) { $0.isComplete })
    #expect(cluster.nodes[5].swim.member(cluster.id(0))?.record.boot == 99)
  }

  @Test("old news of a former life does not bring it back")
  func oldNews() {
    let cluster = VirtualCluster(4, seed: 3)
    var recorded: [(Int, Int, [UInt8])] = []
    cluster.onSend = { recorded.append(($0, $1, $2)) }
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(2))
    cluster.onSend = { _, _, _ in }
    cluster.nodes[3].isUp = false
    #expect(cluster.run(atMost: .seconds(30)) { $0.isComplete })
    for (source, target, bytes) in recorded where target != 3 {
      cluster.inject(bytes, into: target, from: source)
    }
    cluster.run(for: .seconds(5))
    #expect(cluster.isComplete)
    #expect(cluster.count { $0 == .joined(record(3)) } == 3)
  }

  @Test("old news of a member that was forgotten does not bring it back either")
  func forgotten() {
    var settings = SwimSettings.lan
    settings.forgetAfter = .seconds(20)
    let cluster = VirtualCluster(3, seed: 4, settings: settings)
    var recorded: [(Int, Int, [UInt8])] = []
    cluster.onSend = { recorded.append(($0, $1, $2)) }
    #expect(cluster.joinAll())
    cluster.onSend = { _, _, _ in }
    cluster.nodes[2].isUp = false
    cluster.run(for: .seconds(60))
    for (source, target, bytes) in recorded where target != 2 {
      cluster.inject(bytes, into: target, from: source)
    }
    cluster.run(for: .seconds(5))
    #expect(cluster.isComplete)
    // It can come back itself.
    cluster.restart(2, boot: 5)
    cluster.join(2, 0)
    #expect(cluster.run(atMost: .seconds(5)) { $0.isComplete })
  }

  @Test("two living processes with one id are reported by themselves and by others, and not often")
  func conflict() {
    let cluster = VirtualCluster(5, seed: 5)
    #expect(cluster.joinAll())
    var twin = record(5)
    twin.id = cluster.id(2)
    cluster.add(twin)
    cluster.join(5, 0)
    cluster.run(for: .seconds(50))
    for index in [2, 5] { #expect(cluster.nodes[index].events.contains { isConflict($0.event) }) }
    for index in cluster.nodes.indices {
      #expect(cluster.nodes[index].events.filter { isConflict($0.event) }.count <= 1)
    }
    #expect((0...4).contains { cluster.nodes[$0].events.contains { isConflict($0.event) } })
    // The war of incarnations cools down.
    let before = cluster.nodes.map(\.sentBytes).reduce(0, +)
    cluster.run(for: .seconds(50))
    let rate = (cluster.nodes.map(\.sentBytes).reduce(0, +) - before) / 50 / 6
    #expect(rate < 1000, "\(rate) bytes/s a node")
  }

  @Test("a member that comes and goes all the time leaves nothing behind that grows")
  func flapping() {
    let cluster = VirtualCluster(4, seed: 6)
    #expect(cluster.joinAll())
    for round in 0..<40 {
      cluster.restart(3, boot: UInt64(round) + 1000)
      cluster.join(3, 0)
      cluster.run(for: .milliseconds(700))
      if round.isMultiple(of: 3) {
        cluster.nodes[3].isUp = false
        cluster.run(for: .seconds(1))
      }
    }
    cluster.restart(3, boot: 1)
    cluster.join(3, 0)
    #expect(cluster.run(atMost: .seconds(10)) { $0.isComplete })
    #expect(cluster.count(isConflict) == 0)
  }

  @Test("a changed record is spread, an equal one is not")
  func update() {
    let cluster = VirtualCluster(6, seed: 7)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    let changed = {
      var changed = record(2)
      changed.flags = [.serving, .draining]
      return changed
    }()
    cluster.call(2) { $0.update(record: changed, now: cluster.now, random: &$1) }
    cluster.call(2) { $0.update(record: changed, now: cluster.now, random: &$1) }
    cluster.run(for: .seconds(1))
    #expect(cluster.isComplete)
    #expect(cluster.count { $0 == .updated(changed) } == 5)
  }
}

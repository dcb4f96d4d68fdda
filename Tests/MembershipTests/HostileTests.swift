import Testing

@testable import Membership

/// Datagrams of a node that exists, or of one that a test makes up.
private func datagram(
  _ head: SwimHead = .gossip, of index: Int, incarnation: UInt64 = 1, _ rumors: [UInt8]...
) -> [UInt8] {
  var writer = ByteWriter()
  head.encode(
    sender: record(index).id, bootTag: UInt32(truncatingIfNeeded: record(index).boot),
    incarnation: incarnation, into: &writer)
  return writer.bytes + rumors.flatMap { $0 }
}

private func isFailed(_ event: SwimDirective) -> Bool {
  if case .failed = event { true } else { false }
}

@Suite struct HostileTests {
  /// A cluster of some members, and what they said to each other.
  private func recorded(_ count: Int, seed: UInt64) -> (VirtualCluster, [[UInt8]]) {
    var settings = SwimSettings.lan
    settings.memberLimit = 32
    let cluster = VirtualCluster(count, seed: seed, settings: settings)
    var datagrams: [[UInt8]] = []
    cluster.onSend = { datagrams.append($2) }
    #expect(cluster.joinAll())
    cluster.call(1) { $0.broadcast([1, 2, 3], now: cluster.now, random: &$1) }
    cluster.call(2) {
      $0.update(load: MemberLoad(egressBytesPerSecond: 77), now: cluster.now, random: &$1)
    }
    cluster.nodes[count - 1].isUp = false
    cluster.run(for: .seconds(12))
    cluster.onSend = { _, _, _ in }
    // One of each kind and size is as good as all.
    var kinds: Set<[Int]> = []
    return (cluster, datagrams.filter { kinds.insert([Int($0[1]), $0.count]).inserted })
  }

  @Test("every truncation and every changed byte of what members say is harmless")
  func mutations() {
    let (cluster, datagrams) = recorded(5, seed: 1)
    var random = SeededGenerator(1)
    var swim = cluster.nodes[0].swim
    var answers = 0
    for datagram in datagrams {
      for index in datagram.indices {
        var changed = datagram
        changed[index] ^= UInt8.random(in: 1...255, using: &random)
        for bytes in [changed, Array(datagram[..<index])] {
          for directive in swim.receive(bytes, from: endpoint(9), now: cluster.now, random: &random)
          {
            if case .send(let bytes, _) = directive {
              answers += 1
              #expect(bytes.count <= swim.settings.datagramBytes)
            }
          }
        }
      }
    }
    #expect(swim.statistics.malformed > 1000)
    // A source may ask for so much and no more, however often it asks.
    #expect(answers < 8 * swim.settings.workPerSecond, "\(answers) answers")
    #expect(swim.memberCount <= 32)
  }

  @Test("10,000 datagrams of noise are counted and change nothing")
  func noise() {
    let cluster = VirtualCluster(3, seed: 2)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    var random = SeededGenerator(2)
    var swim = cluster.nodes[0].swim
    let before = swim.members
    for round in 0..<10_000 {
      let count = Int.random(in: 0..<64, using: &random)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Half of them begin like a datagram.
      if round.isMultiple(of: 2) {
        bytes = [SwimDatagram.format, UInt8.random(in: 0...12, using: &random)] + bytes
      }
      _ = swim.receive(bytes, from: endpoint(9), now: cluster.now, random: &random)
    }
    #expect(swim.statistics.malformed + swim.statistics.otherFormat > 9000)
    #expect(swim.members == before)
  }

  @Test("who says that others are dead or suspect is refuted, and nobody dies")
  func liar() {
    let cluster = VirtualCluster(6, seed: 3)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    for round: UInt64 in 1...20 {
      for index in 0..<5 {
        let victim = cluster.id(Int(round) % 5)
        cluster.inject(
          datagram(
            of: 5, EncodedRumor.suspect(victim, incarnation: round, from: cluster.id(5))),
          into: index, from: 5)
      }
      cluster.run(for: .milliseconds(500))
    }
    cluster.run(for: .seconds(10))
    #expect(cluster.isComplete)
    #expect(cluster.count(isFailed) == 0)
    #expect(cluster.nodes[..<5].allSatisfy { $0.swim.statistics.refutations > 0 })
  }

  @Test("a member that is declared dead comes back by itself within a second")
  func declaredDead() {
    let cluster = VirtualCluster(6, seed: 4)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    let rumor = EncodedRumor.dead(cluster.id(2), incarnation: 1, from: cluster.id(5))
    for index in cluster.nodes.indices {
      cluster.inject(datagram(of: 5, rumor), into: index, from: 5)
    }
    cluster.run(for: .milliseconds(1))
    #expect(cluster.nodes[0].swim.member(cluster.id(2)) == nil)
    #expect(cluster.run(atMost: .seconds(1)) { $0.isComplete })
  }

  @Test("an incarnation from far ahead is not believed, so that no lie is the last word")
  func incarnations() {
    let cluster = VirtualCluster(4, seed: 5)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    // After a first refutation its own incarnation is known to everybody.
    let first = EncodedRumor.suspect(cluster.id(1), incarnation: 1, from: cluster.id(3))
    cluster.inject(datagram(of: 3, first), into: 1, from: 3)
    cluster.run(for: .seconds(2))
    for claim in [Rumor.incarnationLimit, Rumor.incarnationLimit - 1, 1 << 30] {
      let rumors = [
        EncodedRumor.dead(cluster.id(1), incarnation: claim, from: cluster.id(3)),
        EncodedRumor.suspect(cluster.id(1), incarnation: claim, from: cluster.id(3)),
        EncodedRumor.left(cluster.id(1), incarnation: claim),
        EncodedRumor.alive(record(1), incarnation: claim),
      ]
      for index in cluster.nodes.indices {
        for rumor in rumors { cluster.inject(datagram(of: 3, rumor), into: index, from: 3) }
      }
    }
    cluster.run(for: .seconds(10))
    #expect(cluster.nodes[..<3].allSatisfy { $0.swim.statistics.implausible > 0 })
    #expect(cluster.isComplete)
    #expect(cluster.count(isFailed) == 0)
  }

  @Test("members that do not exist are dropped when they do not answer, and are bounded")
  func phantoms() {
    var settings = SwimSettings.lan
    settings.memberLimit = 20
    let cluster = VirtualCluster(3, seed: 6, settings: settings)
    #expect(cluster.joinAll())
    for index in 100..<400 {
      let rumor = EncodedRumor.alive(record(index), incarnation: 1)
      cluster.inject(datagram(of: 2, rumor), into: 0, from: 2)
    }
    cluster.run(for: .milliseconds(10))
    #expect(cluster.nodes[0].swim.memberCount == 20)
    #expect(cluster.nodes[0].swim.statistics.tableFull == 282)
    #expect(
      cluster.run(atMost: .seconds(200)) { cluster in
        cluster.nodes.allSatisfy { $0.swim.memberCount == 2 }
      })
  }

  @Test("a source that asks without end gets its share of answers and no more")
  func flood() {
    let cluster = VirtualCluster(3, seed: 7)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    let heads: [SwimHead] = [
      .ping(sequence: 1, target: cluster.id(0), MemberLoad()), .join, .syncOffer(root: 1),
      .syncEntries(first: 0, last: .max), .pingRequest(sequence: 2, target: cluster.id(1)),
      .syncBuckets(bits: 0, [5]),
    ]
    let before = cluster.nodes[0].sentDatagrams
    for round in 0..<3000 {
      cluster.inject(datagram(heads[round % heads.count], of: 2), into: 0, from: 2)
    }
    cluster.run(for: .seconds(1))
    let sent = cluster.nodes[0].sentDatagrams - before
    #expect(sent < 3 * cluster.settings.workPerSecond, "\(sent) datagrams")
    #expect(cluster.nodes[0].swim.statistics.workRefused > 1000)
    cluster.run(for: .seconds(20))
    #expect(cluster.isComplete)
    #expect(cluster.count(isFailed) == 0)
  }

  @Test("acks that were not asked for, and nacks, change nothing")
  func unasked() {
    let cluster = VirtualCluster(4, seed: 8)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(3))
    cluster.nodes[1].isUp = false
    for sequence: UInt32 in 0..<500 {
      let ack = SwimHead.ack(sequence: sequence, subject: cluster.id(1), MemberLoad())
      cluster.inject(datagram(ack, of: 2), into: 0, from: 2)
      cluster.inject(datagram(.nack(sequence: sequence), of: 2), into: 0, from: 2)
    }
    #expect(cluster.run(atMost: .seconds(30)) { $0.isComplete })
  }

  @Test("broadcasts of nobody we know are not delivered, and neither are those of a former life")
  func strangers() {
    let cluster = VirtualCluster(3, seed: 9)
    #expect(cluster.joinAll())
    cluster.run(for: .seconds(2))
    let stranger = EncodedRumor.payload(
      origin: MemberID(99), bootTag: 1, sequence: 1, [1])
    let former = EncodedRumor.payload(
      origin: cluster.id(1), bootTag: 9, sequence: 100, [1])
    let load = EncodedRumor.load(
      cluster.id(1), bootTag: 9, MemberLoad(egressBytesPerSecond: 1))
    cluster.inject(datagram(of: 2, stranger, former, load), into: 0, from: 2)
    cluster.run(for: .seconds(1))
    #expect(cluster.nodes[0].swim.statistics.broadcastsOfStrangers == 2)
    #expect(cluster.nodes[0].swim.statistics.delivered == 0)
    #expect(cluster.nodes[0].swim.member(cluster.id(1))?.load.egressBytesPerSecond == 0)
  }

  @Test("who is asked who he is says so, and a ping for somebody else is not answered")
  func whois() {
    let cluster = VirtualCluster(2, seed: 10)
    var answers: [SwimHead] = []
    var introduced = 0
    cluster.onSend = { source, _, bytes in
      guard source == 0, let datagram = try? SwimDatagram(decoding: bytes) else { return }
      answers.append(datagram.head)
      for case .alive(_, let encoded) in datagram.rumors where encoded.id == record(0).id {
        introduced += 1
      }
    }
    let ping = SwimHead.ping(sequence: 4, target: record(5).id, MemberLoad())
    cluster.inject(datagram(ping, of: 1), into: 0, from: 1)
    cluster.run(for: .milliseconds(100))
    #expect(answers.first == .gossip)
    #expect(
      !answers.contains {
        if case .ack(4, _, _) = $0 { true } else { false }
      })
    cluster.inject(datagram(of: 1, EncodedRumor.whois(record(0).id)), into: 0, from: 1)
    cluster.run(for: .milliseconds(100))
    #expect(introduced > 0)
  }
}

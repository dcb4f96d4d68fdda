import BlockCache
import Membership
import Testing

@testable import Placement

/// Peers that fail, lie and come back while the others read.
@Suite struct MeshSoakTests {
  private let members = (1...8).map { neighbor(UInt64($0)) }

  private func isDone(_ file: ExchangedFile, _ but: Set<MemberID>) -> (Mesh) -> Bool {
    { mesh in mesh.peers.keys.allSatisfy { but.contains($0) || mesh.isComplete($0, file) } }
  }

  @Test(
    "whatever two of eight do at whatever moment, the others get every block",
    arguments: UInt64(1)...40)
  func faults(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let file = exchanged(seed, blocks: 24)
    var mesh = Mesh(members, seed: seed)
    for one in mesh.peers.keys.sorted() {
      mesh.want(one, file, 0..<24, isDemand: Bool.random(using: &random))
      mesh.run(atMost: .milliseconds(Int.random(in: 0...6, using: &random)))
    }
    let bad = Set((1...8).shuffled(using: &random).prefix(2).map { member($0) })
    for one in bad.sorted() {
      mesh.run(atMost: .milliseconds(Int.random(in: 0...30, using: &random)))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: mesh.faults[one] = .silent
      case 1: mesh.faults[one] = .frozen
      case 2: mesh.faults[one] = .wrong
      case 3: mesh.faults[one] = .refusing(.missing)
      case 4: mesh.faults[one] = .refusing(.busy)
      default: mesh.remove(one)
      }
    }
    // Whoever only read ahead waits for it in the end.
    for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<24) }
    mesh.run(atMost: .seconds(20), until: isDone(file, bad))
    #expect(isDone(file, bad)(mesh), "seed \(seed)")
    #expect(mesh.now < .seconds(5), "seed \(seed): \(mesh.now)")
    #expect(mesh.failures.isEmpty && mesh.accused.isSubset(of: bad), "seed \(seed)")
    let sends = mesh.originSends.values.reduce(0, +)
    #expect(sends <= 24 * 4, "seed \(seed): the metadata server sent \(sends) blocks")
  }

  @Test("a peer that boasts of blocks which it lacks costs a question, and no second one")
  func boaster() throws {
    let file = exchanged(7, blocks: 24)
    var mesh = Mesh(members)
    try mesh.claim(member(3), holds: (0..<24).map(file.key))
    mesh.faults[member(3)] = .refusing(.missing)
    for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<24) }
    mesh.run(atMost: .seconds(10), until: isDone(file, [member(3)]))
    #expect(isDone(file, [member(3)])(mesh) && mesh.now < .seconds(2), "\(mesh.now)")
    #expect(mesh.failures.isEmpty)
  }

  @Test("a peer that goes and comes back with nothing gets everything, and stalls nobody")
  func flaps() {
    let file = exchanged(7, blocks: 40)
    var mesh = Mesh(members)
    for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<40) }
    for _ in 0..<10 {
      mesh.run(atMost: .milliseconds(12))
      mesh.remove(member(5))
      mesh.run(atMost: .milliseconds(12))
      mesh.insert(neighbor(5))
      mesh.want(member(5), file, 0..<40)
    }
    mesh.run(atMost: .seconds(10), until: isDone(file, []))
    #expect(isDone(file, [])(mesh) && mesh.failures.isEmpty)
    #expect(mesh.now < .seconds(3), "\(mesh.now)")
  }

  @Test("one that gives up its file midway takes it from nobody else")
  func givesUp() {
    let file = exchanged(7, blocks: 40)
    for number: UInt64 in 1...8 {
      var mesh = Mesh(members, seed: number)
      for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<40) }
      mesh.run(atMost: .milliseconds(20))
      mesh.forget(file.version, by: member(number))
      #expect(mesh.peers[member(number)]?.wantedCount == 0)
      #expect(mesh.failures.values.allSatisfy { $0 == .versionGone })
      mesh.run(atMost: .seconds(10), until: isDone(file, [member(number)]))
      #expect(isDone(file, [member(number)])(mesh) && mesh.now < .seconds(2), "\(mesh.now)")
    }
  }

  @Test("peers that may send little still give the file to all, none faster than it may")
  func limitedEgress() {
    let file = exchanged(7, blocks: 8)
    var settings = Exchange.Settings()
    settings.uploads.bytesPerSecond = Double(blockBytes) * 20
    var mesh = Mesh(members, settings: settings)
    for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<8) }
    mesh.run(atMost: .seconds(20), until: isDone(file, []))
    #expect(isDone(file, [])(mesh) && mesh.failures.isEmpty)
    // Half a second's worth at once, and one block that is larger than what is left.
    for sent in mesh.uploads.values { #expect(Double(sent) <= 20 * mesh.now.inSeconds + 11) }
  }
}

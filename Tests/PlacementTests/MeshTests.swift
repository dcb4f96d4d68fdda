import BlockCache
import Membership
import Testing

@testable import Placement

/// Several peers and the metadata server together, message by message, under a virtual clock.
@Suite struct MeshTests {
  private let settings = Exchange.Settings()

  private func members(_ count: UInt64) -> [Neighbor] { (1...count).map { neighbor($0) } }

  private func isDone(_ file: ExchangedFile, _ but: Set<MemberID> = []) -> (Mesh) -> Bool {
    { mesh in mesh.peers.keys.allSatisfy { but.contains($0) || mesh.isComplete($0, file) } }
  }

  /// Everybody wants all of a file at once.
  private func storm(_ mesh: inout Mesh, _ file: ExchangedFile) {
    for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<file.blockCount) }
  }

  @Test(
    "all that start together get every block, and the metadata server sends each once",
    arguments: [2, 3, 8, 24] as [UInt64], [1, 2, 3] as [UInt64])
  func storm(count: UInt64, seed: UInt64) {
    let file = exchanged(seed * 31, blocks: 23)
    var mesh = Mesh(members(count), seed: seed)
    storm(&mesh, file)
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(isDone(file)(mesh))
    #expect(mesh.originSends.count == 23 && mesh.originSends.values.allSatisfy { $0 == 1 })
    #expect(mesh.duplicates == 0 && mesh.failures.isEmpty && mesh.accused.isEmpty)
    #expect(mesh.peers.values.allSatisfy { $0.wantedCount == 0 })
  }

  @Test("those that come one after the other take nothing from the metadata server twice")
  func rolling() {
    let file = exchanged(5, blocks: 16)
    var mesh = Mesh(members(10))
    for one in mesh.peers.keys.sorted() {
      mesh.want(one, file, 0..<16)
      mesh.run(atMost: .milliseconds(30))
    }
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(isDone(file)(mesh) && mesh.originSends.values.allSatisfy { $0 == 1 })
  }

  @Test("a latecomer to a warm cluster takes nothing from the metadata server")
  func latecomer() {
    let file = exchanged(5, blocks: 32)
    var mesh = Mesh(members(9))
    for one in mesh.peers.keys.sorted() where one != member(9) { mesh.want(one, file, 0..<32) }
    mesh.run(atMost: .seconds(10), until: isDone(file, [member(9)]))
    mesh.run(atMost: .seconds(30))
    let before = mesh.originSends
    mesh.want(member(9), file, 0..<32)
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(mesh.isComplete(member(9), file) && mesh.originSends == before)
  }

  @Test("nothing crosses into a rack more than about once")
  func racks() {
    let places = (1...12).map { neighbor(UInt64($0), rack: $0 <= 6 ? "near" : "far") }
    let file = exchanged(5, blocks: 24)
    var mesh = Mesh(places, originLocality: Locality(rack: "near"))
    storm(&mesh, file)
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(isDone(file)(mesh) && mesh.originSends.values.allSatisfy { $0 == 1 })
    // Eleven peers of twelve get it from a peer: those of the far rack from each other.
    let sent = mesh.uploads.filter { $0.key.rawValue <= 6 }.values.reduce(0, +)
    #expect(sent >= 5 * 24 + 24 && sent <= 5 * 24 + 30, "\(sent)")
  }

  @Test("the same seed gives the same history")
  func deterministic() {
    let file = exchanged(5, blocks: 20)
    let runs = (0..<3).map { _ in
      var mesh = Mesh(members(12), seed: 7)
      storm(&mesh, file)
      mesh.run(atMost: .seconds(10), until: isDone(file))
      return (mesh.lastArrival, mesh.uploads)
    }
    #expect(runs.allSatisfy { $0.0 == runs[0].0 && $0.1 == runs[0].1 })
  }

  @Test(
    "a peer that falls silent stalls nobody longer than it takes to notice",
    arguments: UInt64(1)...6)
  func silent(number: UInt64) {
    let file = exchanged(7, blocks: 40)
    var mesh = Mesh(members(6), seed: number)
    storm(&mesh, file)
    mesh.run(atMost: .milliseconds(40))
    mesh.faults[member(number)] = .silent
    let start = mesh.now
    mesh.run(atMost: .seconds(10), until: isDone(file, [member(number)]))
    #expect(isDone(file, [member(number)])(mesh))
    // Noticed, its share asked for again, which takes a question or two that nobody answers.
    let noticed = settings.statusAfter + settings.stallAfter + settings.locateAfter * 2
    #expect(mesh.now - start <= noticed + .milliseconds(400), "\(mesh.now - start)")
    #expect(mesh.failures.isEmpty)
  }

  @Test("a peer that is there and does nothing stalls nobody for long", arguments: UInt64(1)...6)
  func frozen(number: UInt64) {
    let file = exchanged(7, blocks: 40)
    var mesh = Mesh(members(6), seed: number)
    storm(&mesh, file)
    mesh.run(atMost: .milliseconds(40))
    mesh.faults[member(number)] = .frozen
    let start = mesh.now
    mesh.run(atMost: .seconds(10), until: isDone(file, [member(number)]))
    #expect(isDone(file, [member(number)])(mesh))
    #expect(
      mesh.now - start <= settings.frozenAfter * 2 + settings.locateAfter, "\(mesh.now - start)")
    #expect(mesh.failures.isEmpty)
  }

  @Test("a peer that dies is missed by nobody, whichever it is", arguments: UInt64(1)...6)
  func dies(number: UInt64) {
    let file = exchanged(7, blocks: 40)
    var mesh = Mesh(members(6), seed: number)
    storm(&mesh, file)
    mesh.run(atMost: .milliseconds(30))
    mesh.remove(member(number))
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(isDone(file)(mesh) && mesh.failures.isEmpty)
    #expect(mesh.now < .milliseconds(1500), "\(mesh.now)")
  }

  @Test("a peer that sends wrong bytes is found out, and everybody reads the right ones")
  func wrong() {
    let file = exchanged(7, blocks: 40)
    for number: UInt64 in 1...6 {
      var mesh = Mesh(members(6), seed: number)
      mesh.faults[member(number)] = .wrong
      storm(&mesh, file)
      mesh.run(atMost: .seconds(10), until: isDone(file))
      #expect(isDone(file)(mesh) && mesh.failures.isEmpty)
      #expect(mesh.accused.isSubset(of: [member(number)]))
      #expect(!mesh.accused.isEmpty)
    }
  }

  @Test("a peer that gives nothing away is done without")
  func refusing() {
    let file = exchanged(7, blocks: 40)
    for refusal in [TakeRefusal.missing, .busy] {
      for number: UInt64 in 1...6 {
        var mesh = Mesh(members(6), seed: number)
        mesh.faults[member(number)] = .refusing(refusal)
        storm(&mesh, file)
        mesh.run(atMost: .seconds(10), until: isDone(file))
        #expect(isDone(file)(mesh) && mesh.failures.isEmpty)
        #expect(mesh.now < .seconds(2), "\(mesh.now)")
      }
    }
  }

  @Test("all peers but one refuse: that one reads all from the metadata server")
  func allRefuse() {
    let file = exchanged(7, blocks: 12)
    var mesh = Mesh(members(6))
    for number: UInt64 in 2...6 { mesh.faults[member(number)] = .refusing(.busy) }
    storm(&mesh, file)
    mesh.run(atMost: .seconds(20), until: { $0.isComplete(member(1), file) })
    #expect(mesh.isComplete(member(1), file) && mesh.failures.isEmpty)
  }

  @Test("a metadata server with hardly a slot is enough")
  func narrowOrigin() {
    let file = exchanged(7, blocks: 40)
    var originSettings = OriginExchange.Settings()
    originSettings.slots = 1
    originSettings.slotsPerMember = 1
    var mesh = Mesh(members(8), originSettings: originSettings)
    storm(&mesh, file)
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(isDone(file)(mesh) && mesh.originSends.values.allSatisfy { $0 == 1 })
  }

  @Test("what is read ahead arrives too, and what becomes urgent meanwhile arrives once")
  func ahead() {
    let file = exchanged(7, blocks: 40)
    var mesh = Mesh(members(8))
    for one in mesh.peers.keys.sorted() { mesh.want(one, file, 0..<40, isDemand: false) }
    mesh.run(atMost: .milliseconds(10))
    storm(&mesh, file)
    mesh.run(atMost: .seconds(10), until: isDone(file))
    #expect(isDone(file)(mesh) && mesh.duplicates == 0)
    #expect(mesh.originSends.values.allSatisfy { $0 == 1 })
  }

  @Test("when it is over nothing is kept of it")
  func nothingLeft() {
    let file = exchanged(7, blocks: 40)
    var mesh = Mesh(members(8))
    storm(&mesh, file)
    mesh.run(atMost: .seconds(5))
    for peer in mesh.peers.values {
      #expect(peer.wantedCount == 0 && peer.waitingCount == 0 && peer.sourcesAsked.isEmpty)
      #expect(peer.calls.isEmpty && peer.chunks.isEmpty && peer.parked.isEmpty)
      #expect(peer.nextDeadline(now: mesh.now) == nil)
    }
    #expect(mesh.origin.waitingCount == 0)
  }
}

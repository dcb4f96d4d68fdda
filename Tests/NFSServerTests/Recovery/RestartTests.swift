import NFSServer
import NFSv4
import Synchronization
import Testing

/// Operations of a server that was restarted: what clients reclaim, and what others may do
/// meanwhile.
@Suite struct RestartTests {
  /// What a disk would hold, and whether it takes more.
  private final class Disk: Sendable {
    private let state = Mutex<(records: [ReclaimKey: ReclaimRecord], isFull: Bool)>(([:], false))

    var records: [ReclaimRecord] { state.withLock { Array($0.records.values) } }
    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    func commit(_ changes: [ReclaimChange]) -> Bool {
      state.withLock { state in
        if state.isFull { return false }
        for change in changes {
          switch change {
          case .put(let record): state.records[record.key] = record
          case .remove(let key): state.records[key] = nil
          }
        }
        return true
      }
    }
  }

  private let disk = Disk()

  /// A server on the same disk, with one file. Every start sees the same tree.
  private func start(
    seenChanges: UInt64 = .max, isLost: Bool = false
  ) -> (server: TestServer, file: MemoryTree.Object) {
    let history = ReclaimHistory(
      records: disk.records, leaseSeconds: TestServer.leaseSeconds, seenChanges: seenChanges,
      isLost: isLost)
    let server = TestServer(past: TestPast(history: history, store: disk.commit))
    return (server, server.tree.add("file"))
  }

  private func complete(_ client: TestClient) throws {
    try client.run(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: false))
  }

  private func opened(
    _ client: TestClient, _ file: MemoryTree.Object, deny: UInt32 = 0, claim: OpenClaim4
  ) -> Nfsstat4 {
    status { try client.open(file, deny: deny, claim: claim) }
  }

  @Test("a client reclaims its open and its read delegation")
  func reclaim() throws {
    let (before, file) = start()
    #expect(try TestClient(before).open(file).delegationStateid != nil)

    let (server, same) = start()
    // Its verifier does not matter.
    let client = try TestClient(server, verifier: 9)
    let result = try client.open(same, claim: .previous(.OPEN_DELEGATE_READ))
    let delegation = try #require(result.delegationStateid)
    let read = READ4args(stateid: result.stateid, offset: 0, count: 100)
    #expect(throws: Never.self) { try client.run(READ.self, read, on: same) }
    // Another owner of the same client reclaims the same delegation.
    let second = try client.run(
      OPEN.self, .test(owner: "other", claim: .previous(.OPEN_DELEGATE_READ)), on: same)
    #expect(second.delegationStateid == delegation)
    #expect(server.operations.withState { $0.openCount } == 2)
    #expect(server.operations.withState { $0.delegationCount } == 1)
  }

  @Test("a client that held no delegation reclaims its open alone")
  func reclaimWithout() throws {
    let (before, file) = start()
    try TestClient(before, back: false).open(file)
    let (server, same) = start()
    let result = try TestClient(server).open(same, claim: .previous(.OPEN_DELEGATE_NONE))
    #expect(result.delegation == .none)
  }

  @Test("nothing is reclaimed without a grace period, after RECLAIM_COMPLETE, or by strangers")
  func noRight() throws {
    let claim = OpenClaim4.previous(.OPEN_DELEGATE_NONE)
    let (before, file) = start()
    let client = try TestClient(before)
    try client.open(file)
    #expect(opened(client, file, claim: claim) == .NFS4ERR_NO_GRACE)

    let (server, same) = start()
    #expect(opened(try TestClient(server, "other"), same, claim: claim) == .NFS4ERR_NO_GRACE)
    let later = try TestClient(server)
    try complete(later)
    #expect(opened(later, same, claim: claim) == .NFS4ERR_NO_GRACE)
    #expect(
      status { try complete(later) } == .NFS4ERR_COMPLETE_ALREADY)
  }

  @Test("RECLAIM_COMPLETE for one file system ends no right")
  func oneFileSystem() throws {
    let (before, file) = start()
    try TestClient(before).open(file)
    let (server, same) = start()
    let client = try TestClient(server)
    try client.run(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: true), on: same)
    #expect(opened(client, same, claim: .previous(.OPEN_DELEGATE_NONE)) == .NFS4_OK)
  }

  @Test("another user with the client's name reclaims nothing, and ends nobody's right")
  func impostor() throws {
    let (before, file) = start()
    try TestClient(before, uid: 0).open(file)
    let (server, same) = start()
    let impostor = try TestClient(server, uid: 4711)
    #expect(opened(impostor, same, claim: .previous(.OPEN_DELEGATE_NONE)) == .NFS4ERR_NO_GRACE)
    try complete(impostor)
    #expect(server.operations.recovery.standing.pending == 1)
  }

  @Test("a delegation on a file that may have changed unnoticed is not given back, nor the open")
  func changed() throws {
    let (before, file) = start()
    try TestClient(before).open(file)
    let (server, same) = start(seenChanges: 1)
    server.tree.rewrite(same)
    let client = try TestClient(server)
    #expect(
      opened(client, same, claim: .previous(.OPEN_DELEGATE_READ)) == .NFS4ERR_RECLAIM_BAD)
    #expect(server.operations.withState { $0.openCount + $0.delegationCount } == 0)
    // The open alone promises nothing of the content.
    #expect(opened(client, same, claim: .previous(.OPEN_DELEGATE_NONE)) == .NFS4_OK)
  }

  @Test("a delegation is not given back to who cannot be asked for it, nor one to write")
  func cannotDelegate() throws {
    let (before, file) = start()
    try TestClient(before).open(file)
    let (server, same) = start()
    let client = try TestClient(server, back: false)
    for type in [OpenDelegationType4.OPEN_DELEGATE_READ, .OPEN_DELEGATE_WRITE] {
      #expect(opened(client, same, claim: .previous(type)) == .NFS4ERR_RECLAIM_BAD)
    }
  }

  @Test("a reclaim that conflicts with another one is NFS4ERR_RECLAIM_CONFLICT, and leaves nothing")
  func conflict() throws {
    let (before, file) = start()
    let (one, two) = (try TestClient(before, "one"), try TestClient(before, "two"))
    try one.open(file)
    try two.open(file)
    let (server, same) = start()
    let denier = try TestClient(server, "one")
    // Not what it held; a server that keeps no opens cannot know.
    #expect(
      opened(denier, same, deny: 1, claim: .previous(.OPEN_DELEGATE_NONE)) == .NFS4_OK)
    let other = try TestClient(server, "two")
    #expect(
      opened(other, same, claim: .previous(.OPEN_DELEGATE_READ)) == .NFS4ERR_RECLAIM_CONFLICT)
    #expect(server.operations.withState { $0.delegationCount } == 0)
  }

  @Test("in grace, files are opened and read while nobody can reclaim what excludes that")
  func sharing() throws {
    let (before, file) = start()
    try TestClient(before).open(file)
    let (server, same) = start()
    let other = try TestClient(server, "other")
    try complete(other)
    #expect(try other.open(same).delegationStateid != nil)
    #expect(opened(other, same, deny: 2, claim: .fh) == .NFS4ERR_GRACE)
    let read = READ4args(stateid: .anonymous, offset: 0, count: 100)
    #expect(throws: Never.self) { try other.run(READ.self, read, on: same) }
  }

  @Test("in grace, reading waits for a client that denied it")
  func denied() throws {
    let (before, file) = start()
    try TestClient(before).open(file, deny: 1)
    let (server, same) = start()
    let other = try TestClient(server, "other")
    try complete(other)
    #expect(opened(other, same, claim: .fh) == .NFS4ERR_GRACE)
    for stateid in [Stateid4.anonymous, .readBypass] {
      let read = READ4args(stateid: stateid, offset: 0, count: 100)
      #expect(status { try other.run(READ.self, read, on: same) } == .NFS4ERR_GRACE)
    }
    let client = try TestClient(server)
    #expect(opened(client, same, deny: 1, claim: .previous(.OPEN_DELEGATE_NONE)) == .NFS4_OK)
    try complete(client)
    #expect(opened(other, same, claim: .fh) == .NFS4ERR_SHARE_DENIED)
  }

  @Test("in grace, layouts and data servers wait for a client that denied reading")
  func layouts() throws {
    let (before, file) = start()
    let denier = try TestClient(before, "denier")
    let other = before.tree.add("other")
    try denier.open(other, deny: 1)
    try TestClient(before).open(file)

    let (server, same) = start()
    let peer = try TestClient(server, "peer", address: [10, 0, 0, 2])
    try complete(peer)
    try peer.register(2)
    let client = try TestClient(server)
    let opened = try client.open(same, claim: .previous(.OPEN_DELEGATE_NONE))
    #expect(status { try client.layout(same, opened.stateid) } == .NFS4ERR_BADLAYOUT)
    let back = try TestClient(server, "denier")
    try complete(back)
    let routed = try client.layout(same, opened.stateid).routed()
    #expect(throws: Never.self) { try peer.proxyOpen(routed, opened.stateid, for: client) }
  }

  @Test("a data server is on record before it may serve anything")
  func dataServer() throws {
    let (server, file) = start()
    let peer = try TestClient(server, "peer", address: [10, 0, 0, 2])
    try peer.register(2)
    let client = try TestClient(server)
    let opened = try client.open(file)
    let routed = try client.layout(file, opened.stateid).routed()
    disk.setFull(true)
    #expect(
      status { try peer.proxyOpen(routed, opened.stateid, for: client) }
        == .NFS4ERR_PNFS_NO_LAYOUT)
    disk.setFull(false)
    #expect(throws: Never.self) { try peer.proxyOpen(routed, opened.stateid, for: client) }
    #expect(disk.records.contains { $0.key.ownerid == peer.owner.ownerid })
  }

  @Test("a disk that takes no records keeps nobody from reading, but from what excludes others")
  func fullDisk() throws {
    let (server, file) = start()
    disk.setFull(true)
    let client = try TestClient(server)
    #expect(try client.open(file).delegation == .none)
    #expect(opened(client, file, deny: 2, claim: .fh) == .NFS4ERR_DELAY)
    #expect(server.operations.recovery.standing.isFailing)
    disk.setFull(false)
    #expect(opened(client, file, deny: 2, claim: .fh) == .NFS4_OK)
    #expect(!server.operations.recovery.standing.isFailing)
    #expect(disk.records.first?.excludesReaders == true)
  }

  @Test("a client that expired, or was destroyed, may not reclaim")
  func expired() throws {
    let (before, file) = start()
    try TestClient(before, "gone").open(file)
    before.pass(.seconds(91))
    before.sessions.expire()
    let other = try TestClient(before, "other")
    let held = try other.open(file)
    #expect(disk.records.map(\.key.ownerid) == [other.owner.ownerid])
    try other.run(CLOSE.self, CLOSE4args(seqid: 0, openStateid: held.stateid), on: file)

    let (server, same) = start()
    let claim = OpenClaim4.previous(.OPEN_DELEGATE_NONE)
    #expect(opened(try TestClient(server, "gone"), same, claim: claim) == .NFS4ERR_NO_GRACE)
    #expect(opened(try TestClient(server, "other"), same, claim: claim) == .NFS4_OK)
  }

  @Test("two restarts in a row: who did not finish reclaiming begins again")
  func twice() throws {
    let (before, file) = start()
    try TestClient(before, "one").open(file)
    try TestClient(before, "two").open(file)
    let (between, same) = start()
    let claim = OpenClaim4.previous(.OPEN_DELEGATE_NONE)
    let first = try TestClient(between, "one")
    #expect(opened(first, same, claim: claim) == .NFS4_OK)
    try complete(first)
    let (server, again) = start()
    for name in ["one", "two"] {
      #expect(opened(try TestClient(server, name), again, claim: claim) == .NFS4_OK)
    }
  }

  @Test("who missed a grace period may not reclaim in the next one")
  func missed() throws {
    let (before, file) = start()
    try TestClient(before, "late").open(file)
    let (between, same) = start()
    between.pass(.seconds(90))
    let other = try TestClient(between, "other")
    #expect(opened(other, same, deny: 2, claim: .fh) == .NFS4_OK)
    let (server, again) = start()
    #expect(
      opened(try TestClient(server, "late"), again, claim: .previous(.OPEN_DELEGATE_NONE))
        == .NFS4ERR_NO_GRACE)
  }

  @Test("without records nobody reclaims, and nothing that conflicts is granted for a lease")
  func lost() throws {
    let (before, file) = start()
    try TestClient(before).open(file)
    let (server, same) = start(isLost: true)
    let stranger = try TestClient(server, "stranger")
    #expect(opened(stranger, same, deny: 2, claim: .fh) == .NFS4ERR_GRACE)
    server.pass(.seconds(90))
    #expect(opened(stranger, same, deny: 2, claim: .fh) == .NFS4_OK)
  }

  @Test("a client whose delegation was revoked may reclaim when it has freed it")
  func revoked() throws {
    let (server, file) = start()
    let client = try TestClient(server)
    let delegation = try #require(try client.open(file).delegationStateid)
    server.tree.rewrite(file)
    server.operations.saw(2, of: file.handle)
    server.pass(.seconds(91))
    _ = server.operations.withState {
      $0.revokeOverdue(now: server.now, lease: .seconds(90))
    }
    let record = try #require(server.sessions.withTable { $0.client(client.clientid) })
    server.operations.recovery.revoked(record)
    #expect(server.operations.recovery.flush())
    #expect(disk.records.map(\.isRevoked) == [true])
    try client.run(FREE_STATEID.self, FREE_STATEID4args(stateid: delegation))
    #expect(server.operations.recovery.flush())
    #expect(disk.records.map(\.isRevoked) == [false])
  }
}

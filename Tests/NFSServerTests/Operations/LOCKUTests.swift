import NFSServer
import NFSv4
import NIOCore
import Testing

/// LOCKU (RFC 8881 §18.12): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_BAD_STATEID, _OLD_STATEID | the lock stateid |
/// | NFS4ERR_INVAL | no bytes, or bytes beyond 2^64 - 1 |
/// | NFS4ERR_NOFILEHANDLE, _STALE | the filehandle |
@Suite struct LOCKUTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object
  private let open: Stateid4

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", mode: 0o666)
    open = try client.open(file, access: 3).stateid
  }

  @Test("the middle of a lock is unlocked, here and for local processes")
  func middle() throws {
    let locked = try client.lock(file, under: open, at: 0, count: 100)
    let rest = try client.unlock(file, locked, at: 40, count: 20)
    #expect(rest == Stateid4(seqid: locked.seqid + 1, other: locked.other))
    let other = try TestClient(server, "other")
    #expect(status { try other.test(file, at: 40, count: 20) } == .NFS4_OK)
    #expect(status { try other.test(file, at: 39, count: 1) } == .NFS4ERR_DENIED)
    #expect(status { try other.test(file, at: 60, count: 1) } == .NFS4ERR_DENIED)
    let held = try #require(server.tree[file]).locks.map(\.range)
    #expect(Set(held) == [LockRange(offset: 0, count: 40), LockRange(offset: 60, count: 40)])
  }

  @Test("unlocking what is not locked is no error, and the stateid goes on")
  func nothing() throws {
    let locked = try client.lock(file, under: open, at: 0, count: 1)
    try client.unlock(file, locked, at: 50, count: 5)
    let all = try client.unlock(file, locked.latest)
    #expect(all.seqid == locked.seqid + 2)
    #expect(throws: Never.self) { try client.lock(file, with: all) }
  }

  @Test("stateids and ranges that cannot be")
  func refusals() throws {
    let locked = try client.lock(file, under: open)
    #expect(status { try client.unlock(file, locked, count: 0) } == .NFS4ERR_INVAL)
    #expect(status { try client.unlock(file, open) } == .NFS4ERR_BAD_STATEID)
    #expect(status { try client.unlock(file, .current) } == .NFS4ERR_BAD_STATEID)
    let other = try TestClient(server, "other")
    #expect(status { try other.unlock(file, locked) } == .NFS4ERR_BAD_STATEID)
    try client.unlock(file, locked)
    #expect(status { try client.unlock(file, locked) } == .NFS4ERR_OLD_STATEID)
    let arguments = LOCKU4args(
      locktype: .READ_LT, seqid: 0, lockStateid: locked, offset: 0, length: 1)
    #expect(status { try client.run(LOCKU.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }
}

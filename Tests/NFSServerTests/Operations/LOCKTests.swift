import NFSServer
import NFSv4
import NIOCore
import Testing

/// LOCK (RFC 8881 §18.10): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_BAD_RANGE | beyond what the file system locks (see the tree's own tests) |
/// | NFS4ERR_BAD_STATEID, _OLD_STATEID | the open or lock stateid |
/// | NFS4ERR_DENIED | another lock-owner or a local process holds what is in the way |
/// | NFS4ERR_INVAL | no bytes, or bytes beyond 2^64 - 1 |
/// | NFS4ERR_ISDIR, _SYMLINK, _WRONG_TYPE | what is no regular file |
/// | NFS4ERR_NO_GRACE | reclaims |
/// | NFS4ERR_NOFILEHANDLE, _STALE | the filehandle |
/// | NFS4ERR_OPENMODE | a lock for writing of a file that is open for reading, and the reverse |
/// | NFS4ERR_RESOURCE | lock-owners of a client, or ranges of a file, at the limit |
@Suite struct LOCKTests {
  private let server = TestServer()
  private let client: TestClient
  private let other: TestClient
  private let file: MemoryTree.Object
  private let open: Stateid4
  private let theirs: Stateid4

  init() throws {
    client = try TestClient(server)
    other = try TestClient(server, "other")
    file = server.tree.add("file", mode: 0o666)
    open = try client.open(file, access: 3).stateid
    theirs = try other.open(file, access: 3).stateid
  }

  @Test("no bytes, too many bytes, what is no file, no filehandle, and reclaims")
  func refusals() throws {
    #expect(status { try client.lock(file, under: open, count: 0) } == .NFS4ERR_INVAL)
    #expect(
      status { try client.lock(file, under: open, at: 2, count: .max - 1) } == .NFS4ERR_INVAL)
    let directory = server.tree.add("dir", .NF4DIR)
    #expect(status { try client.lock(directory, under: open) } == .NFS4ERR_ISDIR)
    let link = server.tree.add("link", .NF4LNK)
    #expect(status { try client.lock(link, under: open) } == .NFS4ERR_SYMLINK)
    let locker = Locker4.lockOwner(ExistLockOwner4(lockStateid: open, lockSeqid: 0))
    for (reclaim, object, expected) in [
      (true, file, Nfsstat4.NFS4ERR_NO_GRACE), (false, nil, .NFS4ERR_NOFILEHANDLE),
    ] as [(Bool, MemoryTree.Object?, Nfsstat4)] {
      let arguments = LOCK4args(
        locktype: .READ_LT, reclaim: reclaim, offset: 0, length: 1, locker: locker)
      #expect(status { try client.run(LOCK.self, arguments, on: object) } == expected)
    }
    #expect(server.operations.withState { $0.lockCount } == 0)
  }

  @Test("stateids: made up, another client's, another file's, of the other kind, old")
  func stateids() throws {
    let made = Stateid4(seqid: 0, other: StateidOther(high: 6 << 56 | 99, low: 0x0a0b_0c0d))
    let another = server.tree.add("another", mode: 0o666)
    for stateid in [made, theirs, .anonymous, .current] {
      #expect(status { try client.lock(file, under: stateid) } == .NFS4ERR_BAD_STATEID)
      #expect(status { try client.lock(file, with: stateid) } == .NFS4ERR_BAD_STATEID)
    }
    #expect(status { try client.lock(another, under: open) } == .NFS4ERR_BAD_STATEID)
    #expect(status { try client.lock(file, with: open) } == .NFS4ERR_BAD_STATEID)
    let first = try client.lock(file, under: open, count: 1)
    let second = try client.lock(file, with: first, at: 5, count: 1)
    #expect(second == Stateid4(seqid: first.seqid + 1, other: first.other))
    #expect(status { try client.lock(file, with: first) } == .NFS4ERR_OLD_STATEID)
    #expect(status { try other.lock(file, with: second) } == .NFS4ERR_BAD_STATEID)
    #expect(status { try client.lock(another, with: second) } == .NFS4ERR_BAD_STATEID)
    // The same lock-owner again, as if it were new, is the one there is.
    let again = try client.lock(file, under: open, at: 9, count: 1)
    #expect(again.other == first.other && server.operations.withState { $0.lockCount } == 1)
  }

  @Test("a lock of a kind that the file is not open for")
  func openMode() throws {
    let reading = try client.open(file, owner: "reader", access: 1).stateid
    let writing = try client.open(file, owner: "writer", access: 2).stateid
    for (stateid, bad, good) in [
      (reading, NfsLockType4.WRITE_LT, NfsLockType4.READ_LT), (writing, .READW_LT, .WRITEW_LT),
    ] {
      #expect(status { try client.lock(file, under: stateid, bad) } == .NFS4ERR_OPENMODE)
      let locked = try client.lock(file, under: stateid, owner: "\(good)", good, count: 1)
      try client.unlock(file, locked)
    }
  }

  @Test("a denial says who holds what is in the way, and of what kind it is")
  func denied() throws {
    try client.lock(file, under: open, owner: "holder", at: 10, count: 10)
    let locker = Locker4.openOwner(
      OpenToLockOwner4(
        openSeqid: 0, openStateid: theirs, lockSeqid: 0,
        lockOwner: StateOwner4(clientid: 0, owner: [9])))
    let arguments = LOCK4args(
      locktype: .READ_LT, reclaim: false, offset: 0, length: 11, locker: locker)
    let denied = try other.denial(LOCK.self, arguments, on: file)
    #expect(denied.offset == 10 && denied.length == 10 && denied.locktype == .WRITE_LT)
    #expect(
      denied.owner == StateOwner4(clientid: client.clientid, owner: Array("holder".utf8)))
    // Nothing is left of the lock-owner that was denied.
    #expect(server.operations.withState { $0.lockCount } == 1)
    #expect(throws: Never.self) { try other.lock(file, under: theirs, at: 0, count: 10) }
  }

  @Test("two lock-owners of one client are two, and so are two opens of one lock-owner's name")
  func owners() throws {
    try client.lock(file, under: open, owner: "a")
    #expect(status { try client.lock(file, under: open, owner: "b") } == .NFS4ERR_DENIED)
    #expect(status { try other.lock(file, under: theirs, owner: "a") } == .NFS4ERR_DENIED)
  }

  @Test("readers share; a reader alone becomes a writer and a writer a reader")
  func upgrade() throws {
    let mine = try client.lock(file, under: open, .READ_LT)
    let shared = try other.lock(file, under: theirs, .READ_LT)
    #expect(status { try client.lock(file, with: mine) } == .NFS4ERR_DENIED)
    try other.unlock(file, shared)
    let writing = try client.lock(file, with: mine)
    #expect(status { try other.lock(file, under: theirs, .READ_LT) } == .NFS4ERR_DENIED)
    try client.lock(file, with: writing, .READ_LT)
    #expect(throws: Never.self) { try other.lock(file, under: theirs, .READ_LT) }
  }

  @Test("local processes are in the way, and find in their way what is locked here")
  func localProcesses() throws {
    server.tree.lockLocally(file, LockRange(offset: 5, count: 5))
    let locker = Locker4.openOwner(
      OpenToLockOwner4(
        openSeqid: 0, openStateid: open, lockSeqid: 0,
        lockOwner: StateOwner4(clientid: 0, owner: [9])))
    let arguments = LOCK4args(
      locktype: .WRITE_LT, reclaim: false, offset: 0, length: .max, locker: locker)
    let denied = try client.denial(LOCK.self, arguments, on: file)
    #expect(denied.offset == 5 && denied.length == 5 && denied.owner.clientid == 0)
    #expect(denied.owner.owner == Array("process 4711".utf8))
    try client.lock(file, under: open, at: 0, count: 5)
    let held = try #require(server.tree[file]).locks
    #expect(held.contains { $0.range == LockRange(offset: 0, count: 5) && $0.isExclusive })
  }

  @Test("CLOSE unlocks, here and for local processes")
  func close() throws {
    let locked = try client.lock(file, under: open)
    try client.close(file, open)
    #expect(server.operations.withState { $0.lockCount } == 0)
    #expect(throws: Never.self) { try other.lock(file, under: theirs) }
    #expect(status { try client.lock(file, with: locked) } == .NFS4ERR_BAD_STATEID)
  }

  @Test("a client that is gone has nothing locked")
  func gone() throws {
    try client.lock(file, under: open)
    server.pass(.seconds(60))
    _ = try other.flags()
    server.pass(.seconds(31))
    server.sessions.expire()
    #expect(throws: Never.self) { try other.lock(file, under: theirs) }
    #expect(server.operations.withState { $0.lockCount } == 1)
  }

  @Test("who waits is told when the lock may be had, once, and who does not wait is not")
  func notice() throws {
    let held = try client.lock(file, under: open)
    #expect(
      status { try other.lock(file, under: theirs, owner: "w", .WRITEW_LT) } == .NFS4ERR_DENIED)
    #expect(status { try other.lock(file, under: theirs, owner: "x") } == .NFS4ERR_DENIED)
    _ = server.directives()
    try client.unlock(file, held, at: 1)
    #expect(server.directives().isEmpty)
    try client.unlock(file, held.latest, at: 0, count: 1)
    let said = server.directives()
    guard said.count == 1, case .notifyLock(let notice) = said[0] else {
      Issue.record("\(said)")
      return
    }
    #expect(notice.clientid == other.clientid && notice.owner == Array("w".utf8))
    #expect(notice.file == file.handle)
    let mine = try other.lock(file, under: theirs, owner: "w", .WRITEW_LT)
    try other.unlock(file, mine)
    #expect(server.directives().isEmpty)
  }

  @Test("a downgrade, a CLOSE and the end of a client tell those who wait too")
  func noticesOfOthers() throws {
    for end in 0..<3 {
      let client = try TestClient(server, "client\(end)")
      let open = try client.open(file, access: 3).stateid
      let held = try client.lock(file, under: open)
      #expect(status { try other.lock(file, under: theirs, .READW_LT) } == .NFS4ERR_DENIED)
      _ = server.directives()
      switch end {
      case 0: try client.lock(file, with: held, .READ_LT)
      case 1: try client.close(file, open)
      default: issueDrop(client)
      }
      #expect(server.directives().map(\.kind) == ["notice"], "\(end)")
      if end == 0 { try client.unlock(file, held.latest) }
    }
  }

  private func issueDrop(_ client: TestClient) {
    let now = server.now
    server.issue(server.operations.withState { $0.drop(client: client.clientid, now: now) })
  }

  @Test("who waits and does not ask again is forgotten after a minute")
  func forgotten() throws {
    let held = try client.lock(file, under: open)
    #expect(status { try other.lock(file, under: theirs, .WRITEW_LT) } == .NFS4ERR_DENIED)
    server.pass(.seconds(61))
    server.tick()
    try client.unlock(file, held)
    #expect(server.directives().isEmpty)
  }

  @Test("a lock stateid reads and writes like its open")
  func use() throws {
    let locked = try client.lock(file, under: open, count: 5)
    try client.write(file, locked, "x")
    let read = READ4args(stateid: locked, offset: 0, count: 1)
    #expect(try client.run(READ.self, read, on: file).data.joined == ByteBuffer(string: "x"))
    let reading = try client.open(file, owner: "reader", access: 1).stateid
    let shared = try client.lock(file, under: reading, owner: "r", .READ_LT, at: 9, count: 1)
    #expect(status { try client.write(file, shared) } == .NFS4ERR_OPENMODE)
  }

  @Test("FREE_STATEID: not while something is locked; TEST_STATEID knows lock stateids")
  func free() throws {
    let locked = try client.lock(file, under: open)
    let test = TEST_STATEID4args(stateids: [locked, locked.latest])
    #expect(try client.run(TEST_STATEID.self, test).statusCodes == [.NFS4_OK, .NFS4_OK])
    let free = FREE_STATEID4args(stateid: locked.latest)
    #expect(status { try client.run(FREE_STATEID.self, free) } == .NFS4ERR_LOCKS_HELD)
    try client.unlock(file, locked)
    #expect(status { try client.run(FREE_STATEID.self, free) } == .NFS4_OK)
    #expect(status { try client.run(FREE_STATEID.self, free) } == .NFS4ERR_BAD_STATEID)
  }

  @Test("OPEN says that who waits will be told")
  func flags() throws {
    #expect(
      try client.open(file, access: 3).rflags & OPEN4.RESULT_MAY_NOTIFY_LOCK != 0)
  }
}

extension Stateid4 {
  /// The same state, whatever its seqid is by now.
  var latest: Stateid4 { Stateid4(seqid: 0, other: other) }
}

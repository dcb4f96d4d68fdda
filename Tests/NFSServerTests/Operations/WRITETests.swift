import NFSServer
import NFSv4
import NIOCore
import Testing

/// WRITE (RFC 8881 §18.32): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_ACCESS | the caller may not write, whoever opened the file |
/// | NFS4ERR_BAD_STATEID, _OLD_STATEID, _DELEG_REVOKED | the stateid |
/// | NFS4ERR_DELAY | a special stateid, and others hold something of the file |
/// | NFS4ERR_FBIG | beyond what the file system has |
/// | NFS4ERR_INVAL | offset and count beyond 2^64 - 1 |
/// | NFS4ERR_ISDIR, _SYMLINK, _WRONG_TYPE | what is no regular file |
/// | NFS4ERR_LOCKED | a special stateid, and an open denies writing |
/// | NFS4ERR_NOFILEHANDLE, _STALE | the filehandle |
/// | NFS4ERR_OPENMODE | the file is open for reading, or it is a read delegation |
/// | NFS4ERR_ROFS | a read-only export |
/// | NFS4ERR_IO, _NOSPC, _DQUOT | the disk |
@Suite struct WRITETests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
  }

  private func refusal(
    _ stateid: Stateid4 = .anonymous, _ object: MemoryTree.Object? = nil, at offset: UInt64 = 0,
    client: TestClient? = nil
  ) -> Nfsstat4 {
    status { try (client ?? self.client).write(object ?? file, stateid, at: offset) }
  }

  @Test(
    "only regular files are written to",
    arguments: [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_SYMLINK),
      (.NF4CHR, .NFS4ERR_WRONG_TYPE),
    ])
  func types(type: NfsFtype4, expected: Nfsstat4) {
    #expect(refusal(.anonymous, server.tree.add("\(type)", type)) == expected)
  }

  @Test("without a filehandle, and of a file that is gone")
  func noFile() throws {
    let arguments = WRITE4args(
      stateid: .anonymous, offset: 0, stable: .UNSTABLE4, data: ByteBuffer())
    #expect(status { try client.run(WRITE.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
    server.tree.remove(file)
    #expect(refusal() == .NFS4ERR_STALE)
  }

  @Test("made-up stateids, another client's, another file's and what is open for reading")
  func stateids() throws {
    let other = try TestClient(server, "other")
    let another = server.tree.add("another", uid: 1000)
    let made = Stateid4(seqid: 0, other: StateidOther(high: 1 << 56 | 99, low: 0x0a0b_0c0d))
    let reading = try client.open(file, access: 1)
    #expect(refusal(reading.stateid) == .NFS4ERR_OPENMODE)
    #expect(refusal(try #require(reading.delegationStateid)) == .NFS4ERR_OPENMODE)
    let open = try client.open(file, access: 3).stateid
    #expect(refusal(made) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(.invalid) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(.current) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(open, another) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(open, client: other) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(reading.stateid) == .NFS4ERR_OLD_STATEID)
    #expect(refusal(open) == .NFS4_OK)
  }

  @Test("an open of one user does not let another one write; its own user goes on with any mode")
  func otherUser() throws {
    let open = try client.open(file, access: 2).stateid
    server.tree.change(file) { $0.mode = 0o444 }
    #expect(refusal(open) == .NFS4_OK)
    client.caller.principal = sys(7)
    #expect(refusal(open) == .NFS4ERR_ACCESS)
    #expect(refusal() == .NFS4ERR_ACCESS)
    client.caller.principal = sys(0)
    #expect(refusal(open) == .NFS4_OK)
  }

  @Test("a special stateid is kept out by an open that denies writing, and by nothing else")
  func denied() throws {
    let other = try TestClient(server, "other")
    let open = try other.open(file, access: 1, deny: 2).stateid
    server.acknowledge()
    for stateid: Stateid4 in [.anonymous, .readBypass] {
      #expect(refusal(stateid) == .NFS4ERR_LOCKED)
    }
    try other.close(file, open)
    _ = try other.open(file, access: 1, deny: 1)
    let read = READ4args(stateid: .anonymous, offset: 0, count: 1)
    #expect(status { try client.run(READ.self, read, on: file) } == .NFS4ERR_LOCKED)
    let bypass = READ4args(stateid: .readBypass, offset: 0, count: 1)
    #expect(status { try client.run(READ.self, bypass, on: file) } == .NFS4_OK)
  }

  @Test("offsets: beyond 2^64 - 1 is invalid, beyond the file system's largest file too big")
  func offsets() throws {
    #expect(refusal(at: .max) == .NFS4ERR_INVAL)
    #expect(refusal(at: .max - 7) == .NFS4ERR_FBIG)
    try client.write(file, at: 10)
    #expect(server.tree[file]?.content.count == 17)
  }

  @Test("a read-only export, and what the disk fails with")
  func failures() throws {
    for failure: Nfsstat4 in [.NFS4ERR_IO, .NFS4ERR_NOSPC, .NFS4ERR_DQUOT] {
      server.tree.change(file) { $0.changeFailure = failure }
      #expect(refusal() == failure)
    }
    server.tree.change(file) { $0.changeFailure = nil }
    server.tree.setReadOnly()
    #expect(refusal() == .NFS4ERR_ROFS)
  }

  @Test("the answer says how stable it is; nothing written is nothing to be lost")
  func stability() throws {
    let open = try client.open(file, access: 2).stateid
    for stable: StableHow4 in [.UNSTABLE4, .DATA_SYNC4, .FILE_SYNC4] {
      let resok = try client.write(file, open, stable: stable)
      #expect(resok.count == 7 && resok.committed.rawValue >= stable.rawValue)
    }
    let before = server.tree[file]?.change
    #expect(try client.write(file, open, "").count == 0)
    #expect(server.tree[file]?.change == before)
  }

  @Test("the verifier is COMMIT's, stays, and changes when data may be lost")
  func verifier() throws {
    let open = try client.open(file, access: 2).stateid
    let first = try client.write(file, open, stable: .UNSTABLE4).writeverf
    let arguments = COMMIT4args(offset: 0, count: 0)
    #expect(try client.run(COMMIT.self, arguments, on: file).writeverf == first)
    server.tree.change(file) { $0.changeFailure = .NFS4ERR_IO }
    #expect(status { try client.run(COMMIT.self, arguments, on: file) } == .NFS4ERR_IO)
    server.tree.change(file) { $0.changeFailure = nil }
    let later = try client.run(COMMIT.self, arguments, on: file).writeverf
    #expect(later != first)
    #expect(try client.write(file, open).writeverf == later)
  }

  @Test("what was written is counted")
  func counters() throws {
    try client.write(file)
    #expect(server.operations.readCounters.writeCount == 1)
    #expect(server.operations.readCounters.writtenByteCount == 7)
  }
}

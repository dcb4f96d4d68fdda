import NFSServer
import NFSv4
import NIOCore
import Testing

/// WANT_DELEGATION (RFC 8881 §18.49): what it refuses, and why there may be no delegation.
///
/// | answer | when |
/// |---|---|
/// | NFS4ERR_ACCESS, _ROFS | the caller may not read, or write, the file |
/// | NFS4ERR_INVAL | no kind, or one that does not exist |
/// | NFS4ERR_NO_GRACE | reclaims |
/// | NFS4ERR_NOFILEHANDLE, _STALE | the filehandle |
/// | WND4_IS_DIR, _NOT_SUPP_FTYPE | what is no regular file |
/// | WND4_NOT_WANTED, _CANCELLED | none is wanted, or no more |
/// | WND4_CONTENTION | others use the file |
/// | WND4_RESOURCE | no backchannel, held already, what still changes |
@Suite struct WANT_DELEGATIONTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", mode: 0o666)
  }

  private func want(
    _ want: UInt32, _ object: MemoryTree.Object? = nil, _ claim: DelegClaim4 = .fh,
    _ client: TestClient? = nil
  ) throws -> OpenDelegation4 {
    try (client ?? self.client).run(
      WANT_DELEGATION.self, WANT_DELEGATION4args(want: want, claim: claim), on: object ?? file)
  }

  @Test("what is wanted makes sense and is no reclaim")
  func refusals() throws {
    for bad: UInt32 in [0, 0x600, 0x103, 0x40100] {
      #expect(status { _ = try want(bad) } == .NFS4ERR_INVAL)
    }
    for claim: DelegClaim4 in [.previous(.OPEN_DELEGATE_READ), .delegPrevFh] {
      #expect(status { _ = try want(0x100, nil, claim) } == .NFS4ERR_NO_GRACE)
    }
    let arguments = WANT_DELEGATION4args(want: 0x100, claim: .fh)
    #expect(status { try client.run(WANT_DELEGATION.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
    #expect(try want(0x400) == .noneExt(.notWanted))
    #expect(try want(0x500) == .noneExt(.cancelled))
    #expect(try want(0x100, server.tree.add("dir", .NF4DIR)) == .noneExt(.isDir))
    #expect(try want(0x100, server.tree.add("fifo", .NF4FIFO)) == .noneExt(.notSuppFtype))
  }

  @Test("rights are those of an OPEN")
  func rights() throws {
    let secret = server.tree.add("secret", mode: 0o600)
    #expect(status { _ = try want(0x100, secret) } == .NFS4ERR_ACCESS)
    server.tree.setReadOnly()
    #expect(status { _ = try want(0x200) } == .NFS4ERR_ROFS)
    if case .read = try want(0x100) { return }
    Issue.record("no delegation")
  }

  @Test("one for reading, or one for writing that nobody else is in the way of")
  func granted() throws {
    let other = try TestClient(server, "other")
    guard case .read = try want(0x300) else {
      Issue.record("no read delegation")
      return
    }
    #expect(try want(0x100) == .noneExt(.resource(serverWillSignalAvail: false)))
    #expect(try want(0x200) == .noneExt(.notSuppUpgrade))
    #expect(
      try want(0x200, file, .fh, other) == .noneExt(.contention(serverWillPushDeleg: false)))
    let another = server.tree.add("another", mode: 0o666)
    guard case .write(let held) = try want(0x1_0200, another) else {
      Issue.record("no write delegation")
      return
    }
    #expect(status { try other.open(another) } == .NFS4ERR_DELAY)
    try client.giveBack(another, held.stateid)
    try other.open(another, access: 0x401)
    #expect(
      try want(0x200, another) == .noneExt(.contention(serverWillPushDeleg: false)))
  }

  @Test("without a backchannel, and of what still changes, none is given")
  func none() throws {
    let deaf = try TestClient(server, "deaf", back: false)
    #expect(
      try want(0x100, file, .fh, deaf) == .noneExt(.resource(serverWillSignalAvail: false)))
    server.tree.change(file) { $0.isSettled = false }
    #expect(try want(0x100) == .noneExt(.resource(serverWillSignalAvail: false)))
  }
}

import NFSServer
import NFSv4
import NIOCore
import Testing

/// LOCKT (RFC 8881 §18.11): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_DENIED | another lock-owner or a local process holds what would be in the way |
/// | NFS4ERR_INVAL | no bytes, or bytes beyond 2^64 - 1 |
/// | NFS4ERR_ISDIR, _SYMLINK, _WRONG_TYPE | what is no regular file |
/// | NFS4ERR_NOFILEHANDLE, _STALE | the filehandle |
@Suite struct LOCKTTests {
  private let server = TestServer()

  @Test("what could be locked could, what could not is said, and nothing is locked by asking")
  func tested() throws {
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let file = server.tree.add("file", mode: 0o666)
    let open = try client.open(file, access: 3).stateid
    try client.lock(file, under: open, .READ_LT, at: 0, count: 10)
    #expect(status { try client.test(file) } == .NFS4_OK)
    #expect(status { try client.test(file, owner: "another") } == .NFS4ERR_DENIED)
    #expect(status { try other.test(file, .READ_LT) } == .NFS4_OK)
    #expect(status { try other.test(file, at: 10) } == .NFS4_OK)
    let denied = try other.denial(
      LOCKT.self,
      LOCKT4args(
        locktype: .WRITE_LT, offset: 9, length: 1, owner: StateOwner4(clientid: 0, owner: [1])),
      on: file)
    #expect(denied.owner.clientid == client.clientid && denied.locktype == .READ_LT)
    #expect(server.operations.withState { $0.lockCount } == 1)
  }

  @Test("local processes are in the way")
  func localProcesses() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    server.tree.lockLocally(file, LockRange(offset: 0, count: 1), isExclusive: false)
    #expect(status { try client.test(file) } == .NFS4ERR_DENIED)
    #expect(status { try client.test(file, .READ_LT) } == .NFS4_OK)
  }

  @Test("no bytes, too many bytes, what is no file, and no filehandle")
  func refusals() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    #expect(status { try client.test(file, count: 0) } == .NFS4ERR_INVAL)
    #expect(status { try client.test(file, at: 9, count: .max - 1) } == .NFS4ERR_INVAL)
    let directory = server.tree.add("dir", .NF4DIR)
    #expect(status { try client.test(directory) } == .NFS4ERR_ISDIR)
    let arguments = LOCKT4args(
      locktype: .READ_LT, offset: 0, length: 1, owner: StateOwner4(clientid: 0, owner: []))
    #expect(status { try client.run(LOCKT.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }
}

import NFSServer
import NFSv4
import Testing

@Suite struct DEALLOCATETests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
  }

  private func run(
    _ offset: UInt64, _ length: UInt64, _ stateid: Stateid4 = .anonymous,
    of object: MemoryTree.Object?
  ) -> Nfsstat4 {
    status {
      try client.run(
        DEALLOCATE.self, DEALLOCATE4args(stateid: stateid, offset: offset, length: length),
        on: object)
    }
  }

  @Test(
    "only regular files have content",
    arguments: [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_SYMLINK),
      (.NF4FIFO, .NFS4ERR_WRONG_TYPE),
    ])
  func types(type: NfsFtype4, expected: Nfsstat4) {
    #expect(run(0, 1, of: server.tree.add("object", type)) == expected)
  }

  @Test("no bytes, beyond 2^64 - 1, no filehandle, no right, stateids that do not let write")
  func refusals() throws {
    #expect(run(0, 0, of: file) == .NFS4ERR_INVAL)
    #expect(run(.max, 1, of: file) == .NFS4ERR_INVAL)
    #expect(run(0, 1, of: nil) == .NFS4ERR_NOFILEHANDLE)
    #expect(run(0, 1, .invalid, of: file) == .NFS4ERR_BAD_STATEID)
    let open = try client.open(file)
    #expect(run(0, 1, open.stateid, of: file) == .NFS4ERR_OPENMODE)
    try client.giveBack(file, open.delegationStateid)
    client.caller.principal = sys(7)
    #expect(run(0, 1, of: file) == .NFS4ERR_ACCESS)
    client.caller.principal = sys(1000)
    server.tree.setReadOnly()
    #expect(run(0, 1, of: file) == .NFS4ERR_ROFS)
  }

  @Test("with a special stateid whoever holds a delegation gives it up first")
  func recalls() throws {
    let reader = try TestClient(server, "reader")
    let held = try #require(try reader.open(file).delegationStateid)
    #expect(run(0, 1, of: file) == .NFS4ERR_DELAY)
    try reader.giveBack(file, held)
    #expect(run(0, 1, of: file) == .NFS4_OK)
  }

  @Test("the range reads as zeros and the size stays")
  func punches() throws {
    let open = try client.open(file, access: 2).stateid
    #expect(run(1, 2, open, of: file) == .NFS4_OK)
    #expect(run(6, 100, open, of: file) == .NFS4_OK)
    #expect(run(100, 1, open, of: file) == .NFS4_OK)
    let expected = [UInt8(ascii: "c"), 0, 0] + Array("ten".utf8) + [0]
    #expect(server.tree[file]?.content == expected)
  }
}

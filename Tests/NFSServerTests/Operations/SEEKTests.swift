import NFSv4
import Testing

@Suite struct SEEKTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", content: [1, 1, 0, 0, 1, 0], uid: 1000)
  }

  private func seek(
    _ what: DataContent4, from offset: UInt64, _ stateid: Stateid4 = .anonymous,
    of object: MemoryTree.Object?
  ) throws -> SeekRes4 {
    try client.run(
      SEEK.self, SEEK4args(stateid: stateid, offset: offset, what: what), on: object)
  }

  @Test(
    "only regular files have content",
    arguments: [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_SYMLINK),
      (.NF4FIFO, .NFS4ERR_WRONG_TYPE),
    ])
  func types(type: NfsFtype4, expected: Nfsstat4) {
    let object = server.tree.add("object", type)
    #expect(status { _ = try seek(.NFS4_CONTENT_DATA, from: 0, of: object) } == expected)
  }

  @Test("no filehandle, a made-up stateid, an open for writing only, beyond the end")
  func refusals() throws {
    func refusal(
      _ stateid: Stateid4, _ object: MemoryTree.Object?, from offset: UInt64 = 0
    ) -> Nfsstat4 {
      status { _ = try seek(.NFS4_CONTENT_HOLE, from: offset, stateid, of: object) }
    }
    #expect(refusal(.anonymous, nil) == .NFS4ERR_NOFILEHANDLE)
    #expect(refusal(.invalid, file) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(.anonymous, file, from: 6) == .NFS4ERR_NXIO)
    #expect(refusal(.anonymous, file, from: .max) == .NFS4ERR_NXIO)
    let open = try client.open(file, access: 2).stateid
    #expect(refusal(open, file) == .NFS4ERR_OPENMODE)
  }

  @Test("the next data, the next hole, and the end")
  func found() throws {
    let open = try client.open(file).stateid
    let expected: [(DataContent4, UInt64, SeekRes4)] = [
      (.NFS4_CONTENT_DATA, 0, SeekRes4(eof: false, offset: 0)),
      (.NFS4_CONTENT_HOLE, 0, SeekRes4(eof: false, offset: 2)),
      (.NFS4_CONTENT_DATA, 2, SeekRes4(eof: false, offset: 4)),
      (.NFS4_CONTENT_HOLE, 4, SeekRes4(eof: false, offset: 5)),
      (.NFS4_CONTENT_DATA, 5, SeekRes4(eof: true, offset: 6)),
    ]
    for (what, offset, result) in expected {
      #expect(try seek(what, from: offset, open, of: file) == result)
    }
  }
}

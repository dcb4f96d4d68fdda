import NFSv4
import Testing

@Suite struct IO_ADVISETests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
  }

  private func advise(
    _ stateid: Stateid4, offset: UInt64 = 0, count: UInt64 = 0, of object: MemoryTree.Object?
  ) throws -> Bitmap4 {
    try client.run(
      IO_ADVISE.self,
      IO_ADVISE4args(
        stateid: stateid, offset: offset, count: count, hints: .bits(IO_ADVISE4.WILLNEED)),
      on: object
    ).hints
  }

  @Test("no filehandle, no file, a made-up stateid, a range beyond 2^64 - 1")
  func refusals() throws {
    #expect(status { _ = try advise(.anonymous, of: nil) } == .NFS4ERR_NOFILEHANDLE)
    let folder = server.tree.add("folder", .NF4DIR)
    #expect(status { _ = try advise(.anonymous, of: folder) } == .NFS4ERR_ISDIR)
    #expect(status { _ = try advise(.invalid, of: file) } == .NFS4ERR_BAD_STATEID)
    #expect(
      status { _ = try advise(.anonymous, offset: 2, count: .max, of: file) } == .NFS4ERR_INVAL)
  }

  @Test("no hint is heeded, whatever the file is open for, and the reply says so")
  func hints() throws {
    #expect(try advise(try client.open(file).stateid, of: file).isEmpty)
    let other = server.tree.add("other", uid: 1000)
    let writing = try client.open(other, access: 2).stateid
    #expect(try advise(writing, of: other).isEmpty)
  }
}

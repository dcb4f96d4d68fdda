import NFSServer
import NFSv4
import Testing

@Suite struct CLONETests {
  private let server = TestServer()
  private let client: TestClient
  private let source: MemoryTree.Object
  private let target: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    source = server.tree.add("source", content: Array("0123456789".utf8), uid: 1000)
    target = server.tree.add("target", content: Array("target".utf8), uid: 1000)
  }

  private func arguments(
    _ src: Stateid4 = .anonymous, _ dst: Stateid4 = .anonymous, from srcOffset: UInt64 = 0,
    to dstOffset: UInt64 = 0, count: UInt64 = 0
  ) -> CLONE4args {
    CLONE4args(
      srcStateid: src, dstStateid: dst, srcOffset: srcOffset, dstOffset: dstOffset, count: count)
  }

  private func run(
    _ arguments: CLONE4args, from source: MemoryTree.Object? = nil,
    to target: MemoryTree.Object? = nil
  ) -> Nfsstat4 {
    status {
      try client.run(
        CLONE.self, arguments, saved: source ?? self.source, on: target ?? self.target)
    }
  }

  @Test("both filehandles are needed, and both are regular files")
  func filehandles() throws {
    #expect(
      status { try client.run(CLONE.self, arguments(), on: target) } == .NFS4ERR_NOFILEHANDLE)
    #expect(run(arguments(), from: server.tree.add("folder", .NF4DIR)) == .NFS4ERR_ISDIR)
    #expect(run(arguments(), to: server.tree.add("link", .NF4LNK)) == .NFS4ERR_SYMLINK)
  }

  @Test("what the file system cannot share is invalid, and ranges beyond 2^64 - 1")
  func ranges() {
    #expect(run(arguments(from: 1)) == .NFS4ERR_INVAL)
    #expect(run(arguments(count: 11)) == .NFS4ERR_INVAL)
    #expect(run(arguments(from: 4, count: .max)) == .NFS4ERR_INVAL)
    #expect(run(arguments(to: .max - 3, count: 8)) == .NFS4ERR_INVAL)
  }

  @Test("stateids: each is of its own file, for its own direction")
  func stateids() throws {
    let reading = try client.open(source, access: 1).stateid
    let writing = try client.open(target, access: 2).stateid
    #expect(run(arguments(reading, .invalid)) == .NFS4ERR_BAD_STATEID)
    #expect(run(arguments(writing, writing)) == .NFS4ERR_BAD_STATEID)
    #expect(run(arguments(reading, writing)) == .NFS4_OK)
  }

  @Test("the range, or everything up to the source's end")
  func content() {
    #expect(run(arguments(from: 4, count: 4)) == .NFS4_OK)
    #expect(server.tree[target]?.content == Array("4567et".utf8))
    #expect(run(arguments()) == .NFS4_OK)
    #expect(server.tree[target]?.content == server.tree[source]?.content)
  }

  @Test("with a special stateid whoever holds a delegation of the target gives it up first")
  func recalls() throws {
    let reader = try TestClient(server, "reader")
    let held = try #require(try reader.open(target).delegationStateid)
    #expect(run(arguments()) == .NFS4ERR_DELAY)
    try reader.giveBack(target, held)
    #expect(run(arguments()) == .NFS4_OK)
  }
}

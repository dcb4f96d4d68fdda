import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct COPYTests {
  private let server: TestServer
  private let client: TestClient
  private let source: MemoryTree.Object
  private let target: MemoryTree.Object

  init() throws {
    server = TestServer { $0.maxCopyBytes = 10 }
    client = try TestClient(server)
    source = server.tree.add("source", content: Array("0123456789abcdef".utf8), uid: 1000)
    target = server.tree.add("target", content: Array("target".utf8), uid: 1000)
  }

  private func arguments(
    _ src: Stateid4 = .anonymous, _ dst: Stateid4 = .anonymous, from srcOffset: UInt64 = 0,
    to dstOffset: UInt64 = 0, count: UInt64 = 0, isSynchronous: Bool = true,
    servers: [Netloc4] = []
  ) -> COPY4args {
    COPY4args(
      srcStateid: src, dstStateid: dst, srcOffset: srcOffset, dstOffset: dstOffset, count: count,
      consecutive: true, synchronous: isSynchronous, sourceServer: servers)
  }

  private func refusal(
    _ arguments: COPY4args, from source: MemoryTree.Object? = nil,
    to target: MemoryTree.Object? = nil
  ) -> Nfsstat4 {
    status {
      try client.run(
        COPY.self, arguments, saved: source ?? self.source, on: target ?? self.target)
    }
  }

  @Test("both filehandles are needed, and both are regular files")
  func filehandles() throws {
    #expect(status { try client.run(COPY.self, arguments()) } == .NFS4ERR_NOFILEHANDLE)
    #expect(
      status { try client.run(COPY.self, arguments(), on: target) } == .NFS4ERR_NOFILEHANDLE)
    let folder = server.tree.add("folder", .NF4DIR)
    let fifo = server.tree.add("fifo", .NF4FIFO)
    #expect(refusal(arguments(), from: folder) == .NFS4ERR_ISDIR)
    #expect(refusal(arguments(), to: folder) == .NFS4ERR_ISDIR)
    #expect(refusal(arguments(), to: fifo) == .NFS4ERR_WRONG_TYPE)
  }

  @Test("another server's file is not supported; ranges beyond the source are invalid")
  func ranges() throws {
    let elsewhere = Netloc4.name(Array("other".utf8))
    #expect(refusal(arguments(servers: [elsewhere])) == .NFS4ERR_NOTSUPP)
    #expect(refusal(arguments(from: 17)) == .NFS4ERR_INVAL)
    #expect(refusal(arguments(from: 10, count: 7)) == .NFS4ERR_INVAL)
    #expect(refusal(arguments(from: 2, count: .max)) == .NFS4ERR_INVAL)
    #expect(refusal(arguments(to: .max, count: 2)) == .NFS4ERR_INVAL)
  }

  @Test("stateids: each is of its own file, for its own direction")
  func stateids() throws {
    let reading = try client.open(source, access: 1)
    let writing = try client.open(target, access: 2).stateid
    #expect(refusal(arguments(.invalid)) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(arguments(reading.stateid, reading.stateid)) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(arguments(writing, writing)) == .NFS4ERR_BAD_STATEID)
    #expect(refusal(arguments(.current, writing)) == .NFS4ERR_BAD_STATEID)
    let writingSource = try client.open(source, owner: "other", access: 2).stateid
    #expect(refusal(arguments(writingSource, writing)) == .NFS4ERR_OPENMODE)
    #expect(refusal(arguments(reading.stateid, writing)) == .NFS4_OK)
  }

  @Test("what the disk fails with is the answer, unless something was copied before")
  func failure() throws {
    server.tree.change(target) { $0.changeFailure = .NFS4ERR_NOSPC }
    #expect(refusal(arguments()) == .NFS4ERR_NOSPC)
    server.tree.change(target) { $0.changeFailure = nil }
    server.tree.setReadOnly()
    #expect(refusal(arguments()) == .NFS4ERR_ROFS)
  }

  @Test("a long copy is answered with what was copied so far")
  func short() throws {
    let writing = try client.open(target, access: 2).stateid
    let reading = try client.open(source, access: 1).stateid
    var resok = try client.run(
      COPY.self, arguments(reading, writing), saved: source, on: target)
    #expect(resok.response.count == 10)
    #expect(server.tree[target]?.content == Array("0123456789".utf8))
    resok = try client.run(
      COPY.self, arguments(reading, writing, from: 10, to: 10), saved: source, on: target)
    #expect(resok.response.count == 6)
    #expect(server.tree[target]?.content == server.tree[source]?.content)
    #expect(resok.response.committed == .UNSTABLE4)
    let verifier = try client.run(
      COMMIT.self, COMMIT4args(offset: 0, count: 0), on: target
    ).writeverf
    #expect(resok.response.writeverf == verifier)
  }

  @Test("a copy that may run in the background is done before its reply all the same")
  func synchronous() throws {
    let resok = try client.run(
      COPY.self, arguments(from: 1, to: 2, count: 3, isSynchronous: false), saved: source,
      on: target)
    #expect(resok.response.callbackId == nil)
    #expect(resok.requirements == CopyRequirements4(consecutive: true, synchronous: true))
    #expect(server.tree[target]?.content == Array("ta123t".utf8))
  }

  @Test("with a special stateid whoever holds a delegation of the target gives it up first")
  func recalls() throws {
    let reader = try TestClient(server, "reader")
    let held = try #require(try reader.open(target).delegationStateid)
    #expect(refusal(arguments()) == .NFS4ERR_DELAY)
    try reader.giveBack(target, held)
    #expect(refusal(arguments()) == .NFS4_OK)
  }
}

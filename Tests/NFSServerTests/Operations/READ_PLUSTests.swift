import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct READ_PLUSTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", content: [1, 2, 0, 0, 0, 3, 0], uid: 1000)
  }

  private func read(
    at offset: UInt64 = 0, _ count: UInt32 = 100, _ stateid: Stateid4 = .anonymous,
    of object: MemoryTree.Object?
  ) throws -> ReadPlusRes4 {
    try client.run(
      READ_PLUS.self, READ_PLUS4args(stateid: stateid, offset: offset, count: count), on: object)
  }

  private func data(_ offset: UInt64, _ bytes: [UInt8]) -> ReadPlusContent {
    .data(Data4(offset: offset, data: [ByteBuffer(bytes: bytes)]))
  }

  private func hole(_ offset: UInt64, _ length: UInt64) -> ReadPlusContent {
    .hole(DataInfo4(offset: offset, length: length))
  }

  @Test(
    "only regular files have content",
    arguments: [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_SYMLINK),
      (.NF4FIFO, .NFS4ERR_WRONG_TYPE),
    ])
  func types(type: NfsFtype4, expected: Nfsstat4) {
    #expect(status { _ = try read(of: server.tree.add("object", type)) } == expected)
  }

  @Test("no filehandle, made-up stateids, no right")
  func refusals() throws {
    #expect(status { _ = try read(of: nil) } == .NFS4ERR_NOFILEHANDLE)
    #expect(status { _ = try read(0, .invalid, of: file) } == .NFS4ERR_BAD_STATEID)
    server.tree.change(file) { $0.mode = 0o600 }
    client.caller.principal = sys(7)
    #expect(status { _ = try read(of: file) } == .NFS4ERR_ACCESS)
  }

  @Test("data and holes take turns, within the range that was asked for")
  func segments() throws {
    let open = try client.open(file).stateid
    let all = try read(100, open, of: file)
    #expect(all.contents == [data(0, [1, 2]), hole(2, 3), data(5, [3]), hole(6, 1)])
    #expect(all.eof)
    let part = try read(at: 1, 3, open, of: file)
    #expect(part.contents == [data(1, [2]), hole(2, 2)])
    #expect(!part.eof)
    #expect(try read(at: 3, 4, open, of: file).eof)
  }

  @Test("nothing at the end, beyond it, and for no bytes")
  func nothing() throws {
    for offset in [7, 8, .max] as [UInt64] {
      let end = try read(at: offset, of: file)
      #expect(end.contents.isEmpty && end.eof)
    }
    let none = try read(at: 0, 0, of: file)
    #expect(none.contents.isEmpty && !none.eof)
  }

  @Test("a file of many holes comes in several replies, and none is beyond what the session has")
  func manyHoles() throws {
    let content = (0..<1000).map { UInt8($0 % 2) }
    let object = server.tree.add("holes", content: content)
    let small = try TestClient(server, "small", maxResponseBytes: 1024)
    var offset: UInt64 = 0
    var rebuilt: [UInt8] = []
    var isAtEnd = false
    var replyCount = 0
    while !isAtEnd {
      let reply = try small.run(
        READ_PLUS.self, READ_PLUS4args(stateid: .anonymous, offset: offset, count: 1000),
        on: object)
      replyCount += 1
      try #require(!reply.contents.isEmpty)
      for content in reply.contents {
        switch content {
        case .data(let data):
          #expect(data.offset == UInt64(rebuilt.count))
          for slice in data.data { rebuilt += Array(slice.readableBytesView) }
        case .hole(let hole):
          #expect(hole.offset == UInt64(rebuilt.count))
          rebuilt += Array(repeating: 0, count: Int(hole.length))
        }
      }
      offset = UInt64(rebuilt.count)
      isAtEnd = reply.eof
    }
    #expect(rebuilt == content)
    #expect(replyCount > 15)
  }
}

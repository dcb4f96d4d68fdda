import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct READTests {
  private let server = TestServer()

  private func read(
    _ client: TestClient, _ stateid: Stateid4, _ object: MemoryTree.Object, offset: UInt64 = 0,
    count: UInt32 = 100
  ) throws -> READ4resok {
    try client.run(
      READ.self, READ4args(stateid: stateid, offset: offset, count: count), on: object)
  }

  @Test("only regular files are read")
  func types() throws {
    let client = try TestClient(server)
    for (type, expected) in [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_SYMLINK),
      (.NF4CHR, .NFS4ERR_WRONG_TYPE),
    ] {
      let object = server.tree.add("\(type)", type)
      #expect(status { _ = try read(client, .anonymous, object) } == expected)
    }
  }

  @Test("made-up stateids, another client's, another file's and a layout's are bad")
  func badStateids() throws {
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let (file, another) = (server.tree.add("file"), server.tree.add("another"))
    let open = try client.open(file).stateid
    let layout = try client.layout(file, open).stateid
    let made = Stateid4(seqid: 0, other: StateidOther(high: 1 << 56 | 99, low: 0x0a0b_0c0d))
    for (who, stateid, object) in [
      (client, made, file), (other, open, file), (client, open, another), (client, layout, file),
      (client, .current, file), (client, .invalid, file),
    ] {
      #expect(status { _ = try read(who, stateid, object) } == .NFS4ERR_BAD_STATEID)
    }
  }

  @Test("an earlier seqid is old, and zero is the latest")
  func seqids() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    try client.open(file)
    var stateid = try client.open(file).stateid
    stateid.seqid = 1
    #expect(status { _ = try read(client, stateid, file) } == .NFS4ERR_OLD_STATEID)
    stateid.seqid = 0
    #expect(throws: Never.self) { try read(client, stateid, file) }
  }

  @Test("an open of one user does not let another one read")
  func otherUser() throws {
    let client = try TestClient(server, uid: 8)
    let secret = server.tree.add("secret", mode: 0o600, uid: 8)
    let open = try client.open(secret)
    let delegation = try #require(open.delegationStateid)
    client.caller.principal = sys(7)
    for stateid in [open.stateid, delegation, .anonymous, .readBypass] {
      #expect(status { _ = try read(client, stateid, secret) } == .NFS4ERR_ACCESS)
    }
    client.caller.principal = .none
    #expect(status { _ = try read(client, open.stateid, secret) } == .NFS4ERR_ACCESS)
    client.caller.principal = sys(8)
    for stateid in [open.stateid, delegation, .anonymous, .readBypass] {
      #expect(throws: Never.self) { try read(client, stateid, secret) }
    }
  }

  @Test("the end of the file is said with its last byte, and beyond it")
  func eof() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file", content: Array(0..<10))
    let cases: [(UInt64, UInt32, [UInt8], Bool)] = [
      (0, 9, Array(0..<9), false), (0, 10, Array(0..<10), true), (0, 11, Array(0..<10), true),
      (9, 1, [9], true), (10, 1, [], true), (11, 0, [], true), (.max, .max, [], true),
      (0, 0, [], false), (5, .max, Array(5..<10), true),
    ]
    for (offset, count, bytes, isEnd) in cases {
      let resok = try read(client, .anonymous, file, offset: offset, count: count)
      #expect(resok.data.joined == ByteBuffer(bytes: bytes), "\(count) at \(offset)")
      #expect(resok.eof == isEnd, "\(count) at \(offset)")
    }
  }

  @Test("an empty file ends at once")
  func emptyFile() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file", content: [])
    #expect(try read(client, .anonymous, file).eof)
  }

  @Test("a READ larger than the reply may be is cut, not refused")
  func cut() throws {
    let client = try TestClient(server, maxResponseBytes: 2000)
    let content = (0..<5000).map { UInt8($0 & 0xff) }
    let file = server.tree.add("file", content: content)
    var all: [UInt8] = []
    while all.count < content.count {
      let resok = try read(
        client, .anonymous, file, offset: UInt64(all.count), count: .max)
      try #require(!resok.data.isEmpty)
      all += resok.data.joined.readableBytesView
      #expect(resok.eof == (all.count == content.count))
    }
    #expect(all == content)
  }

  @Test("what was served is counted")
  func counters() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file", content: Array(0..<10))
    _ = try read(client, .anonymous, file, count: 7)
    _ = try read(client, .anonymous, file, offset: 7, count: 7)
    #expect(server.operations.readCounters.readCount == 2)
    #expect(server.operations.readCounters.readByteCount == 10)
  }
}

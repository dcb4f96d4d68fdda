import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Testing
import XDR

/// COMPOUND framing (RFC 8881 §2.6, §16.2).
@Suite struct SessionServiceTests {
  private let server = TestServer()

  private func reply(_ client: TestClient, _ arguments: ByteBuffer) -> ByteBuffer? {
    server.reply(arguments, caller: client.caller, connection: client.connection)
  }

  /// The results without a session.
  private func outside(_ build: (inout CompoundBuilder) -> Void) throws -> CompoundResults {
    var builder = CompoundBuilder(tag: [1, 2, 3], minorversion: 1)
    build(&builder)
    let reply = server.reply(
      builder.finish(), caller: Caller(principal: .none, address: []), connection: 99)
    return try CompoundResults(try #require(reply))
  }

  @Test("what is no COMPOUND header is garbage")
  func garbage() {
    let caller = Caller(principal: .none, address: [])
    for bytes: [UInt8] in [
      [], [0, 0, 0, 0], [255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 0],
      // One operation is promised, and none follows.
      [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1],
      [0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255],
    ] {
      #expect(server.reply(ByteBuffer(bytes: bytes), caller: caller, connection: 9) == nil)
    }
  }

  @Test("other minor versions are a mismatch without results", arguments: [0, 3, .max])
  func minorVersions(version: UInt32) throws {
    var builder = CompoundBuilder(tag: [7], minorversion: version)
    builder.append(PUTROOTFH.self, Void4())
    let reply = server.reply(
      builder.finish(), caller: Caller(principal: .none, address: []), connection: 9)
    #expect(
      reply == ByteBuffer(bytes: [0, 0, 0x27, 0x25, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0]))
  }

  @Test("a COMPOUND of nothing succeeds, and the tag comes back")
  func empty() throws {
    let results = try outside { _ in }
    #expect(results.status == .NFS4_OK && results.count == 0)
    #expect(results.tag == ByteBuffer(bytes: [1, 2, 3]))
    try results.finish()
  }

  @Test("operations that need a session are refused outside of one")
  func outsideSession() throws {
    var results = try outside {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(GETFH.self, Void4())
    }
    #expect(results.status == .NFS4ERR_OP_NOT_IN_SESSION && results.count == 1)
    #expect(status { _ = try results.next(PUTROOTFH.self) } == .NFS4ERR_OP_NOT_IN_SESSION)
    try results.finish()
  }

  @Test("operations without a session are alone in their COMPOUND")
  func notOnly() throws {
    let owner = ClientOwner4(verifier: 1, ownerid: [1])
    let results = try outside {
      $0.append(EXCHANGE_ID.self, .test(owner))
      $0.append(EXCHANGE_ID.self, .test(owner))
    }
    #expect(results.status == .NFS4ERR_NOT_ONLY_OP && results.count == 1)
    #expect(server.sessions.withTable { $0.clientCount } == 0)
  }

  @Test("SEQUENCE is first or nowhere")
  func sequencePosition() throws {
    let client = try TestClient(server)
    var results = try client.compound {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(
        SEQUENCE.self,
        SEQUENCE4args(
          sessionid: client.session, sequenceid: 9, slotid: 0, highestSlotid: 0, cachethis: false))
    }
    _ = try results.next(PUTROOTFH.self)
    #expect(status { _ = try results.next(SEQUENCE.self) } == .NFS4ERR_SEQUENCE_POS)
  }

  @Test("operations nobody knows are OP_ILLEGAL, after those before them ran")
  func unknown() throws {
    let client = try TestClient(server)
    for number: UInt32 in [0, 1, 2, 76, 10044, 0x5032_5004, .max] {
      var request = client.request {
        $0.append(PUTROOTFH.self, Void4())
        $0.append(GETFH.self, Void4())
      }
      // The last operation is its number only.
      request.setInteger(number, at: request.writerIndex - 4)
      var results = try CompoundResults(try #require(reply(client, request)))
      #expect(results.status == .NFS4ERR_OP_ILLEGAL && results.count == 3)
      _ = try results.next(SEQUENCE.self)
      _ = try results.next(PUTROOTFH.self)
      #expect(status { _ = try results.next(GETFH.self) } == .NFS4ERR_OP_ILLEGAL)
      try results.finish()
    }
  }

  @Test("operations of minor version 2 do not exist in minor version 1")
  func laterOperations() throws {
    let client = try TestClient(server)
    let object = server.tree.add("file")
    let seek = SEEK4args(stateid: .anonymous, offset: 0, what: .NFS4_CONTENT_DATA)
    #expect(status { try client.run(SEEK.self, seek, on: object) } == .NFS4_OK)
    client.minorversion = 1
    #expect(status { try client.run(SEEK.self, seek, on: object) } == .NFS4ERR_OP_ILLEGAL)
  }

  @Test("operations that are not supported say so, once their arguments are well formed")
  func unsupported() throws {
    let client = try TestClient(server)
    let arguments = OPENATTR4args(createdir: false)
    let object = server.tree.add("file")
    #expect(status { try client.run(OPENATTR.self, arguments, on: object) } == .NFS4ERR_NOTSUPP)
    var request = client.request { $0.append(OPENATTR.self, arguments) }
    request.setInteger(UInt32(2), at: request.writerIndex - 4)
    let results = try CompoundResults(try #require(reply(client, request)))
    #expect(results.status == .NFS4ERR_BADXDR)
  }

  @Test("arguments that end early are BADXDR, after the operations before them ran")
  func truncated() throws {
    let client = try TestClient(server)
    let whole = client.request {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(LOOKUP.self, LOOKUP4args(objname: Array("name".utf8)))
    }
    var request = ByteBuffer(bytes: whole.readableBytesView.dropLast(4))
    var results = try CompoundResults(try #require(reply(client, request)))
    #expect(results.status == .NFS4ERR_BADXDR && results.count == 3)
    _ = try results.next(SEQUENCE.self)
    _ = try results.next(PUTROOTFH.self)
    #expect(status { _ = try results.next(LOOKUP.self) } == .NFS4ERR_BADXDR)
    // Three operations are promised, and two are there.
    request = client.request {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(GETFH.self, Void4())
    }
    request.moveWriterIndex(to: request.writerIndex - 4)
    results = try CompoundResults(try #require(reply(client, request)))
    #expect(results.status == .NFS4ERR_BADXDR && results.count == 3)
  }

  @Test("every truncation of a request is answered or garbage, and the session goes on")
  func everyTruncation() throws {
    let client = try TestClient(server)
    let object = server.tree.add("file")
    for count in 0... {
      let whole = client.request {
        $0.append(PUTFH.self, PUTFH4args(object: object.handle))
        $0.append(OPEN.self, .test())
        $0.append(READ.self, READ4args(stateid: .current, offset: 0, count: 10))
      }
      guard count < whole.readableBytes else {
        _ = reply(client, whole)
        break
      }
      let cut = ByteBuffer(bytes: whole.readableBytesView.prefix(count))
      // A request cut within SEQUENCE did not take the slot.
      if reply(client, cut) == nil || count < 12 + 4 + 32 { _ = reply(client, whole) }
    }
    #expect(try client.flags() == [])
  }

  @Test("what does not fit the reply is REP_TOO_BIG, and what it wrote is gone")
  func replyTooBig() throws {
    let client = try TestClient(server, maxResponseBytes: 600)
    let mask = Bitmap4(attributes: [0, 1, 3, 4, 8, 10, 20, 30, 31, 33, 75, 79])
    var results = try client.compound {
      $0.append(PUTROOTFH.self, Void4())
      for _ in 0..<6 { $0.append(GETATTR.self, GETATTR4args(attrRequest: mask)) }
    }
    #expect(results.status == .NFS4ERR_REP_TOO_BIG)
    _ = try results.next(PUTROOTFH.self)
    var ran = 0
    let last = status {
      while true {
        _ = try results.next(GETATTR.self)
        ran += 1
      }
    }
    #expect(last == .NFS4ERR_REP_TOO_BIG && ran > 0 && ran < 6)
    try results.finish()
  }

  @Test("a retry gets the reply of the first run, byte for byte, and nothing runs twice")
  func exactlyOnce() throws {
    let client = try TestClient(server)
    let object = server.tree.add("file")
    let request = client.request(cachethis: true) {
      $0.append(PUTFH.self, PUTFH4args(object: object.handle))
      $0.append(OPEN.self, .test())
    }
    let first = try #require(reply(client, request))
    let other = server.newConnection()
    #expect(server.reply(request, caller: client.caller, connection: other) == first)
    #expect(server.operations.readCounters.openCount == 1)
    server.sessions.withTable { _ = $0.connectionClosed(client.connection) }
    #expect(server.reply(request, caller: client.caller, connection: other) == first)
  }

  @Test("a retry of what was not kept is refused behind SEQUENCE; SEQUENCE alone is not")
  func uncachedRetry() throws {
    let client = try TestClient(server)
    let request = client.request { $0.append(PUTROOTFH.self, Void4()) }
    _ = reply(client, request)
    var results = try CompoundResults(try #require(reply(client, request)))
    _ = try results.next(SEQUENCE.self)
    #expect(status { _ = try results.next(PUTROOTFH.self) } == .NFS4ERR_RETRY_UNCACHED_REP)
    let alone = client.request { _ in }
    _ = reply(client, alone)
    #expect(try CompoundResults(try #require(reply(client, alone))).status == .NFS4_OK)
  }

  @Test("what is too large to be kept and had to be is REP_TOO_BIG_TO_CACHE, and that is kept")
  func tooLargeToKeep() throws {
    let client = try TestClient(server)
    let object = server.tree.add("file", content: Array(repeating: 7, count: 8000))
    let request = client.request(cachethis: true) {
      $0.append(PUTFH.self, PUTFH4args(object: object.handle))
      $0.append(READ.self, READ4args(stateid: .anonymous, offset: 0, count: 8000))
      $0.append(GETFH.self, Void4())
    }
    let first = try #require(reply(client, request))
    var results = try CompoundResults(first)
    #expect(results.status == .NFS4ERR_REP_TOO_BIG_TO_CACHE && results.count == 3)
    _ = try results.next(SEQUENCE.self)
    _ = try results.next(PUTFH.self)
    #expect(status { _ = try results.next(READ.self) } == .NFS4ERR_REP_TOO_BIG_TO_CACHE)
    #expect(reply(client, request) == first)
    // What need not be kept may be as large as the session allows.
    let read = try client.compound {
      $0.append(PUTFH.self, PUTFH4args(object: object.handle))
      $0.append(READ.self, READ4args(stateid: .anonymous, offset: 0, count: 8000))
    }
    #expect(read.status == .NFS4_OK)
  }

  @Test("an operation whose reply could not be kept does not run", arguments: 80...400)
  func notBegun(keptBytes: Int) throws {
    let client = try TestClient(server, maxCachedResponseBytes: UInt32(keptBytes))
    let object = server.tree.add("file")
    let request = client.request(cachethis: true) {
      $0.append(PUTFH.self, PUTFH4args(object: object.handle))
      $0.append(OPEN.self, .test())
    }
    let results = try CompoundResults(try #require(reply(client, request)))
    let opens = server.operations.readCounters.openCount
    if opens == 0 {
      #expect(results.status == .NFS4ERR_REP_TOO_BIG_TO_CACHE)
    } else {
      #expect(opens == 1 && results.status == .NFS4_OK)
    }
    #expect((opens == 1) == (keptBytes >= 36 + 44 + 8 + 160))
  }

  @Test("a session that can keep nothing refuses a request to, and its slot stays as it was")
  func keepsNothing() throws {
    for keptBytes: UInt32 in [0, 79] {
      let client = try TestClient(server, maxCachedResponseBytes: keptBytes)
      let request = client.request(cachethis: true) { $0.append(PUTROOTFH.self, Void4()) }
      let results = try CompoundResults(try #require(reply(client, request)))
      #expect(results.status == .NFS4ERR_REP_TOO_BIG_TO_CACHE && results.count == 1)
      // The same sequence id is still due.
      var again = request
      again.setInteger(UInt32(0), at: again.writerIndex - 8)
      #expect(try CompoundResults(try #require(reply(client, again))).status == .NFS4_OK)
    }
  }

  @Test("a retry by somebody else is a false one")
  func falseRetry() throws {
    let client = try TestClient(server)
    let request = client.request(cachethis: true) { $0.append(PUTROOTFH.self, Void4()) }
    _ = reply(client, request)
    let other = Caller(principal: sys(1), address: client.caller.address)
    let answer = server.reply(request, caller: other, connection: client.connection)
    #expect(try CompoundResults(try #require(answer)).status == .NFS4ERR_SEQ_FALSE_RETRY)
  }
}

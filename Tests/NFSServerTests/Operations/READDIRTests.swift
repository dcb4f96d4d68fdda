import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct READDIRTests {
  private let server = TestServer()

  private func list(
    _ client: TestClient, _ object: MemoryTree.Object, cookie: UInt64 = 0, verf: UInt64 = 0,
    dircount: UInt32 = 0, maxcount: UInt32 = 8192, mask: Bitmap4 = Bitmap4(attributes: [20])
  ) throws -> READDIR4resok {
    try client.run(
      READDIR.self,
      READDIR4args(
        cookie: cookie, cookieverf: verf, dircount: dircount, maxcount: maxcount,
        attrRequest: mask), on: object)
  }

  @Test("what is no directory, a bad cookie, verifier or attribute is refused")
  func refusals() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let root = try server.tree.root()
    #expect(status { _ = try list(client, file) } == .NFS4ERR_NOTDIR)
    for cookie: UInt64 in [1, 2] {
      #expect(status { _ = try list(client, root, cookie: cookie) } == .NFS4ERR_BAD_COOKIE)
    }
    #expect(status { _ = try list(client, root, verf: 1) } == .NFS4ERR_NOT_SAME)
    let mask = Bitmap4(attributes: [FATTR4.TIME_ACCESS_SET])
    #expect(status { _ = try list(client, root, mask: mask) } == .NFS4ERR_INVAL)
    #expect(status { _ = try list(client, root, maxcount: 20) } == .NFS4ERR_TOOSMALL)
  }

  @Test("an empty directory ends at once")
  func empty() throws {
    let client = try TestClient(server)
    let resok = try list(client, server.tree.add("dir", .NF4DIR))
    #expect(resok.eof && resok.entries.isEmpty)
  }

  @Test(
    "whatever the limits, every entry comes once, in order",
    arguments: [
      (0, 100), (0, 300), (60, 8192), (1, 8192), (0, 8192),
    ] as [(UInt32, UInt32)])
  func pages(dircount: UInt32, maxcount: UInt32) throws {
    let client = try TestClient(server)
    let directory = server.tree.add("dir", .NF4DIR)
    let names = (0..<50).map { "entry-\($0)" }
    for name in names { server.tree.add(name, in: directory.id) }
    var seen: [String] = []
    var cookie: UInt64 = 0
    while true {
      let resok = try list(
        client, directory, cookie: cookie, dircount: dircount, maxcount: maxcount)
      // Eight bytes of verifier, and those of the last two words, count too.
      #expect(resok.xdr.readableBytes <= maxcount)
      seen += resok.entries.map { String(decoding: $0.name, as: UTF8.self) }
      if resok.eof { break }
      cookie = try #require(resok.entries.last).cookie
    }
    #expect(seen == names)
  }

  @Test("the session's reply size is a limit like maxcount")
  func replySize() throws {
    let client = try TestClient(server, maxResponseBytes: 800)
    let directory = server.tree.add("dir", .NF4DIR)
    for number in 0..<50 { server.tree.add("entry-\(number)", in: directory.id) }
    let resok = try list(client, directory, maxcount: .max)
    #expect(!resok.eof && !resok.entries.isEmpty)
  }

  @Test("entries carry the attributes asked for, the server's own too")
  func attributes() throws {
    let client = try TestClient(server)
    server.tree.add("file")
    let mask = Bitmap4(attributes: [FATTR4.SIZE, FATTR4.LEASE_TIME])
    let entry = try #require(try list(client, try server.tree.root(), mask: mask).entries.first)
    let attributes = try FileAttributes(decoding: entry.attrs)
    #expect(attributes.size == 7 && attributes.leaseTime == TestServer.leaseSeconds)
  }
}

import NFSv4
import Testing

@Suite struct LISTXATTRSTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
    for name in ["a", "bbbb", "ccccc"] {
      server.tree.change(file) { $0.extended[Array(name.utf8)] = [] }
    }
  }

  private func list(
    after cookie: UInt64 = 0, maxcount: UInt32 = 4096, of object: MemoryTree.Object?
  ) throws -> LISTXATTRS4resok {
    try client.run(
      LISTXATTRS.self, LISTXATTRS4args(cookie: cookie, maxcount: maxcount), on: object)
  }

  @Test("no filehandle; room for no name")
  func refusals() throws {
    #expect(status { _ = try list(of: nil) } == .NFS4ERR_NOFILEHANDLE)
    for maxcount in [0, 15, 16, 23] as [UInt32] {
      #expect(status { _ = try list(maxcount: maxcount, of: file) } == .NFS4ERR_TOOSMALL)
    }
  }

  @Test("all names, and the end")
  func all() throws {
    let all = try list(of: file)
    #expect(all.names.map { String(decoding: $0, as: UTF8.self) } == ["a", "bbbb", "ccccc"])
    #expect(all.eof)
    let none = try list(of: server.tree.add("plain"))
    #expect(none.names.isEmpty && none.eof)
    #expect(try list(maxcount: 16, of: server.tree.add("other")).eof)
  }

  @Test("no reply is larger than maxcount, and the cookie goes on behind its last name")
  func pages() throws {
    for maxcount in [28, 32, 39] as [UInt32] {
      var names: [Xattrkey4] = []
      var cookie: UInt64 = 0
      while true {
        let page = try list(after: cookie, maxcount: maxcount, of: file)
        #expect(page.xdr.readableBytes <= Int(maxcount))
        names += page.names
        cookie = page.cookie
        if page.eof { break }
        #expect(!page.names.isEmpty)
      }
      #expect(names == [Array("a".utf8), Array("bbbb".utf8), Array("ccccc".utf8)])
    }
  }
}

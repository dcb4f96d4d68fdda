import NFSv4
import Testing

@Suite struct READLINKTests {
  @Test("only a symbolic link has a text")
  func types() throws {
    let server = TestServer()
    let client = try TestClient(server)
    let link = server.tree.add("link", .NF4LNK, content: Array("../there".utf8))
    let file = server.tree.add("file")
    #expect(status { try client.run(READLINK.self, Void4(), on: file) } == .NFS4ERR_WRONG_TYPE)
    #expect(status { try client.run(READLINK.self, Void4()) } == .NFS4ERR_NOFILEHANDLE)
    #expect(try client.run(READLINK.self, Void4(), on: link).link == Array("../there".utf8))
  }
}

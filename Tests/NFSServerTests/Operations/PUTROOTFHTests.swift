import NFSv4
import Testing

@Suite struct PUTROOTFHTests {
  @Test("the root is the current filehandle, and the public filehandle is the root")
  func root() throws {
    let server = TestServer()
    let client = try TestClient(server)
    var results = try client.compound {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(GETFH.self, Void4())
      $0.append(PUTPUBFH.self, Void4())
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTROOTFH.self)
    #expect(try results.next(GETFH.self).object == (try server.tree.root().handle))
    _ = try results.next(PUTPUBFH.self)
    #expect(try results.next(GETFH.self).object == (try server.tree.root().handle))
  }
}

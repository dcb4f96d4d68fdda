import NFSv4
import Testing

@Suite struct RESTOREFHTests {
  private let server = TestServer()

  @Test("without a saved filehandle there is nothing to restore")
  func none() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    #expect(status { try client.run(RESTOREFH.self, Void4(), on: file) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("the filehandle comes back with its stateid")
  func stateid() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    var results = try client.compound {
      $0.append(PUTFH.self, PUTFH4args(object: file.handle))
      $0.append(OPEN.self, .test())
      $0.append(SAVEFH.self, Void4())
      $0.append(PUTROOTFH.self, Void4())
      $0.append(RESTOREFH.self, Void4())
      $0.append(READ.self, READ4args(stateid: .current, offset: 0, count: 100))
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTFH.self)
    _ = try results.next(OPEN.self)
    _ = try results.next(SAVEFH.self)
    _ = try results.next(PUTROOTFH.self)
    _ = try results.next(RESTOREFH.self)
    #expect(try results.next(READ.self).eof)
    #expect(try results.next(GETFH.self).object == file.handle)
  }
}

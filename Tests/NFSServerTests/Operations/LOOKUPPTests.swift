import NFSv4
import Testing

@Suite struct LOOKUPPTests {
  private let server = TestServer()

  @Test("the root has no parent, and a file none either")
  func refusals() throws {
    let client = try TestClient(server)
    let root = try server.tree.root()
    #expect(status { try client.run(LOOKUPP.self, Void4(), on: root) } == .NFS4ERR_NOENT)
    let file = server.tree.add("file")
    #expect(status { try client.run(LOOKUPP.self, Void4(), on: file) } == .NFS4ERR_NOTDIR)
    #expect(status { try client.run(LOOKUPP.self, Void4()) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("the parent is the current filehandle")
  func parent() throws {
    let client = try TestClient(server)
    let directory = server.tree.add("dir", .NF4DIR)
    var results = try client.compound {
      $0.append(PUTFH.self, PUTFH4args(object: directory.handle))
      $0.append(LOOKUPP.self, Void4())
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTFH.self)
    _ = try results.next(LOOKUPP.self)
    #expect(try results.next(GETFH.self).object == (try server.tree.root().handle))
  }
}

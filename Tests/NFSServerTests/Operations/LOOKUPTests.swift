import NFSv4
import Testing

@Suite struct LOOKUPTests {
  private let server = TestServer()

  @Test("what is not there, in what is no directory, or without a filehandle is refused")
  func refusals() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let root = try server.tree.root()
    let arguments = LOOKUP4args(objname: Array("none".utf8))
    #expect(status { try client.run(LOOKUP.self, arguments, on: root) } == .NFS4ERR_NOENT)
    #expect(status { try client.run(LOOKUP.self, arguments, on: file) } == .NFS4ERR_NOTDIR)
    #expect(status { try client.run(LOOKUP.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("the object found is the current filehandle, and the current stateid goes")
  func found() throws {
    let client = try TestClient(server)
    let directory = server.tree.add("dir", .NF4DIR)
    let file = server.tree.add("file", in: directory.id)
    let other = server.tree.add("other")
    var results = try client.compound {
      $0.append(PUTFH.self, PUTFH4args(object: other.handle))
      $0.append(OPEN.self, .test())
      $0.append(PUTROOTFH.self, Void4())
      $0.append(LOOKUP.self, LOOKUP4args(objname: Array("dir".utf8)))
      $0.append(LOOKUP.self, LOOKUP4args(objname: Array("file".utf8)))
      $0.append(GETFH.self, Void4())
      $0.append(READ.self, READ4args(stateid: .current, offset: 0, count: 1))
    }
    _ = try results.next(PUTFH.self)
    _ = try results.next(OPEN.self)
    _ = try results.next(PUTROOTFH.self)
    _ = try results.next(LOOKUP.self)
    _ = try results.next(LOOKUP.self)
    #expect(try results.next(GETFH.self).object == file.handle)
    #expect(status { _ = try results.next(READ.self) } == .NFS4ERR_BAD_STATEID)
  }
}

import NFSv4
import ONCRPC
import Testing

@Suite struct SECINFOTests {
  private let server = TestServer()

  @Test("a name that is not there has no flavors")
  func refusals() throws {
    let client = try TestClient(server)
    let arguments = SECINFO4args(name: Array("none".utf8))
    let root = try server.tree.root()
    #expect(status { try client.run(SECINFO.self, arguments, on: root) } == .NFS4ERR_NOENT)
    #expect(status { try client.run(SECINFO.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("it names the flavors, and consumes the filehandle")
  func consumes() throws {
    let client = try TestClient(server)
    server.tree.add("file")
    var results = try client.compound {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(SECINFO.self, SECINFO4args(name: Array("file".utf8)))
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTROOTFH.self)
    #expect(
      try results.next(SECINFO.self).flavors == [.flavor(AuthFlavor.sys), .flavor(AuthFlavor.none)])
    #expect(status { _ = try results.next(GETFH.self) } == .NFS4ERR_NOFILEHANDLE)
  }
}

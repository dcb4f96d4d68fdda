import NFSv4
import ONCRPC
import Testing

@Suite struct SECINFO_NO_NAMETests {
  private let server = TestServer()

  @Test("the root has no parent to ask about")
  func noParent() throws {
    let client = try TestClient(server)
    let root = try server.tree.root()
    let arguments = SECINFO_NO_NAME4args(style: .SECINFO_STYLE4_PARENT)
    #expect(status { try client.run(SECINFO_NO_NAME.self, arguments, on: root) } == .NFS4ERR_NOENT)
    #expect(status { try client.run(SECINFO_NO_NAME.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test(
    "it names the flavors, and consumes the filehandle",
    arguments: [
      SecinfoStyle4.SECINFO_STYLE4_CURRENT_FH, .SECINFO_STYLE4_PARENT,
    ])
  func consumes(style: SecinfoStyle4) throws {
    let client = try TestClient(server)
    let directory = server.tree.add("dir", .NF4DIR)
    var results = try client.compound {
      $0.append(PUTFH.self, PUTFH4args(object: directory.handle))
      $0.append(SECINFO_NO_NAME.self, SECINFO_NO_NAME4args(style: style))
      $0.append(GETFH.self, Void4())
    }
    _ = try results.next(PUTFH.self)
    #expect(try results.next(SECINFO_NO_NAME.self).flavors.count == 2)
    #expect(status { _ = try results.next(GETFH.self) } == .NFS4ERR_NOFILEHANDLE)
  }
}

import NFSv4
import Testing

@Suite struct ACCESSTests {
  private let server = TestServer()

  @Test("without a filehandle there is nothing to ask about")
  func noFilehandle() throws {
    let client = try TestClient(server)
    #expect(
      status { try client.run(ACCESS.self, ACCESS4args(access: .READ)) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("what makes no sense for the type is not among the supported")
  func supported() throws {
    let client = try TestClient(server)
    let all = ACCESS4args(access: Access4(rawValue: .max))
    let file = try client.run(ACCESS.self, all, on: server.tree.add("file"))
    #expect(file.supported == [.READ, .MODIFY, .EXTEND, .EXECUTE, .XAREAD, .XAWRITE, .XALIST])
    #expect(file.access == [.READ, .XAREAD, .XALIST])
    let directory = try client.run(ACCESS.self, all, on: server.tree.add("dir", .NF4DIR))
    #expect(
      directory.supported == [
        .READ, .LOOKUP, .MODIFY, .EXTEND, .DELETE, .XAREAD, .XAWRITE, .XALIST,
      ])
  }

  @Test("rights are the caller's")
  func rights() throws {
    let client = try TestClient(server, uid: 7)
    let secret = server.tree.add("secret", mode: 0o600, uid: 8)
    let arguments = ACCESS4args(access: .READ)
    #expect(try client.run(ACCESS.self, arguments, on: secret).access == [])
    client.caller.principal = sys(8)
    #expect(try client.run(ACCESS.self, arguments, on: secret).access == .READ)
  }
}

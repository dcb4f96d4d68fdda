import NFSv4
import NIOCore
import Testing

@Suite struct GETXATTRTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", mode: 0o600, uid: 1000)
    server.tree.change(file) { $0.extended[Array("name".utf8)] = Array("value".utf8) }
  }

  private func get(_ name: String, of object: MemoryTree.Object?) throws -> ByteBuffer {
    try client.run(GETXATTR.self, GETXATTR4args(name: Array(name.utf8)), on: object).value
  }

  @Test("an attribute that is not there is NFS4ERR_NOXATTR; one that may not be read, ACCESS")
  func refusals() throws {
    #expect(status { _ = try get("name", of: nil) } == .NFS4ERR_NOFILEHANDLE)
    #expect(status { _ = try get("other", of: file) } == .NFS4ERR_NOXATTR)
    client.caller.principal = sys(7)
    #expect(status { _ = try get("name", of: file) } == .NFS4ERR_ACCESS)
  }

  @Test("minor version 1 has no such operation")
  func minorOne() {
    client.minorversion = 1
    #expect(status { _ = try get("name", of: file) } == .NFS4ERR_OP_ILLEGAL)
  }

  @Test("the value, which may be empty")
  func value() throws {
    #expect(try get("name", of: file) == ByteBuffer(string: "value"))
    server.tree.change(file) { $0.extended[Array("empty".utf8)] = [] }
    #expect(try get("empty", of: file).readableBytes == 0)
  }

  @Test("a value that the session has no room for is NFS4ERR_REP_TOO_BIG")
  func room() throws {
    let small = try TestClient(server, "small", maxResponseBytes: 1024)
    server.tree.change(file) { $0.extended[Array("name".utf8)] = Array(repeating: 1, count: 2000) }
    let arguments = GETXATTR4args(name: Array("name".utf8))
    #expect(
      status { try small.run(GETXATTR.self, arguments, on: file) } == .NFS4ERR_REP_TOO_BIG)
  }
}

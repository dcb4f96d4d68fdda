import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct SETXATTRTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
  }

  @discardableResult
  private func set(
    _ name: String, _ value: String = "value", _ option: SetxattrOption4 = .SETXATTR4_EITHER,
    of object: MemoryTree.Object?
  ) throws -> ChangeInfo4 {
    try client.run(
      SETXATTR.self,
      SETXATTR4args(option: option, key: Array(name.utf8), value: ByteBuffer(string: value)),
      on: object
    ).info
  }

  @Test("no filehandle, no right, a read-only export")
  func refusals() throws {
    #expect(status { try set("name", of: nil) } == .NFS4ERR_NOFILEHANDLE)
    client.caller.principal = sys(7)
    #expect(status { try set("name", of: file) } == .NFS4ERR_ACCESS)
    client.caller.principal = sys(1000)
    server.tree.setReadOnly()
    #expect(status { try set("name", of: file) } == .NFS4ERR_ROFS)
  }

  @Test("CREATE does not replace, REPLACE does not create, EITHER does both")
  func options() throws {
    #expect(status { try set("name", "a", .SETXATTR4_REPLACE, of: file) } == .NFS4ERR_NOXATTR)
    try set("name", "b", .SETXATTR4_CREATE, of: file)
    #expect(status { try set("name", "c", .SETXATTR4_CREATE, of: file) } == .NFS4ERR_EXIST)
    try set("name", "d", .SETXATTR4_REPLACE, of: file)
    #expect(server.tree[file]?.extended[Array("name".utf8)] == Array("d".utf8))
    try set("name", "e", of: file)
    #expect(server.tree[file]?.extended[Array("name".utf8)] == Array("e".utf8))
  }

  @Test("the change attribute before and after is the file's")
  func change() throws {
    let before = try #require(server.tree[file]?.change)
    let change = try set("name", of: file)
    #expect(change.before == before)
    #expect(change.after == server.tree[file]?.change)
    #expect(change.after != before)
  }

  @Test("whoever holds a delegation of the file gives it up first")
  func recalls() throws {
    let reader = try TestClient(server, "reader")
    let held = try #require(try reader.open(file).delegationStateid)
    #expect(status { try set("name", of: file) } == .NFS4ERR_DELAY)
    #expect(server.directives().map(\.kind) == ["delegation"])
    try reader.giveBack(file, held)
    try set("name", of: file)
    // A directory has nothing to be recalled.
    try set("name", of: server.tree.add("dir", .NF4DIR, uid: 1000))
  }
}

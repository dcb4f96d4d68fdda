import NFSServer
import NFSv4
import Testing

@Suite struct REMOVEXATTRTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
    server.tree.change(file) { $0.extended[Array("name".utf8)] = [1] }
  }

  @discardableResult
  private func remove(_ name: String, of object: MemoryTree.Object?) throws -> ChangeInfo4 {
    try client.run(REMOVEXATTR.self, REMOVEXATTR4args(name: Array(name.utf8)), on: object).info
  }

  @Test("what is not there, without a filehandle, without the right, read-only")
  func refusals() throws {
    #expect(status { try remove("name", of: nil) } == .NFS4ERR_NOFILEHANDLE)
    #expect(status { try remove("other", of: file) } == .NFS4ERR_NOXATTR)
    client.caller.principal = sys(7)
    #expect(status { try remove("name", of: file) } == .NFS4ERR_ACCESS)
    client.caller.principal = sys(1000)
    server.tree.setReadOnly()
    #expect(status { try remove("name", of: file) } == .NFS4ERR_ROFS)
  }

  @Test("it is gone, and the change attribute tells")
  func removed() throws {
    let change = try remove("name", of: file)
    #expect(change.before != change.after)
    #expect(server.tree[file]?.extended.isEmpty == true)
    #expect(status { try remove("name", of: file) } == .NFS4ERR_NOXATTR)
  }

  @Test("whoever holds a delegation of the file gives it up first")
  func recalls() throws {
    let reader = try TestClient(server, "reader")
    let held = try #require(try reader.open(file).delegationStateid)
    #expect(status { try remove("name", of: file) } == .NFS4ERR_DELAY)
    #expect(server.directives().map(\.kind) == ["delegation"])
    try reader.giveBack(file, held)
    try remove("name", of: file)
  }
}

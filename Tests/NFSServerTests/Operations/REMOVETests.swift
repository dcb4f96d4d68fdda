import NFSServer
import NFSv4
import NIOCore
import Testing

/// REMOVE (RFC 8881 §18.25): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_ACCESS, _ROFS | the directory may not be changed |
/// | NFS4ERR_BADCHAR, _BADNAME, _INVAL, _NAMETOOLONG, _NOENT | the name |
/// | NFS4ERR_DELAY | others hold something of the file, or the name is another file's by now |
/// | NFS4ERR_NOFILEHANDLE, _NOTDIR, _STALE | the filehandle |
/// | NFS4ERR_NOTEMPTY | a directory with entries |
@Suite struct REMOVETests {
  private let server = TestServer()
  private let client: TestClient

  init() throws {
    client = try TestClient(server)
    server.tree.change(try server.tree.root()) { $0.mode = 0o777 }
  }

  private func remove(
    _ name: String, in directory: MemoryTree.Object? = nil
  ) throws -> REMOVE4resok {
    try client.run(
      REMOVE.self, REMOVE4args(target: Array(name.utf8)),
      on: directory ?? server.tree.root())
  }

  @Test("files and empty directories go, and the directory has changed")
  func removed() throws {
    server.tree.add("file")
    let full = server.tree.add("full", .NF4DIR)
    server.tree.add("entry", in: full.id)
    server.tree.add("empty", .NF4DIR)
    let change = try remove("file").cinfo
    #expect(change.atomic && change.after > change.before)
    #expect(server.tree.named("file") == nil)
    #expect(status { _ = try remove("full") } == .NFS4ERR_NOTEMPTY)
    #expect(throws: Never.self) { try remove("empty") }
    #expect(status { _ = try remove("file") } == .NFS4ERR_NOENT)
  }

  @Test("a file that is open goes on to be used by who has it open")
  func stillOpen() throws {
    let file = server.tree.add("file", uid: 1000)
    let open = try client.open(file, access: 3).stateid
    _ = try remove("file")
    try client.write(file, open)
    try client.close(file, open)
  }

  @Test("names that cannot be, and filehandles that are no directory to be changed")
  func refusals() throws {
    server.tree.add("file")
    #expect(status { _ = try remove("file", in: server.tree.add("other")) } == .NFS4ERR_NOTDIR)
    let arguments = REMOVE4args(target: Array("file".utf8))
    #expect(status { try client.run(REMOVE.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
    server.tree.change(try server.tree.root()) { $0.mode = 0o755 }
    #expect(status { _ = try remove("file") } == .NFS4ERR_ACCESS)
    server.tree.setReadOnly()
    #expect(status { _ = try remove("file") } == .NFS4ERR_ROFS)
  }

  @Test("what others hold is taken back first, and who holds it himself need not wait")
  func held() throws {
    let other = try TestClient(server, "other")
    let file = server.tree.add("file")
    let held = try other.open(file).delegationStateid
    #expect(status { _ = try remove("file") } == .NFS4ERR_DELAY)
    #expect(server.directives().map(\.kind) == ["delegation"])
    #expect(server.tree.named("file") != nil)
    try other.giveBack(file, held)
    #expect(throws: Never.self) { try remove("file") }
    let own = server.tree.add("own")
    _ = try client.open(own)
    #expect(throws: Never.self) { try remove("own") }
  }

  @Test("a name that is another file's by now is not removed: its holders were not asked")
  func replaced() throws {
    server.tree.add("file")
    let root = try server.tree.root()
    server.tree.interlude.withLock {
      $0 = { [server] in
        server.tree.change(root) { root in
          guard let index = root.names.firstIndex(of: Array("file".utf8)) else { return }
          root.names[index] = Array("elsewhere".utf8)
        }
        server.tree.add("file")
      }
    }
    #expect(status { _ = try remove("file") } == .NFS4ERR_DELAY)
    #expect(server.tree.named("file") != nil)
    #expect(throws: Never.self) { try remove("file") }
  }
}

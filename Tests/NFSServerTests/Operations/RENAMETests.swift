import NFSServer
import NFSv4
import NIOCore
import Testing

/// RENAME (RFC 8881 §18.26): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_ACCESS, _ROFS | a directory may not be changed |
/// | NFS4ERR_BADCHAR, _BADNAME, _INVAL, _NAMETOOLONG | the names |
/// | NFS4ERR_DELAY | others hold something of either file, or a name is another file's by now |
/// | NFS4ERR_EXIST | the target is of another kind, or a directory with entries |
/// | NFS4ERR_NOENT | there is nothing to be renamed |
/// | NFS4ERR_NOFILEHANDLE, _NOTDIR, _STALE | the saved and the current filehandle |
/// | NFS4ERR_XDEV | file systems differ (see the tree's own tests) |
@Suite struct RENAMETests {
  private let server = TestServer()
  private let client: TestClient
  private let root: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    root = try server.tree.root()
    server.tree.change(root) { $0.mode = 0o777 }
  }

  @discardableResult
  private func rename(
    _ name: String, _ newName: String, from source: MemoryTree.Object? = nil,
    to target: MemoryTree.Object? = nil
  ) throws -> RENAME4resok {
    try client.run(
      RENAME.self, RENAME4args(oldname: Array(name.utf8), newname: Array(newName.utf8)),
      saved: source ?? root, on: target ?? root)
  }

  @Test("a file gets its new name, over what had it, and both directories have changed")
  func renamed() throws {
    let directory = server.tree.add("dir", .NF4DIR, mode: 0o777)
    let file = server.tree.add("file")
    server.tree.add("old", in: directory.id)
    let change = try rename("file", "old", to: directory)
    #expect(change.sourceCinfo.after > change.sourceCinfo.before)
    #expect(change.targetCinfo.after > change.targetCinfo.before)
    #expect(server.tree.named("file") == nil)
    #expect(server.tree.named("old", in: directory.id)?.handle == file.handle)
  }

  @Test("what is there is not replaced by another kind, and nothing is not renamed")
  func refusals() throws {
    let full = server.tree.add("full", .NF4DIR, mode: 0o777)
    server.tree.add("entry", in: full.id)
    server.tree.add("dir", .NF4DIR)
    let file = server.tree.add("file")
    #expect(status { try rename("file", "dir") } == .NFS4ERR_EXIST)
    #expect(status { try rename("dir", "file") } == .NFS4ERR_EXIST)
    #expect(status { try rename("dir", "full") } == .NFS4ERR_EXIST)
    #expect(status { try rename("none", "new") } == .NFS4ERR_NOENT)
    #expect(status { try rename("file", "..") } == .NFS4ERR_BADNAME)
    #expect(status { try rename("file", "new", to: file) } == .NFS4ERR_NOTDIR)
    #expect(status { try rename("file", "new", from: file) } == .NFS4ERR_NOTDIR)
    let arguments = RENAME4args(oldname: [1], newname: [2])
    #expect(status { try client.run(RENAME.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
    #expect(status { try client.run(RENAME.self, arguments, on: root) } == .NFS4ERR_NOFILEHANDLE)
    server.tree.change(full) { $0.mode = 0o755 }
    #expect(status { try rename("file", "new", to: full) } == .NFS4ERR_ACCESS)
    server.tree.setReadOnly()
    #expect(status { try rename("file", "new") } == .NFS4ERR_ROFS)
  }

  @Test("what others hold of either file is taken back first, of both at once")
  func held() throws {
    let other = try TestClient(server, "other")
    let (file, old) = (server.tree.add("file"), server.tree.add("old"))
    let held = try [file, old].map { try other.open($0).delegationStateid }
    #expect(status { try rename("file", "old") } == .NFS4ERR_DELAY)
    #expect(server.directives().map(\.kind) == ["delegation", "delegation"])
    try other.giveBack(file, held[0])
    #expect(status { try rename("file", "old") } == .NFS4ERR_DELAY)
    #expect(server.tree.named("file") != nil)
    try other.giveBack(old, held[1])
    try rename("file", "old")
    // Nothing is left behind that keeps delegations away.
    server.tree.change(file) { $0.isSettled = true }
    server.pass(.seconds(20))
    server.tick()
    #expect(try other.open(file, owner: "again").delegationStateid != nil)
  }

  @Test("a target that appeared meanwhile is not replaced: its holders were not asked")
  func appeared() throws {
    server.tree.add("file")
    server.tree.interlude.withLock { $0 = { [server] in server.tree.add("new") } }
    #expect(status { try rename("file", "new") } == .NFS4ERR_DELAY)
    #expect(throws: Never.self) { try rename("file", "new") }
  }
}

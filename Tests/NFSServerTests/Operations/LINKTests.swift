import NFSServer
import NFSv4
import NIOCore
import Testing

/// LINK (RFC 8881 §18.9): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_ACCESS, _ROFS | the directory may not be changed |
/// | NFS4ERR_BADCHAR, _BADNAME, _INVAL, _NAMETOOLONG | the name |
/// | NFS4ERR_DELAY | others hold something of the file |
/// | NFS4ERR_EXIST | the name is taken |
/// | NFS4ERR_ISDIR | a directory is to get another name |
/// | NFS4ERR_NOFILEHANDLE, _NOTDIR, _STALE | the saved and the current filehandle |
/// | NFS4ERR_XDEV, _MLINK | file systems differ, too many links (see the tree's own tests) |
@Suite struct LINKTests {
  private let server = TestServer()
  private let client: TestClient
  private let root: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    root = try server.tree.root()
    server.tree.change(root) { $0.mode = 0o777 }
  }

  private func refusal(
    _ object: MemoryTree.Object, as name: String = "new", in directory: MemoryTree.Object? = nil
  ) -> Nfsstat4 {
    status {
      try client.run(
        LINK.self, LINK4args(newname: Array(name.utf8)), saved: object, on: directory ?? root)
    }
  }

  @Test("the file has another name, and the directory has changed")
  func linked() throws {
    let file = server.tree.add("file")
    let change = try client.run(
      LINK.self, LINK4args(newname: Array("new".utf8)), saved: file, on: root
    ).cinfo
    #expect(change.after > change.before)
    #expect(server.tree.named("new")?.handle == file.handle)
    #expect(server.tree[file]?.linkCount == 2)
  }

  @Test("what cannot be linked, and where not to")
  func refusals() throws {
    let file = server.tree.add("file")
    let directory = server.tree.add("dir", .NF4DIR, mode: 0o755)
    #expect(refusal(directory) == .NFS4ERR_ISDIR)
    #expect(refusal(file, in: file) == .NFS4ERR_NOTDIR)
    #expect(refusal(file, as: "file") == .NFS4ERR_EXIST)
    #expect(refusal(file, as: ".") == .NFS4ERR_BADNAME)
    #expect(refusal(file, in: directory) == .NFS4ERR_ACCESS)
    let arguments = LINK4args(newname: [1])
    #expect(status { try client.run(LINK.self, arguments, on: root) } == .NFS4ERR_NOFILEHANDLE)
    #expect(status { try client.run(LINK.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
    server.tree.setReadOnly()
    #expect(refusal(file) == .NFS4ERR_ROFS)
  }

  @Test("delegations of others are recalled first")
  func held() throws {
    let other = try TestClient(server, "other")
    let file = server.tree.add("file")
    let held = try other.open(file).delegationStateid
    #expect(refusal(file) == .NFS4ERR_DELAY)
    try other.giveBack(file, held)
    #expect(refusal(file) == .NFS4_OK)
  }
}

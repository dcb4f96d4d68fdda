import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite(.enabled(if: isRoot)) struct MountTests {
  @Test(
    "a file system mounted below an export is crossed into, with an fsid of its own",
    arguments: Mode.allCases)
  func crossing(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.directory("export/d/with space")
    try fixture.file("export/d/with space/covered")
    var covered = stat()
    #expect(lstat(fixture.path("export/d/with space"), &covered) == 0)
    guard let mounted = TestMount("tmpfs", on: fixture.path("export/d/with space")) else { return }
    try fixture.directory("export/d/with space/sub")
    try fixture.file("export/d/with space/sub/f", "content")
    var handles: [NfsFh4] = []
    do {
      let tree = try fixture.tree(nil, mode.options)
      let above = try tree.walk("d")
      let root = try tree.walk("d/with space")
      #expect(try tree.names(root) == ["sub"])
      let outside = try tree.attributes(of: above, mask: Bitmap4())
      let inside = try tree.attributes(of: root, mask: Bitmap4())
      #expect(inside.fsid != outside.fsid)
      #expect(inside.mountedOnFileid == UInt64(covered.st_ino))
      #expect(inside.fileid != inside.mountedOnFileid)
      let entry = try #require(try tree.list(above, mask: Bitmap4(.max, .max)).first)
      #expect(entry.attributes.fsid == inside.fsid)
      #expect(entry.attributes.mountedOnFileid == inside.mountedOnFileid)
      #expect(entry.attributes.filehandle == root.handle)
      #expect(try tree.parent(of: root, for: rootCaller).handle == above.handle)
      for path in ["d/with space", "d/with space/sub", "d/with space/sub/f"] {
        handles.append(try tree.walk(path).handle)
      }
    }
    let tree = try fixture.tree(nil, mode.options)
    for handle in handles.reversed() {
      #expect(try tree.object(handle, for: rootCaller).handle == handle)
    }
    let sub = try tree.object(handles[1], for: rootCaller)
    #expect(try tree.parent(of: sub, for: rootCaller).handle == handles[0])
    #expect(try tree.content(try tree.object(handles[2], for: rootCaller)) == "content")
    withExtendedLifetime(mounted) {}
  }

  @Test(
    "a handle into a file system that is mounted no more is NFS4ERR_STALE", arguments: Mode.allCases
  )
  func unmounted(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/m")
    let handle: NfsFh4
    do {
      guard let mounted = TestMount("tmpfs", on: fixture.path("export/m")) else { return }
      try fixture.file("export/m/f")
      handle = try fixture.tree(nil, mode.options).walk("m/f").handle
      withExtendedLifetime(mounted) {}
    }
    let tree = try fixture.tree(nil, mode.options)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.object(handle, for: rootCaller) }
        == .NFS4ERR_STALE)
  }

  @Test("the kernel's own file systems are not entered", arguments: Mode.allCases)
  func kernelFileSystems(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/proc")
    guard let mounted = TestMount("proc", on: fixture.path("export/proc")) else { return }
    let tree = try fixture.tree(nil, mode.options)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.walk("proc") } == .NFS4ERR_ACCESS)
    let entry = try #require(
      try tree.list(try tree.root(), mask: Bitmap4(attributes: [FATTR4.SIZE])).first)
    #expect(entry.name == bytes("proc"))
    #expect(entry.attributes.rdattrError == .NFS4ERR_ACCESS)
    withExtendedLifetime(mounted) {}
  }
}

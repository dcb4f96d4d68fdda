import Glibc
import NFSServer
import NFSv4
import NIOCore
import Testing

@testable import MetadataServer

@Suite struct FilehandleTests {
  @Test("a handle with any byte changed is NFS4ERR_BADHANDLE", arguments: Mode.allCases)
  func forgery(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/a")
    let tree = try fixture.tree(nil, mode.options)
    let handle = try tree.walk("a").handle
    for index in 0..<handle.bytes.readableBytes {
      for bit in 0..<8 {
        let forged = handle.flipped(at: index, by: 1 << UInt8(bit))
        #expect(
          tree.status { () throws(Nfsstat4) in try tree.object(forged, for: rootCaller) }
            == .NFS4ERR_BADHANDLE)
      }
    }
  }

  @Test("handles of every wrong length are NFS4ERR_BADHANDLE")
  func lengths() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree()
    let good = Array(try tree.root().handle.bytes.readableBytesView)
    for count in 0...128 where count != good.count {
      let bytes = (good + [UInt8](repeating: 0, count: 128)).prefix(count)
      let handle = NfsFh4(ByteBuffer(bytes: bytes))
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.object(handle, for: rootCaller) }
          == .NFS4ERR_BADHANDLE)
    }
  }

  @Test("a handle made with another key is NFS4ERR_BADHANDLE")
  func otherKey() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/a")
    let handle = try fixture.tree().walk("a").handle
    let other = try PosixTree(
      exports: [ExportDefinition(path: fixture.export, pseudo: "/")],
      stateDirectory: fixture.path("other"), logger: .init(label: "test"))
    #expect(
      other.status { () throws(Nfsstat4) in try other.object(handle, for: rootCaller) }
        == .NFS4ERR_BADHANDLE)
  }

  @Test("handles survive a restart, and are at most 120 bytes", arguments: Mode.allCases)
  func restart(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.directory("export/d/e")
    try fixture.file("export/d/e/f", "content")
    var handles: [NfsFh4] = []
    do {
      let tree = try fixture.tree(nil, mode.options)
      for path in ["", "d", "d/e", "d/e/f"] { handles.append(try tree.walk(path).handle) }
    }
    let tree = try fixture.tree(nil, mode.options)
    for handle in handles {
      #expect(handle.bytes.readableBytes <= 120)
      #expect(try tree.object(handle, for: rootCaller).handle == handle)
    }
    let file = try tree.object(handles[3], for: rootCaller)
    #expect(try tree.content(file) == "content")
    #expect(try tree.walk("d/e/f").handle == handles[3])
  }

  @Test("a handle that only READDIR gave out survives a restart", arguments: Mode.allCases)
  func listedHandle(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.file("export/d/f", "content")
    let mask = Bitmap4(attributes: [FATTR4.FILEHANDLE])
    let handle: NfsFh4
    do {
      let tree = try fixture.tree(nil, mode.options)
      let entry = try #require(try tree.list(try tree.walk("d"), mask: mask).first)
      handle = try #require(entry.attributes.filehandle)
    }
    let tree = try fixture.tree(nil, mode.options)
    #expect(try tree.content(try tree.object(handle, for: rootCaller)) == "content")
  }

  @Test(
    "a renamed file keeps its handle, also after a restart and to another directory",
    arguments: Mode.allCases)
  func renamed(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.file("export/a", "content")
    let handle: NfsFh4
    do {
      let tree = try fixture.tree(nil, mode.options)
      handle = try tree.walk("a").handle
      rename(fixture.path("export/a"), fixture.path("export/b"))
      #expect(try tree.content(try tree.object(handle, for: rootCaller)) == "content")
      #expect(try tree.walk("b").handle == handle)
    }
    rename(fixture.path("export/b"), fixture.path("export/c"))
    let tree = try fixture.tree(nil, mode.options)
    #expect(try tree.content(try tree.object(handle, for: rootCaller)) == "content")
    rename(fixture.path("export/c"), fixture.path("export/d/e"))
    #expect(try tree.walk("d/e").handle == handle)
    #expect(try tree.content(try tree.object(handle, for: rootCaller)) == "content")
  }

  @Test("hard links have one handle", arguments: Mode.allCases)
  func hardLinks(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/a")
    link(fixture.path("export/a"), fixture.path("export/b"))
    let tree = try fixture.tree(nil, mode.options)
    #expect(try tree.walk("a").handle == tree.walk("b").handle)
  }

  @Test("a removed file is NFS4ERR_STALE, cached or not", arguments: Mode.allCases)
  func removed(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/a")
    let tree = try fixture.tree(nil, mode.options)
    let object = try tree.walk("a")
    unlink(fixture.path("export/a"))
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.attributes(of: object, mask: Bitmap4()) }
        == .NFS4ERR_STALE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.open(object, for: rootCaller) }
        == .NFS4ERR_STALE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.object(object.handle, for: rootCaller) }
        == .NFS4ERR_STALE)
  }

  @Test("a new file with the inode of a removed one is another object", arguments: Mode.allCases)
  func reused(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree(nil, mode.options)
    var old: Set<NfsFh4> = []
    for round in 0..<20 {
      try fixture.file("export/a", "\(round)")
      let handle = try tree.walk("a").handle
      #expect(old.insert(handle).inserted)
      unlink(fixture.path("export/a"))
    }
    for handle in old {
      let status = tree.status { () throws(Nfsstat4) in
        try tree.attributes(
          of: try tree.object(handle, for: rootCaller), mask: Bitmap4())
      }
      #expect(status == .NFS4ERR_STALE)
    }
  }

  @Test("an open file stays usable by its handle after its last name is gone")
  func openUnlinked() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/a", "content")
    let tree = try fixture.tree()
    let object = try tree.walk("a")
    do {
      let file = try tree.open(object, for: rootCaller)
      unlink(fixture.path("export/a"))
      let again = try tree.object(object.handle, for: rootCaller)
      #expect(try tree.attributes(of: again, mask: Bitmap4()).numlinks == 0)
      #expect(try tree.version(of: file).size == 7)
      withExtendedLifetime(file) {}
    }
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.version(of: object) } == .NFS4ERR_STALE)
  }

  @Test(
    "a directory that was moved out of the export is NFS4ERR_STALE, cached or not",
    arguments: Mode.allCases)
  func movedOut(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.file("export/d/f")
    let tree = try fixture.tree(nil, mode.options)
    let object = try tree.walk("d")
    rename(fixture.path("export/d"), fixture.path("outside"))
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.lookup(bytes("f"), in: object, for: rootCaller)
      } == .NFS4ERR_STALE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.parent(of: object, for: rootCaller) }
        == .NFS4ERR_STALE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.list(object) } == .NFS4ERR_STALE)
    let later = try fixture.tree(nil, mode.options)
    #expect(
      later.status { () throws(Nfsstat4) in try later.object(object.handle, for: rootCaller) }
        == .NFS4ERR_STALE)
  }

  @Test("the handle's key is refused if others can read it or it is cut short")
  func keyFile() throws {
    let fixture = try TreeFixture()
    _ = try fixture.tree()
    let path = fixture.state + "/filehandle.key"
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_size == 32)
    chmod(path, 0o640)
    #expect(throws: PosixTreeError.self) { _ = try fixture.tree() }
    chmod(path, 0o600)
    truncate(path, 31)
    #expect(throws: PosixTreeError.self) { _ = try fixture.tree() }
  }

  @Test("the cache keeps no more objects than its limit, and gives back their descriptors")
  func bounded() throws {
    let fixture = try TreeFixture()
    for index in 0..<100 { try fixture.file("export/\(index)") }
    var options = PosixTree.Options()
    options.cachedObjectLimit = 10
    let tree = try fixture.tree(nil, options)
    var handles: [NfsFh4] = []
    for index in 0..<100 { handles.append(try tree.walk("\(index)").handle) }
    #expect(tree.cachedObjectCount == 10)
    for handle in handles { #expect(try tree.object(handle, for: rootCaller).handle == handle) }
    #expect(tree.cachedObjectCount == 10)
  }
}

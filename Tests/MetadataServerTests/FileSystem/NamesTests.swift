import Glibc
import NFSServer
import NFSv4
import ONCRPC
import Testing

@testable import MetadataServer

@Suite struct NamesTests {
  @Test("names that no directory can have get the RFC's status", arguments: Mode.allCases)
  func badNames(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    let tree = try fixture.tree(
      [ExportDefinition(path: fixture.export, pseudo: "/x")], mode.options)
    let expected: [([UInt8], Nfsstat4)] = [
      ([], .NFS4ERR_INVAL), (bytes("."), .NFS4ERR_BADNAME), (bytes(".."), .NFS4ERR_BADNAME),
      (bytes("/"), .NFS4ERR_BADCHAR), (bytes("a/b"), .NFS4ERR_BADCHAR),
      (bytes("../x"), .NFS4ERR_BADCHAR), ([0], .NFS4ERR_BADCHAR), ([97, 0], .NFS4ERR_BADCHAR),
      ([UInt8](repeating: 97, count: 256), .NFS4ERR_NAMETOOLONG),
      ([UInt8](repeating: 97, count: 255), .NFS4ERR_NOENT), (bytes("none"), .NFS4ERR_NOENT),
      (bytes("..."), .NFS4ERR_NOENT),
    ]
    for directory in [try tree.root(), try tree.walk("x"), try tree.walk("x/d")] {
      for (name, status) in expected {
        #expect(
          tree.status { () throws(Nfsstat4) in
            try tree.lookup(name, in: directory, for: rootCaller)
          } == status)
      }
    }
  }

  @Test("names of any other bytes are found and listed as they are", arguments: Mode.allCases)
  func oddNames(mode: Mode) throws {
    let fixture = try TreeFixture()
    var all: Set<[UInt8]> = []
    for byte in UInt8(1)...255 where byte != UInt8(ascii: "/") {
      let name: [UInt8] = byte == UInt8(ascii: ".") ? [byte, byte, byte] : [byte]
      all.insert(name)
    }
    all.insert([UInt8](repeating: 0xff, count: 255))
    for name in all {
      let path = Array(fixture.path("export/").utf8) + name + [0]
      path.withUnsafeBytes { raw in
        let text = raw.bindMemory(to: CChar.self)
        if let base = text.baseAddress { close(creat(base, 0o644)) }
      }
    }
    let tree = try fixture.tree(nil, mode.options)
    let root = try tree.root()
    let mask = Bitmap4(attributes: [FATTR4.FILEHANDLE])
    let entries = try tree.list(root, chunk: 7, mask: mask)
    #expect(Set(entries.map(\.name)) == all)
    for entry in entries {
      let object = try tree.lookup(entry.name, in: root, for: rootCaller)
      #expect(object.handle == entry.attributes.filehandle)
    }
  }

  @Test("a symbolic link is an object, never followed", arguments: Mode.allCases)
  func links(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("secret", "secret")
    symlink("/etc", fixture.path("export/out"))
    symlink("../secret", fixture.path("export/up"))
    symlink(".", fixture.path("export/self"))
    let tree = try fixture.tree(nil, mode.options)
    for (name, text) in [("out", "/etc"), ("up", "../secret"), ("self", ".")] {
      let object = try tree.walk(name)
      #expect(object.type == .NF4LNK)
      #expect(try tree.readLink(object, for: caller(5, 5)) == bytes(text))
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.lookup(bytes("passwd"), in: object, for: rootCaller)
        } == .NFS4ERR_SYMLINK)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.open(object, for: rootCaller) }
          == .NFS4ERR_SYMLINK)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.list(object) } == .NFS4ERR_NOTDIR)
    }
    let later = try fixture.tree(nil, mode.options)
    let handle = try tree.walk("up").handle
    #expect(try later.object(handle, for: rootCaller).type == .NF4LNK)
  }

  @Test("LOOKUP in a file is NFS4ERR_NOTDIR, READLINK of one NFS4ERR_WRONG_TYPE")
  func wrongTypes() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    let tree = try fixture.tree()
    let file = try tree.walk("f")
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.lookup(bytes("x"), in: file, for: rootCaller) }
        == .NFS4ERR_NOTDIR)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.parent(of: file, for: rootCaller) }
        == .NFS4ERR_NOTDIR)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.readLink(file, for: rootCaller) }
        == .NFS4ERR_WRONG_TYPE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.open(try tree.root(), for: rootCaller) }
        == .NFS4ERR_ISDIR)
  }

  @Test("LOOKUPP goes up to the root and no further", arguments: Mode.allCases)
  func parents(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.directory("export/d/e")
    let tree = try fixture.tree(
      [ExportDefinition(path: fixture.export, pseudo: "/a/b")], mode.options)
    var object = try tree.walk("a/b/d/e")
    for path in ["a/b/d", "a/b", "a", ""] {
      object = try tree.parent(of: object, for: rootCaller)
      #expect(try object.handle == tree.walk(path).handle)
    }
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.parent(of: object, for: rootCaller) }
        == .NFS4ERR_NOENT)
  }

  @Test("LOOKUPP from the root export's root is NFS4ERR_NOENT")
  func rootParent() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree()
    let root = try tree.root()
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.parent(of: root, for: rootCaller) }
        == .NFS4ERR_NOENT)
  }
}

@Suite struct PseudoFileSystemTests {
  private func definition(
    _ fixture: TreeFixture, _ pseudo: String, _ directory: String,
    _ isAllowed: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
  ) -> ExportDefinition {
    ExportDefinition(
      path: fixture.path(directory), pseudo: pseudo, squash: .none, isClientAllowed: isAllowed)
  }

  @Test("the pseudo root lists only what the caller's address may use")
  func visibility() throws {
    let fixture = try TreeFixture()
    try fixture.directory("one")
    try fixture.file("one/f")
    let tree = try fixture.tree([
      definition(fixture, "/a/one", "one") { $0 == [10, 0, 0, 1] },
      definition(fixture, "/two", "export"),
    ])
    let friend = caller(0, 0, address: [10, 0, 0, 1])
    let stranger = caller(0, 0, address: [10, 0, 0, 2])
    #expect(try tree.names(try tree.root(), for: friend) == ["a", "two"])
    #expect(try tree.names(try tree.root(), for: stranger) == ["two"])
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.walk("a", for: stranger) } == .NFS4ERR_NOENT)
    let file = try tree.walk("a/one/f", for: friend)
    for handle in [file.handle, try tree.walk("a", for: friend).handle] {
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.object(handle, for: stranger) }
          == .NFS4ERR_ACCESS)
    }
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.open(file, for: stranger) } == .NFS4ERR_ACCESS)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.access(to: file, wanted: 1, for: stranger) }
        == .NFS4ERR_ACCESS)
  }

  @Test("pseudo directories are a file system of their own, the same after a restart")
  func stable() throws {
    let fixture = try TreeFixture()
    let exports = [definition(fixture, "/a/b", "export")]
    let first = try fixture.tree(exports)
    let second = try fixture.tree(exports)
    for path in ["", "a"] {
      let before = try first.attributes(of: try first.walk(path), mask: Bitmap4())
      let after = try second.attributes(of: try second.walk(path), mask: Bitmap4())
      #expect(before == after)
      #expect(before.fsid == Fsid4(major: 0, minor: 0))
      #expect(before.type == .NF4DIR)
    }
    let export = try first.attributes(of: try first.walk("a/b"), mask: Bitmap4())
    #expect(export.fsid != Fsid4(major: 0, minor: 0))
    #expect(export.mountedOnFileid != export.fileid)
    let entry = try #require(try first.list(try first.walk("a"), mask: Bitmap4(.max, .max)).first)
    #expect(entry.attributes.fsid == export.fsid)
    #expect(entry.attributes.mountedOnFileid == export.mountedOnFileid)
    #expect(try entry.attributes.filehandle == first.walk("a/b").handle)
  }

  @Test("an export at the root has the other exports' places over its own names")
  func overlay() throws {
    let fixture = try TreeFixture()
    try fixture.directory("other")
    try fixture.file("other/inside")
    try fixture.file("export/x", "hidden")
    for index in 0..<50 { try fixture.file("export/\(index)") }
    let tree = try fixture.tree([
      definition(fixture, "/", "export"), definition(fixture, "/x", "other"),
      definition(fixture, "/y/z", "other"),
    ])
    let root = try tree.root()
    let expected = Set((0..<50).map(String.init) + ["x", "y"])
    for chunk in [1, 2, 3, 100] {
      let entries = try tree.list(root, chunk: chunk)
      #expect(entries.count == 52)
      #expect(Set(entries.map { String(decoding: $0.name, as: UTF8.self) }) == expected)
      #expect(entries.allSatisfy { $0.cookie > 2 })
    }
    #expect(try tree.names(try tree.walk("x")) == ["inside"])
    #expect(
      try tree.parent(of: try tree.walk("x"), for: rootCaller).handle == root.handle)
    #expect(try tree.walk("x/inside").handle != tree.walk("y/z/inside").handle)
  }

  @Test("a caller who may not use the root export still finds the one below it")
  func forbiddenRoot() throws {
    let fixture = try TreeFixture()
    try fixture.directory("other")
    try fixture.file("export/private")
    let tree = try fixture.tree([
      definition(fixture, "/", "export") { _ in false }, definition(fixture, "/x", "other"),
    ])
    let root = try tree.root()
    #expect(try tree.object(root.handle, for: rootCaller).handle == root.handle)
    #expect(try tree.names(root) == ["x"])
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.lookup(bytes("private"), in: root, for: rootCaller)
      } == .NFS4ERR_ACCESS)
    #expect(try tree.access(to: root, wanted: 0x3f, for: rootCaller) == 3)
  }

  @Test("an export is removed: its handles are NFS4ERR_STALE, those of others stay")
  func removedExport() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    let both = [definition(fixture, "/a", "export"), definition(fixture, "/b", "export")]
    let before = try fixture.tree(both)
    let gone = try before.walk("a/f").handle
    let kept = try before.walk("b/f").handle
    #expect(gone != kept)
    let after = try fixture.tree([both[1]])
    #expect(
      after.status { () throws(Nfsstat4) in try after.object(gone, for: rootCaller) }
        == .NFS4ERR_STALE)
    #expect(try after.object(kept, for: rootCaller).handle == kept)
  }

  @Test(
    "malformed pseudo paths and paths that are no directories are errors at the start",
    arguments: [
      "", "a", "/a/", "//", "/a//b", "/.", "/a/..", "/" + String(repeating: "n", count: 256),
    ])
  func malformed(pseudo: String) throws {
    let fixture = try TreeFixture()
    #expect(throws: PosixTreeError.self) {
      _ = try fixture.tree([ExportDefinition(path: fixture.export, pseudo: pseudo)])
    }
  }

  @Test("one pseudo path twice, and a path that is missing or a file, are errors at the start")
  func unusable() throws {
    let fixture = try TreeFixture()
    try fixture.file("f")
    let export = ExportDefinition(path: fixture.export, pseudo: "/a")
    #expect(throws: PosixTreeError.self) { _ = try fixture.tree([export, export]) }
    for path in [fixture.path("none"), fixture.path("f"), "relative"] {
      #expect(throws: PosixTreeError.self) {
        _ = try fixture.tree([ExportDefinition(path: path, pseudo: "/a")])
      }
    }
  }
}

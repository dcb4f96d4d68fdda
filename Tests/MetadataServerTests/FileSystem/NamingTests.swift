import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct NamingTests {
  private func remove(
    _ tree: PosixTree, _ name: String, in directory: String = "",
    expecting expected: ExpectedName = .anything, for caller: Caller = rootCaller
  ) -> Nfsstat4 {
    tree.status { () throws(Nfsstat4) in
      try tree.remove(
        bytes(name), in: try tree.walk(directory), expecting: expected, for: caller)
    }
  }

  /// - Parameters: "directory/name" or "name".
  private func rename(
    _ tree: PosixTree, _ from: String, _ to: String, expecting source: ExpectedName = .anything,
    replacing target: ExpectedName = .anything, for caller: Caller = rootCaller
  ) -> Nfsstat4 {
    func split(_ path: String) -> (String, [UInt8]) {
      let parts = path.split(separator: "/")
      return (parts.dropLast().joined(separator: "/"), bytes(parts.last.map(String.init) ?? ""))
    }
    return tree.status { () throws(Nfsstat4) in
      try tree.rename(
        split(from).1, in: try tree.walk(split(from).0), to: split(to).1,
        in: try tree.walk(split(to).0), expecting: source, replacing: target, for: caller)
    }
  }

  private func link(
    _ tree: PosixTree, _ object: PosixObject, _ name: String, in directory: String = "",
    for caller: Caller = rootCaller
  ) -> Nfsstat4 {
    tree.status { () throws(Nfsstat4) in
      try tree.link(object, as: bytes(name), in: try tree.walk(directory), for: caller)
    }
  }

  // MARK: REMOVE

  @Test("REMOVE takes files, links, nodes and empty directories", arguments: Mode.allCases)
  func removing(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let root = try tree.root()
    try tree.make("f")
    try tree.makeDirectory("d")
    for (type, name) in [(Createtype4.lnk(bytes("f")), "l"), (.fifo, "p"), (.sock, "s")] {
      _ = try tree.makeNode(
        type, named: bytes(name), in: root, attributes: FileAttributes(), for: rootCaller)
    }
    for name in ["l", "p", "s", "d", "f"] {
      let object = try tree.walk(name)
      #expect(remove(tree, name, expecting: .object(object.handle)) == .NFS4_OK)
      #expect(!fixture.exists(name))
      #expect(remove(tree, name) == .NFS4ERR_NOENT)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.object(object.handle, for: rootCaller) }
          == .NFS4ERR_STALE)
    }
  }

  @Test("REMOVE of a directory with entries is NFS4ERR_NOTEMPTY", arguments: Mode.allCases)
  func notEmpty(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.file("export/d/f", "content")
    let tree = try fixture.writable(mode)
    #expect(remove(tree, "d") == .NFS4ERR_NOTEMPTY)
    #expect(fixture.content("d/f") == "content")
  }

  @Test("a name that is another object's by now is NFS4ERR_DELAY", arguments: Mode.allCases)
  func expected(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let first = try tree.make("f").object.handle
    let other = try tree.make("g").object.handle
    #expect(remove(tree, "f", expecting: .object(other)) == .NFS4ERR_DELAY)
    #expect(remove(tree, "f", expecting: .nothing) == .NFS4ERR_DELAY)
    #expect(rename(tree, "f", "h", expecting: .object(other)) == .NFS4ERR_DELAY)
    #expect(rename(tree, "f", "h", replacing: .object(other)) == .NFS4ERR_DELAY)
    #expect(rename(tree, "f", "g", replacing: .nothing) == .NFS4ERR_DELAY)
    #expect(rename(tree, "f", "g", replacing: .object(first)) == .NFS4ERR_DELAY)
    #expect(try tree.names(try tree.root()) == ["f", "g"])
    #expect(
      rename(tree, "f", "g", expecting: .object(first), replacing: .object(other)) == .NFS4_OK)
    #expect(rename(tree, "g", "h", replacing: .nothing) == .NFS4_OK)
    #expect(remove(tree, "h", expecting: .object(first)) == .NFS4_OK)
  }

  @Test(
    "in a sticky directory only owners remove and rename", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func sticky(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/t", mode: 0o777)
    chmod(fixture.path("export/t"), 0o1777)
    try fixture.file("export/t/alices", uid: 1000)
    try fixture.file("export/t/bobs", uid: 1001)
    let tree = try fixture.writable(mode)
    #expect(remove(tree, "alices", in: "t", for: bob) == .NFS4ERR_ACCESS)
    #expect(rename(tree, "t/alices", "t/x", for: bob) == .NFS4ERR_ACCESS)
    #expect(rename(tree, "t/bobs", "t/alices", for: bob) == .NFS4ERR_ACCESS)
    #expect(rename(tree, "t/bobs", "t/x", for: bob) == .NFS4_OK)
    #expect(remove(tree, "x", in: "t", for: bob) == .NFS4_OK)
    #expect(remove(tree, "alices", in: "t", for: alice) == .NFS4_OK)
    // The directory's own owner may.
    chown(fixture.path("export/t"), 1001, 0)
    try fixture.file("export/t/alices", uid: 1000)
    #expect(remove(tree, "alices", in: "t", for: bob) == .NFS4_OK)
  }

  @Test(
    "removing and renaming need the directories' rights", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func rights(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/open", mode: 0o777)
    let tree = try fixture.writable(mode)
    for bits: mode_t in 0..<8 {
      let directory = "d\(bits)"
      try fixture.directory("export/" + directory, mode: bits)
      try fixture.file("export/\(directory)/f")
      try fixture.file("export/open/f")
      let expected: Nfsstat4 = bits & 3 == 3 ? .NFS4_OK : .NFS4ERR_ACCESS
      #expect(link(tree, try tree.walk("open/f"), "l", in: directory, for: rootCaller) == .NFS4_OK)
      #expect(rename(tree, directory + "/f", "open/g", for: bob) == expected)
      #expect(rename(tree, "open/f", directory + "/h", for: bob) == expected)
      #expect(remove(tree, "l", in: directory, for: bob) == expected)
    }
  }

  // MARK: RENAME

  @Test("RENAME within and between directories keeps handle and content", arguments: Mode.allCases)
  func renaming(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/a")
    try fixture.directory("export/b")
    let handle: NfsFh4
    do {
      let tree = try fixture.writable(mode)
      let a = try tree.walk("a")
      let b = try tree.walk("b")
      handle = try tree.make("f", "content", in: a).object.handle
      #expect(rename(tree, "a/f", "a/g") == .NFS4_OK)
      #expect(try tree.names(a) == ["g"])
      let (beforeA, beforeB) = (try tree.change(of: a), try tree.change(of: b))
      let change = try tree.rename(
        bytes("g"), in: a, to: bytes("h"), in: b, expecting: .anything, replacing: .anything,
        for: rootCaller)
      let (afterA, afterB) = (try tree.change(of: a), try tree.change(of: b))
      #expect(change.source == ChangeInfo4(atomic: false, before: beforeA, after: afterA))
      #expect(change.target == ChangeInfo4(atomic: false, before: beforeB, after: afterB))
      #expect(change.source.after > beforeA && change.target.after > beforeB)
      #expect(try tree.names(a).isEmpty)
      #expect(try tree.walk("b/h").handle == handle)
    }
    let tree = try fixture.writable(mode)
    #expect(try tree.content(try tree.object(handle, for: rootCaller)) == "content")
  }

  @Test("a directory that is moved takes what is below along", arguments: Mode.allCases)
  func movedDirectory(mode: Mode) throws {
    let fixture = try TreeFixture()
    let handle: NfsFh4
    do {
      let tree = try fixture.writable(mode)
      try tree.makeDirectory("to")
      let d = try tree.makeDirectory("d")
      let e = try tree.makeDirectory("e", in: d)
      handle = try tree.make("f", "content", in: e).object.handle
      #expect(rename(tree, "d", "to/moved") == .NFS4_OK)
      #expect(try tree.parent(of: d, for: rootCaller).handle == tree.walk("to").handle)
      #expect(try tree.walk("to/moved/e/f").handle == handle)
    }
    let tree = try fixture.writable(mode)
    #expect(try tree.content(try tree.object(handle, for: rootCaller)) == "content")
  }

  @Test("RENAME replaces what is of its kind and has no entries", arguments: Mode.allCases)
  func replacing(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let old = try tree.make("old", "old").object.handle
    try tree.make("new", "new")
    try tree.makeDirectory("empty")
    try tree.makeDirectory("full")
    try tree.make("f", in: try tree.walk("full"))
    #expect(rename(tree, "new", "empty") == .NFS4ERR_EXIST)
    #expect(rename(tree, "empty", "new") == .NFS4ERR_EXIST)
    #expect(rename(tree, "empty", "full") == .NFS4ERR_EXIST)
    #expect(rename(tree, "new", "old") == .NFS4_OK)
    #expect(fixture.content("old") == "new")
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.object(old, for: rootCaller) }
        == .NFS4ERR_STALE)
    #expect(rename(tree, "full", "empty") == .NFS4_OK)
    #expect(try tree.names(try tree.root()) == ["old", "empty"])
    #expect(rename(tree, "none", "old") == .NFS4ERR_NOENT)
    #expect(rename(tree, "empty", "empty/below") == .NFS4ERR_INVAL)
  }

  @Test("two names of one file both stay", arguments: Mode.allCases)
  func sameFile(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try tree.make("a").object
    #expect(link(tree, file, "b") == .NFS4_OK)
    let before = try tree.change(of: try tree.root())
    #expect(rename(tree, "a", "b") == .NFS4_OK)
    #expect(rename(tree, "a", "a") == .NFS4_OK)
    #expect(try tree.names(try tree.root()) == ["a", "b"])
    #expect(try tree.change(of: try tree.root()) == before)
  }

  // MARK: LINK

  @Test("a hard link is another name of the same object", arguments: Mode.allCases)
  func linking(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    let tree = try fixture.writable(mode)
    let file = try tree.make("f", "content").object
    let before = try tree.change(of: file)
    #expect(link(tree, file, "g", in: "d") == .NFS4_OK)
    #expect(try tree.change(of: file) > before)
    #expect(try tree.walk("d/g").handle == file.handle)
    #expect(try tree.attributes(of: file, mask: Bitmap4()).numlinks == 2)
    #expect(link(tree, file, "g", in: "d") == .NFS4ERR_EXIST)
    #expect(link(tree, try tree.walk("d"), "x") == .NFS4ERR_ISDIR)
    #expect(remove(tree, "f") == .NFS4_OK)
    #expect(try tree.content(file) == "content")
    symlink("anywhere", fixture.path("export/l"))
    let text = try tree.walk("l")
    #expect(link(tree, text, "m") == .NFS4_OK)
    #expect(try tree.walk("m").handle == text.handle)
  }

  @Test(
    "others' files are linked to only by who may read and write them", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func protectedLinks(mode: Mode) throws {
    let fixture = try TreeFixture()
    chmod(fixture.export, 0o777)
    try fixture.file("export/private", mode: 0o644, uid: 1000)
    try fixture.file("export/shared", mode: 0o666, uid: 1000)
    try fixture.file("export/setuid", mode: 0o4777, uid: 1000)
    let tree = try fixture.writable(mode)
    // As the kernel protects them, if it is told to.
    var isProtected = mode == .checking || mode == .both
    var setting: UInt8 = 0
    let file = Glibc.open("/proc/sys/fs/protected_hardlinks", O_RDONLY)
    if file >= 0, read(file, &setting, 1) == 1 { isProtected = isProtected || setting == 49 }
    close(file)
    let refused: Nfsstat4 = isProtected ? .NFS4ERR_ACCESS : .NFS4_OK
    #expect(link(tree, try tree.walk("private"), "a", for: bob) == refused)
    #expect(link(tree, try tree.walk("setuid"), "b", for: bob) == refused)
    #expect(link(tree, try tree.walk("shared"), "c", for: bob) == .NFS4_OK)
    #expect(link(tree, try tree.walk("private"), "d", for: alice) == .NFS4_OK)
  }

  // MARK: Open files

  @Test(
    "a file that is removed or replaced while open is read, written and looked at",
    arguments: Mode.allCases)
  func openRemoved(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    for name in ["removed", "replaced"] {
      let handle: NfsFh4
      do {
        let new = try tree.make(name, "content")
        handle = new.object.handle
        let file = try #require(new.file)
        if name == "removed" {
          #expect(remove(tree, name) == .NFS4_OK)
        } else {
          try tree.make("other")
          #expect(rename(tree, "other", name) == .NFS4_OK)
        }
        let object = try tree.object(handle, for: rootCaller)
        #expect(try tree.attributes(of: object, mask: Bitmap4()).numlinks == 0)
        let before = try tree.change(of: object)
        #expect(try tree.put("!", at: 7, to: file) == 1)
        #expect(try tree.change(of: object) > before)
        #expect(try tree.take(file) == "content!")
        let truncated = tree.setAttributes(
          attributesWith { $0.size = 3 }, of: object, through: file, for: rootCaller)
        #expect(truncated.status == .NFS4_OK)
        #expect(try tree.take(file) == "con")
        try tree.commit(file)
        try tree.commit(object)
        withExtendedLifetime(new) {}
      }
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.object(handle, for: rootCaller) }
          == .NFS4ERR_STALE)
    }
  }

  @Test(
    "a mount point is NFS4ERR_FILE_OPEN, and nothing crosses it", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func mountPoints(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/m")
    guard let mounted = TestMount(.tmpfs, on: fixture.path("export/m")) else { return }
    try fixture.file("export/f")
    let tree = try fixture.writable(mode)
    #expect(remove(tree, "m") == .NFS4ERR_FILE_OPEN)
    #expect(rename(tree, "m", "n") == .NFS4ERR_FILE_OPEN)
    try fixture.directory("export/d")
    #expect(rename(tree, "d", "m") == .NFS4ERR_FILE_OPEN)
    #expect(rename(tree, "f", "m/f") == .NFS4ERR_XDEV)
    #expect(link(tree, try tree.walk("f"), "g", in: "m") == .NFS4ERR_XDEV)
    // What is below it can be written to as well.
    let inside = try tree.make("inside", "content", in: try tree.walk("m"))
    #expect(fixture.content("m/inside") == "content")
    #expect(try tree.walk("m/inside").handle == inside.object.handle)
    withExtendedLifetime(mounted) {}
  }

  @Test("too many links are NFS4ERR_MLINK", .enabled(if: isRoot))
  func manyLinks() throws {
    guard FileSystemKind.available.contains(.ext4) else { return }
    let fixture = try TreeFixture(on: .ext4)
    let tree = try fixture.writable()
    let file = try tree.make("f").object
    for index in 1..<65_000 {
      Glibc.link(fixture.path("export/f"), fixture.path("export/\(index)"))
    }
    #expect(try tree.attributes(of: file, mask: Bitmap4()).numlinks == 65_000)
    #expect(link(tree, file, "one-more") == .NFS4ERR_MLINK)
  }
}

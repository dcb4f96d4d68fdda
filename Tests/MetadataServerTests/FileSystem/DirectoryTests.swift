import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct DirectoryTests {
  @Test(
    "100,000 entries in chunks, while others come and go: each stable one exactly once",
    arguments: [Mode.native, .both])
  func large(mode: Mode) throws {
    let fixture = try TreeFixture()
    let directory = open(fixture.export, O_RDONLY | O_DIRECTORY)
    defer { close(directory) }
    func touch(_ name: String) { close(openat(directory, name, O_CREAT | O_WRONLY, 0o644)) }
    // Hard links of some files: making 100,000 inodes takes many times as long as listing them.
    for index in 0..<100 { try fixture.file("\(index)") }
    let base = open(fixture.base, O_RDONLY | O_DIRECTORY)
    defer { close(base) }
    for index in 0..<100_000 {
      linkat(base, "\(index % 100)", directory, "stable-\(index)", 0)
    }
    for index in 0..<1_000 { touch("going-\(index)") }
    let tree = try fixture.tree(nil, mode.options)
    let mask = Bitmap4(attributes: [
      FATTR4.TYPE, FATTR4.FILEID, FATTR4.FILEHANDLE, FATTR4.RDATTR_ERROR,
    ])
    let entries = try tree.list(try tree.root(), chunk: 1_009, mask: mask) { round in
      unlinkat(directory, "going-\(round)", 0)
      unlinkat(directory, "going-\(999 - round)", 0)
      touch("coming-\(round)")
      if round > 0 { unlinkat(directory, "coming-\(round - 1)", 0) }
    }
    var seen: Set<[UInt8]> = []
    var stable = 0
    var duplicates = 0
    var refused = 0
    for entry in entries {
      if !seen.insert(entry.name).inserted { duplicates += 1 }
      if entry.cookie < 3 || entry.attributes.rdattrError != .NFS4_OK { refused += 1 }
      if entry.name.starts(with: bytes("stable-")) { stable += 1 }
    }
    #expect(stable == 100_000)
    #expect(duplicates == 0)
    #expect(refused == 0)
    #expect(tree.streams.withLock { $0.count } == 0)
  }

  @Test(
    "listing goes on by the cookie alone when the server was restarted", arguments: Mode.allCases)
  func restarted(mode: Mode) throws {
    let fixture = try TreeFixture()
    for index in 0..<500 { try fixture.file("export/\(index)") }
    var cookie: UInt64 = 0
    var names: [[UInt8]] = []
    var isEnd = false
    while !isEnd {
      let tree = try fixture.tree(nil, mode.options)
      var room = 60
      isEnd = try tree.readDirectory(
        try tree.root(), after: cookie, mask: Bitmap4(), for: rootCaller
      ) { entry in
        if room == 0 { return false }
        room -= 1
        cookie = entry.cookie
        names.append(entry.name)
        return true
      }
    }
    #expect(names.count == 500 && Set(names).count == 500)
  }

  @Test("READDIR again from the same cookie gives the same entries")
  func repeated() throws {
    let fixture = try TreeFixture()
    for index in 0..<300 { try fixture.file("export/\(index)") }
    let tree = try fixture.tree()
    let root = try tree.root()
    let all = try tree.list(root)
    for start in stride(from: 0, to: 300, by: 37) {
      for _ in 0..<2 {
        var names: [[UInt8]] = []
        let isEnd = try tree.readDirectory(
          root, after: all[start].cookie, mask: Bitmap4(), for: rootCaller
        ) { entry in
          names.append(entry.name)
          return names.count < 10
        }
        // The last one was refused, as one that does not fit is.
        #expect(names == all[(start + 1)...].prefix(10).map(\.name))
        #expect(!isEnd || start + 10 >= 299)
      }
    }
    #expect(
      try tree.readDirectory(
        root, after: all[299].cookie, mask: Bitmap4(), for: rootCaller, { _ in false }))
  }

  @Test("cookies 1 and 2 are NFS4ERR_BAD_COOKIE")
  func badCookies() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree()
    let root = try tree.root()
    for cookie: UInt64 in [1, 2, .max] {
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.readDirectory(root, after: cookie, mask: Bitmap4(), for: rootCaller) { _ in
            true
          }
        } == .NFS4ERR_BAD_COOKIE)
    }
  }

  @Test("unfinished listings are bounded")
  func bounded() throws {
    let fixture = try TreeFixture()
    for index in 0..<10 { try fixture.file("export/\(index)") }
    var options = PosixTree.Options()
    options.cachedStreamLimit = 4
    let tree = try fixture.tree(nil, options)
    let root = try tree.root()
    for uid: UInt32 in 0..<20 {
      var count = 0
      _ = try tree.readDirectory(root, after: 0, mask: Bitmap4(), for: caller(uid, 0)) { _ in
        count += 1
        return count < 3
      }
    }
    #expect(tree.streams.withLock { $0.count } == 4)
  }

  @Test(
    "who may read but not search a directory gets names with rdattr_error", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func unsearchable(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d", mode: 0o744)
    try fixture.file("export/d/f")
    let tree = try fixture.tree(nil, mode.options)
    let directory = try tree.walk("d")
    let mask = Bitmap4(attributes: [FATTR4.SIZE, FATTR4.RDATTR_ERROR])
    let entry = try #require(try tree.list(directory, mask: mask, for: caller(1, 1)).first)
    #expect(entry.name == bytes("f"))
    #expect(entry.attributes.rdattrError == .NFS4ERR_ACCESS)
    #expect(entry.attributes.size == nil)
  }

  @Test("a removed directory is NFS4ERR_STALE for LOOKUP and READDIR", arguments: Mode.allCases)
  func removed(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    let tree = try fixture.tree(nil, mode.options)
    let directory = try tree.walk("d")
    rmdir(fixture.path("export/d"))
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.lookup(bytes("f"), in: directory, for: rootCaller)
      } == .NFS4ERR_STALE)
    #expect(tree.status { () throws(Nfsstat4) in try tree.list(directory) } == .NFS4ERR_STALE)
  }
}

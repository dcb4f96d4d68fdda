import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct CreatingTests {
  private func create(
    _ tree: PosixTree, _ name: String, _ how: CreateMode = .guarded,
    _ attributes: FileAttributes = modeOnly(0o644), in directory: String = "",
    for caller: Caller = rootCaller
  ) -> Nfsstat4 {
    tree.status { () throws(Nfsstat4) in
      try tree.create(
        bytes(name), in: try tree.walk(directory), how, attributes: attributes, access: .write,
        for: caller)
    }
  }

  @Test("names that RFC 8881 refuses are refused", arguments: Mode.allCases)
  func names(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let expected: [(String, Nfsstat4)] = [
      ("", .NFS4ERR_INVAL), (".", .NFS4ERR_BADNAME), ("..", .NFS4ERR_BADNAME),
      ("a/b", .NFS4ERR_BADCHAR), ("a\0b", .NFS4ERR_BADCHAR),
      (String(repeating: "n", count: 256), .NFS4ERR_NAMETOOLONG),
    ]
    for (name, status) in expected {
      #expect(create(tree, name) == status)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.makeDirectory(name) } == status)
    }
    let longest = String(repeating: "n", count: 255)
    #expect(create(tree, longest) == .NFS4_OK)
    #expect(fixture.exists(longest))
  }

  @Test("names of any bytes are kept as they are", arguments: Mode.allCases)
  func anyBytes(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let all = (1...255).map { UInt8($0) }.filter { $0 != UInt8(ascii: "/") }
    for start in stride(from: 0, to: all.count, by: 100) {
      let name = Array(all[start..<min(start + 100, all.count)])
      let new = try tree.create(
        name, in: try tree.root(), .guarded, attributes: FileAttributes(), access: .read,
        for: rootCaller)
      let found = try tree.lookup(name, in: try tree.root(), for: rootCaller)
      #expect(found.handle == new.object.handle)
      #expect(try tree.list(try tree.root()).contains { $0.name == name })
    }
  }

  @Test(
    "read-only exports and the pseudo file system are NFS4ERR_ROFS", arguments: Mode.allCases)
  func readOnly(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree(
      [
        ExportDefinition(path: fixture.export, pseudo: "/a/ro", squash: .none),
        ExportDefinition(path: fixture.export, pseudo: "/a/rw", squash: .none, isWritable: true),
      ], mode.options)
    for path in ["", "a", "a/ro"] {
      #expect(create(tree, "f", in: path) == .NFS4ERR_ROFS)
      let directory = try tree.walk(path)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.makeDirectory("d", in: directory) }
          == .NFS4ERR_ROFS)
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.remove(bytes("f"), in: directory, expecting: .anything, for: rootCaller)
        } == .NFS4ERR_ROFS)
      #expect(
        tree.setAttributes(modeOnly(0), of: directory, through: nil, for: rootCaller).status
          == .NFS4ERR_ROFS)
    }
    #expect(create(tree, "f", in: "a/rw") == .NFS4_OK)
  }

  @Test("what exists is EXIST for GUARDED, and untouched for UNCHECKED", arguments: Mode.allCases)
  func existing(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", mode: 0o600)
    try fixture.directory("export/d")
    let tree = try fixture.writable(mode)
    #expect(create(tree, "f") == .NFS4ERR_EXIST)
    #expect(create(tree, "f", .exclusive(1), FileAttributes()) == .NFS4ERR_EXIST)
    #expect(create(tree, "d", .exclusive(1), FileAttributes()) == .NFS4ERR_EXIST)
    var wanted = modeOnly(0o777)
    wanted.size = 0
    for name in ["f", "d"] {
      let found = try tree.create(
        bytes(name), in: try tree.root(), .unchecked, attributes: wanted, access: .write,
        for: rootCaller)
      #expect(found.file == nil)
      #expect(found.attributesSet.isEmpty)
      #expect(try found.object.handle == tree.walk(name).handle)
      #expect(found.directoryChange.before == found.directoryChange.after)
    }
    #expect(fixture.content("f") == "content")
    #expect(fixture.status("f").st_mode & 0o777 == 0o600)
  }

  @Test("a new file has its attributes, its creator's rights and a place", arguments: Mode.allCases)
  func attributes(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    var wanted = modeOnly(0o444)
    wanted.size = 1_000_000
    wanted.timeAccessSet = .clientTime(Nfstime4(seconds: 1_000, nseconds: 5))
    wanted.timeModifySet = .clientTime(Nfstime4(seconds: -7, nseconds: 999_999_999))
    let new = try tree.create(
      bytes("f"), in: try tree.root(), .guarded, attributes: wanted, access: [.read, .write],
      for: rootCaller)
    #expect(new.attributesSet == wanted.present)
    #expect(new.directoryChange.after > new.directoryChange.before)
    let status = fixture.status("f")
    #expect(status.st_mode == S_IFREG | 0o444)
    #expect(status.st_size == 1_000_000)
    #expect(status.st_nlink == 1)
    #expect(status.st_atim.tv_sec == 1_000 && status.st_atim.tv_nsec == 5)
    #expect(status.st_mtim.tv_sec == -7 && status.st_mtim.tv_nsec == 999_999_999)
    // Mode 0444 does not bind who made it so.
    let file = try #require(new.file)
    #expect(try tree.put("x", at: 999_999, to: file) == 1)
    #expect(try tree.attributes(of: new.object, mask: Bitmap4()).fileid == UInt64(status.st_ino))
    #expect(tree.mayBeServedByPeers(new.object))
    #expect(try tree.walk("f").handle == new.object.handle)
    let later = try fixture.writable(mode)
    #expect(try later.object(new.object.handle, for: rootCaller).handle == new.object.handle)
  }

  @Test("a create that fails leaves nothing", arguments: Mode.allCases)
  func failing(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let all: [(FileAttributes, Nfsstat4)] = [
      (attributesWith { $0.mode = 0o10000 }, .NFS4ERR_INVAL),
      (
        attributesWith {
          $0.mode = 0
          $0.modeUmask = ModeUmask4(mode: 0, umask: 0)
        }, .NFS4ERR_INVAL
      ),
      (attributesWith { $0.size = UInt64(Int64.max) + 1 }, .NFS4ERR_FBIG),
      (attributesWith { $0.size = UInt64(Int64.max) }, .NFS4ERR_FBIG),
      (
        attributesWith {
          $0.timeModifySet = .clientTime(Nfstime4(seconds: 0, nseconds: 1_000_000_000))
        }, .NFS4ERR_INVAL
      ),
      (attributesWith { $0.owner = .name(bytes("nobody")) }, .NFS4ERR_BADOWNER),
      (
        attributesWith { $0.owner = .name(bytes("no.such.user@x")) },
        .NFS4ERR_BADOWNER
      ),
      (attributesWith { $0.fileid = 1 }, .NFS4ERR_INVAL),
      (attributesWith { $0.quotaUsed = 1 }, .NFS4ERR_ATTRNOTSUPP),
    ]
    for (wanted, status) in all {
      #expect(create(tree, "f", .unchecked, wanted) == status)
      #expect(!fixture.exists("f"))
    }
    if isRoot {
      chmod(fixture.export, 0o777)
      let given = attributesWith { $0.owner = .id(0) }
      #expect(create(tree, "f", .guarded, given, for: alice) == .NFS4ERR_PERM)
      #expect(!fixture.exists("f"))
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.makeNode(
            .dir, named: bytes("d"), in: try tree.root(), attributes: given, for: alice)
        } == .NFS4ERR_PERM)
      #expect(!fixture.exists("d"))
    }
  }

  @Test(
    "a repeated EXCLUSIVE4_1 create finds its file, also after a restart", arguments: Mode.allCases)
  func exclusive(mode: Mode) throws {
    let fixture = try TreeFixture()
    let verifier: Verifier4 = 0xfedc_ba98_8765_4321
    let wanted = modeOnly(0o400)
    let handle: NfsFh4
    do {
      let tree = try fixture.writable(mode)
      let new = try tree.create(
        bytes("f"), in: try tree.root(), .exclusive(verifier), attributes: wanted,
        access: .write, for: rootCaller)
      handle = new.object.handle
      #expect(new.file != nil)
      #expect(new.attributesSet == wanted.present.union(NewAttributes.times))
    }
    let tree = try fixture.writable(mode)
    let again = try tree.create(
      bytes("f"), in: try tree.root(), .exclusive(verifier), attributes: wanted, access: .write,
      for: rootCaller)
    #expect(again.object.handle == handle)
    #expect(again.file == nil)
    #expect(again.attributesSet == wanted.present.union(NewAttributes.times))
    for bit in [0, 31, 32, 62] where bit != 31 {
      #expect(
        create(tree, "f", .exclusive(verifier ^ 1 << UInt64(bit)), wanted) == .NFS4ERR_EXIST)
    }
  }

  @Test("once it was used, no EXCLUSIVE4_1 create is repeated", arguments: Mode.allCases)
  func exclusiveUsed(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let touch = attributesWith {
      $0.timeAccessSet = .serverTime
      $0.timeModifySet = .serverTime
    }
    for (name, use) in [("written", false), ("touched", true)] {
      #expect(create(tree, name, .exclusive(7), FileAttributes()) == .NFS4_OK)
      #expect(create(tree, name, .exclusive(7), FileAttributes()) == .NFS4_OK)
      if use {
        #expect(try tree.set(touch, of: name) == .NFS4_OK)
      } else {
        let file = try tree.open(
          try tree.walk(name), access: .write, ownerOverride: false, for: rootCaller)
        try tree.put("x", at: 0, to: file)
      }
      #expect(create(tree, name, .exclusive(7), FileAttributes()) == .NFS4ERR_EXIST)
    }
  }

  @Test("what keeps the verifier cannot be set with EXCLUSIVE4_1", arguments: Mode.allCases)
  func exclusiveAttributes(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let allowed = try tree.exclusiveCreateAttributes(of: try tree.root())
    let refused = [
      attributesWith { $0.size = 0 },
      attributesWith { $0.timeAccessSet = .serverTime },
      attributesWith { $0.timeModifySet = .serverTime },
    ]
    for wanted in refused {
      #expect(create(tree, "f", .exclusive(1), wanted) == .NFS4ERR_INVAL)
      #expect(wanted.present.intersection(allowed).isEmpty)
    }
    let rest = attributesWith {
      $0.modeUmask = ModeUmask4(mode: 0o666, umask: 0o22)
      $0.owner = .id(0)
      $0.ownerGroup = .id(0)
    }
    #expect(rest.present.isSubset(of: allowed))
    #expect(create(tree, "f", .exclusive(1), rest) == .NFS4_OK)
  }

  @Test(
    "the umask counts unless the directory has a default ACL (RFC 8275)", arguments: Mode.allCases)
  func umask(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/plain")
    try fixture.directory("export/acl")
    let tree = try fixture.writable(mode)
    let wanted = attributesWith {
      $0.modeUmask = ModeUmask4(mode: 0o666, umask: 0o137)
    }
    #expect(create(tree, "f", .guarded, wanted, in: "plain") == .NFS4_OK)
    #expect(fixture.status("plain/f").st_mode & 0o7777 == 0o640)
    #expect(create(tree, "full", .guarded, modeOnly(0o777), in: "plain") == .NFS4_OK)
    #expect(fixture.status("plain/full").st_mode & 0o7777 == 0o777)
    guard try tree.supportedAttributes(of: try tree.root()).contains(bit: FATTR4.ACL) else {
      return
    }
    let everyone = Nfsace4(
      type: ACE4.ACCESS_ALLOWED_ACE_TYPE,
      flag: ACE4.FILE_INHERIT_ACE | ACE4.DIRECTORY_INHERIT_ACE,
      accessMask: ACE4.READ_DATA | ACE4.WRITE_DATA | ACE4.APPEND_DATA | ACE4.DELETE_CHILD
        | ACE4.EXECUTE, who: bytes("EVERYONE@"))
    #expect(try tree.set(attributesWith { $0.acl = [everyone] }, of: "acl") == .NFS4_OK)
    #expect(create(tree, "f", .guarded, wanted, in: "acl") == .NFS4_OK)
    #expect(fixture.status("acl/f").st_mode & 0o7777 == 0o666)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.makeNode(
          .dir, named: bytes("d"), in: try tree.walk("acl"), attributes: wanted, for: rootCaller)
      } == .NFS4_OK)
    #expect(fixture.status("acl/d").st_mode & 0o7777 == 0o666)
  }

  @Test(
    "new entries belong to their creator, and in a set-group-ID directory to its group",
    .enabled(if: isRoot), arguments: Mode.allCases)
  func ownership(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/plain", mode: 0o777)
    try fixture.directory("export/group", mode: 0o777)
    chown(fixture.path("export/group"), 0, 5000)
    chmod(fixture.path("export/group"), 0o2777)
    let tree = try fixture.writable(mode)
    let types: [(String, Createtype4?)] = [
      ("f", nil), ("d", .dir), ("l", .lnk(bytes("text"))), ("p", .fifo), ("s", .sock),
    ]
    for (directory, gid) in [("plain", UInt32(1000)), ("group", 5000)] {
      for (name, type) in types {
        if let type {
          _ = try tree.makeNode(
            type, named: bytes(name), in: try tree.walk(directory),
            attributes: modeOnly(0o750), for: alice)
        } else {
          #expect(
            create(tree, name, .guarded, modeOnly(0o750), in: directory, for: alice) == .NFS4_OK)
        }
        let status = fixture.status(directory + "/" + name)
        #expect(status.st_uid == 1000)
        #expect(status.st_gid == gid)
        if name != "l" {
          let inherited: mode_t = directory == "group" && name == "d" ? 0o2000 : 0
          #expect(status.st_mode & 0o7777 == 0o750 | inherited)
        }
      }
    }
  }

  @Test(
    "special bits are the creator's to set, except set-group-ID for a group he is not in",
    .enabled(if: isRoot), arguments: Mode.allCases)
  func specialBits(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/mine", mode: 0o777)
    try fixture.directory("export/other", mode: 0o777)
    chown(fixture.path("export/other"), 0, 5000)
    chmod(fixture.path("export/other"), 0o2777)
    let tree = try fixture.writable(mode)
    var wanted = modeOnly(0o6755)
    for size: UInt64? in [nil, 0, 10] {
      wanted.size = size
      let name = "f\(size ?? 99)"
      #expect(create(tree, name, .guarded, wanted, in: "mine", for: alice) == .NFS4_OK)
      #expect(fixture.status("mine/" + name).st_mode & 0o7777 == 0o6755)
      #expect(create(tree, name, .guarded, wanted, in: "other", for: alice) == .NFS4_OK)
      #expect(fixture.status("other/" + name).st_mode & 0o7777 == 0o4755)
    }
  }

  @Test(
    "creating needs the right to write to and search the directory", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func rights(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    for bits: mode_t in 0..<8 {
      try fixture.directory("export/d\(bits)", mode: bits)
      let expected: Nfsstat4 = bits & 3 == 3 ? .NFS4_OK : .NFS4ERR_ACCESS
      #expect(create(tree, "f", in: "d\(bits)", for: bob) == expected)
      let directory = try tree.walk("d\(bits)")
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.makeDirectory("d", in: directory, for: bob)
        } == expected)
    }
  }

  @Test(
    "everybody squashed creates as the anonymous user", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func squashed(mode: Mode) throws {
    let fixture = try TreeFixture()
    chmod(fixture.export, 0o777)
    let tree = try fixture.writable(mode, squash: .all)
    #expect(create(tree, "f") == .NFS4_OK)
    #expect(fixture.status("f").st_uid == 77)
    #expect(fixture.status("f").st_gid == 78)
  }

  @Test("in a removed directory nothing is created", arguments: Mode.allCases)
  func removedDirectory(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    let tree = try fixture.writable(mode)
    let directory = try tree.walk("d")
    rmdir(fixture.path("export/d"))
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.make("f", in: directory) } == .NFS4ERR_STALE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.makeDirectory("d", in: directory) }
        == .NFS4ERR_STALE)
  }

  @Test("in what is no directory nothing is created", arguments: Mode.allCases)
  func noDirectory(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    symlink(".", fixture.path("export/l"))
    let tree = try fixture.writable(mode)
    #expect(create(tree, "x", in: "f") == .NFS4ERR_NOTDIR)
    #expect(create(tree, "x", in: "l") == .NFS4ERR_SYMLINK)
  }

  @Test("CREATE makes each type", arguments: Mode.allCases)
  func types(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let root = try tree.root()
    let all: [(Createtype4, NfsFtype4, mode_t)] = [
      (.dir, .NF4DIR, S_IFDIR), (.fifo, .NF4FIFO, S_IFIFO), (.sock, .NF4SOCK, S_IFSOCK),
      (.lnk(bytes("any/text")), .NF4LNK, S_IFLNK),
    ]
    for (type, expected, bits) in all {
      let new = try tree.makeNode(
        type, named: bytes("\(expected)"), in: root, attributes: modeOnly(0o711),
        for: rootCaller)
      #expect(new.object.type == expected)
      #expect(new.file == nil)
      #expect(new.directoryChange.after > new.directoryChange.before)
      #expect(fixture.status("\(expected)").st_mode & S_IFMT == bits)
      #expect(try tree.walk("\(expected)").handle == new.object.handle)
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.makeNode(
            type, named: bytes("\(expected)"), in: root, attributes: FileAttributes(),
            for: rootCaller)
        } == .NFS4ERR_EXIST)
    }
    #expect(try tree.readLink(try tree.walk("NF4LNK"), for: rootCaller) == bytes("any/text"))
    for type: Createtype4 in [.reg, .attrdir, .namedattr] {
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.makeNode(
            type, named: bytes("x"), in: root, attributes: FileAttributes(), for: rootCaller)
        } == .NFS4ERR_BADTYPE)
    }
  }

  @Test("texts of links are bounded and without NUL", arguments: Mode.allCases)
  func linkTexts(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let all: [([UInt8], Nfsstat4)] = [
      ([], .NFS4ERR_INVAL), ([97, 0], .NFS4ERR_INVAL),
      ([UInt8](repeating: 97, count: 4096), .NFS4ERR_NAMETOOLONG),
      ([UInt8](repeating: 97, count: 4095), .NFS4_OK), ([0xff, 0xfe], .NFS4_OK),
    ]
    for (index, (text, status)) in all.enumerated() {
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.makeNode(
            .lnk(text), named: bytes("\(index)"), in: try tree.root(),
            attributes: FileAttributes(), for: rootCaller)
        } == status)
      if status == .NFS4_OK {
        #expect(try tree.readLink(try tree.walk("\(index)"), for: rootCaller) == text)
      }
    }
  }

  @Test("devices are the superuser's to make", .enabled(if: isRoot), arguments: Mode.allCases)
  func devices(mode: Mode) throws {
    let fixture = try TreeFixture()
    chmod(fixture.export, 0o777)
    let tree = try fixture.writable(mode)
    let null = Specdata4(specdata1: 1, specdata2: 3)
    for (type, name) in [(Createtype4.chr(null), "c"), (.blk(null), "b")] {
      func make(_ caller: Caller) -> Nfsstat4 {
        tree.status { () throws(Nfsstat4) in
          try tree.makeNode(
            type, named: bytes(name), in: try tree.root(),
            attributes: modeOnly(0o666), for: caller)
        }
      }
      #expect(make(alice) == .NFS4ERR_PERM)
      #expect(!fixture.exists(name))
      guard make(rootCaller) == .NFS4_OK else { continue }
      #expect(try tree.attributes(of: try tree.walk(name), mask: Bitmap4()).rawdev == null)
    }
    let wide = Specdata4(specdata1: 1 << 12, specdata2: 0)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.makeNode(
          .chr(wide), named: bytes("w"), in: try tree.root(), attributes: FileAttributes(),
          for: rootCaller)
      } == .NFS4ERR_INVAL)
  }

  @Test("names that lead to other exports cannot be taken")
  func covered() throws {
    let fixture = try TreeFixture()
    try fixture.directory("other")
    let tree = try fixture.tree([
      ExportDefinition(path: fixture.export, pseudo: "/", squash: .none, isWritable: true),
      ExportDefinition(path: fixture.path("other"), pseudo: "/x", squash: .none, isWritable: true),
    ])
    let root = try tree.root()
    try tree.make("f")
    #expect(create(tree, "x") == .NFS4ERR_EXIST)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.makeDirectory("x") } == .NFS4ERR_EXIST)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.link(try tree.walk("f"), as: bytes("x"), in: root, for: rootCaller)
      } == .NFS4ERR_EXIST)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.remove(bytes("x"), in: root, expecting: .anything, for: rootCaller)
      } == .NFS4ERR_FILE_OPEN)
    for (from, to, status) in [("f", "x", Nfsstat4.NFS4ERR_EXIST), ("x", "y", .NFS4ERR_FILE_OPEN)] {
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.rename(
            bytes(from), in: root, to: bytes(to), in: root, expecting: .anything,
            replacing: .anything, for: rootCaller)
        } == status)
    }
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.rename(
          bytes("f"), in: root, to: bytes("f"), in: try tree.walk("x"), expecting: .anything,
          replacing: .anything, for: rootCaller)
      } == .NFS4ERR_XDEV)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.link(
          try tree.walk("f"), as: bytes("f"), in: try tree.walk("x"), for: rootCaller)
      } == .NFS4ERR_XDEV)
  }
}

import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct SettingAttributesTests {
  @Test("what cannot be set changes nothing", arguments: Mode.allCases)
  func refused(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", mode: 0o600)
    try fixture.directory("export/d", mode: 0o700)
    let tree = try fixture.writable(mode)
    let all: [(FileAttributes, Nfsstat4)] = [
      (attributesWith { $0.fileid = 1 }, .NFS4ERR_INVAL),
      (attributesWith { $0.change = 1 }, .NFS4ERR_INVAL),
      (attributesWith { $0.quotaAvailHard = 1 }, .NFS4ERR_ATTRNOTSUPP),
      (attributesWith { $0.mode = 0o10000 }, .NFS4ERR_INVAL),
      (attributesWith { $0.modeUmask = ModeUmask4(mode: 0, umask: 0) }, .NFS4ERR_INVAL),
      (
        attributesWith {
          $0.mode = 0
          $0.modeSetMasked = ModeMasked4(valueToSet: 0, maskBits: 0)
        }, .NFS4ERR_INVAL
      ),
      (
        attributesWith { $0.modeSetMasked = ModeMasked4(valueToSet: 0, maskBits: 0o10000) },
        .NFS4ERR_INVAL
      ),
      (attributesWith { $0.owner = .name(bytes("x")) }, .NFS4ERR_BADOWNER),
      (attributesWith { $0.owner = .id(.max) }, .NFS4ERR_BADOWNER),
      (attributesWith { $0.ownerGroup = .name(bytes("no.such.group@x")) }, .NFS4ERR_BADOWNER),
      (
        attributesWith {
          $0.timeAccessSet = .clientTime(Nfstime4(seconds: 0, nseconds: 1_000_000_000))
        }, .NFS4ERR_INVAL
      ),
      (attributesWith { $0.size = UInt64(Int64.max) + 1 }, .NFS4ERR_FBIG),
    ]
    let before = try tree.change(of: try tree.walk("f"))
    for (wanted, status) in all {
      var wanted = wanted
      if wanted.mode == nil, wanted.modeSetMasked == nil, wanted.modeUmask == nil {
        wanted.mode = 0o777
      }
      let result = tree.setAttributes(
        wanted, of: try tree.walk("f"), through: nil, for: rootCaller)
      #expect(result.status == status)
      #expect(result.set.isEmpty)
    }
    #expect(fixture.status("f").st_mode & 0o777 == 0o600)
    #expect(try tree.change(of: try tree.walk("f")) == before)
    #expect(try tree.set(attributesWith { $0.size = 0 }, of: "d") == .NFS4ERR_ISDIR)
    symlink("f", fixture.path("export/l"))
    #expect(try tree.set(attributesWith { $0.size = 0 }, of: "l") == .NFS4ERR_INVAL)
  }

  @Test(
    "everything at once, in an order that lets everything stay", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func everything(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content")
    let tree = try fixture.writable(mode)
    let wanted = attributesWith {
      $0.size = 5
      $0.mode = 0o6711
      $0.owner = .id(1000)
      $0.ownerGroup = .id(2000)
      $0.timeAccessSet = .clientTime(Nfstime4(seconds: 100, nseconds: 1))
      $0.timeModifySet = .clientTime(Nfstime4(seconds: 200, nseconds: 2))
    }
    let result = tree.setAttributes(
      wanted, of: try tree.walk("f"), through: nil, for: rootCaller)
    #expect(result == AttributeChange(status: .NFS4_OK, set: wanted.present))
    let status = fixture.status("f")
    #expect(status.st_size == 5)
    #expect(status.st_mode & 0o7777 == 0o6711)
    #expect(status.st_uid == 1000 && status.st_gid == 2000)
    #expect(status.st_atim.tv_sec == 100 && status.st_atim.tv_nsec == 1)
    #expect(status.st_mtim.tv_sec == 200 && status.st_mtim.tv_nsec == 2)
  }

  @Test("what was set before a failure is told", .enabled(if: isRoot), arguments: Mode.allCases)
  func partial(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", mode: 0o666, uid: 1001)
    let tree = try fixture.writable(mode)
    let object = try tree.walk("f")
    let before = try tree.change(of: object)
    let result = tree.setAttributes(
      attributesWith {
        $0.size = 3
        $0.mode = 0o777
      }, of: object, through: nil, for: alice)
    #expect(result.status == .NFS4ERR_PERM)
    #expect(result.set == Bitmap4(attributes: [FATTR4.SIZE]))
    #expect(fixture.content("f") == "con")
    #expect(try tree.change(of: object) > before)
  }

  @Test(
    "mode, owner and group are the owner's, the owner's group one of his", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func owners(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", mode: 0o666, uid: 1000, gid: 1000)
    let tree = try fixture.writable(mode)
    let all: [(FileAttributes, Nfsstat4, Nfsstat4)] = [
      (modeOnly(0o660), .NFS4_OK, .NFS4ERR_PERM),
      (attributesWith { $0.owner = .id(1001) }, .NFS4ERR_PERM, .NFS4ERR_PERM),
      (attributesWith { $0.owner = .id(1000) }, .NFS4_OK, .NFS4ERR_PERM),
      (attributesWith { $0.ownerGroup = .id(2000) }, .NFS4_OK, .NFS4ERR_PERM),
      (attributesWith { $0.ownerGroup = .id(3000) }, .NFS4ERR_PERM, .NFS4ERR_PERM),
      (
        attributesWith { $0.timeModifySet = .clientTime(Nfstime4(seconds: 1, nseconds: 0)) },
        .NFS4_OK, .NFS4ERR_PERM
      ),
    ]
    for (wanted, owners, others) in all {
      #expect(try tree.set(wanted, of: "f", for: bob) == others)
      #expect(try tree.set(wanted, of: "f", for: alice) == owners)
      #expect(try tree.set(wanted, of: "f") == .NFS4_OK)
      chown(fixture.path("export/f"), 1000, 1000)
    }
  }

  @Test("the time of now is for whoever may write", .enabled(if: isRoot), arguments: Mode.allCases)
  func touching(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/writable", mode: 0o666, uid: 1000)
    try fixture.file("export/readable", mode: 0o644, uid: 1000)
    let tree = try fixture.writable(mode)
    let now = attributesWith {
      $0.timeAccessSet = .serverTime
      $0.timeModifySet = .serverTime
    }
    let old = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
    for name in ["writable", "readable"] {
      utimensat(AT_FDCWD, fixture.path("export/" + name), old, 0)
    }
    #expect(try tree.set(now, of: "writable", for: bob) == .NFS4_OK)
    #expect(fixture.status("writable").st_mtim.tv_sec > 1)
    #expect(try tree.set(now, of: "readable", for: bob) == .NFS4ERR_ACCESS)
    #expect(fixture.status("readable").st_mtim.tv_sec == 1)
  }

  @Test(
    "set-group-ID is taken away from who is not in the group", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func setGroupID(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", uid: 1000, gid: 5000)
    let tree = try fixture.writable(mode)
    #expect(try tree.set(modeOnly(0o2755), of: "f", for: alice) == .NFS4_OK)
    #expect(fixture.status("f").st_mode & 0o7777 == 0o755)
    chown(fixture.path("export/f"), 1000, 2000)
    #expect(try tree.set(modeOnly(0o2755), of: "f", for: alice) == .NFS4_OK)
    #expect(fixture.status("f").st_mode & 0o7777 == 0o2755)
  }

  @Test("changing the owner takes set-user-ID away", .enabled(if: isRoot), arguments: Mode.allCases)
  func chownClears(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", mode: 0o4755)
    let tree = try fixture.writable(mode)
    #expect(try tree.set(attributesWith { $0.owner = .id(1000) }, of: "f") == .NFS4_OK)
    #expect(fixture.status("f").st_mode & 0o7777 == 0o755)
  }

  @Test("some bits of a mode alone", arguments: Mode.allCases)
  func maskedMode(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", mode: 0o640)
    let tree = try fixture.writable(mode)
    let wanted = attributesWith {
      $0.modeSetMasked = ModeMasked4(valueToSet: 0o017, maskBits: 0o077)
    }
    let result = tree.setAttributes(
      wanted, of: try tree.walk("f"), through: nil, for: rootCaller)
    #expect(result.set == Bitmap4(attributes: [FATTR4.MODE_SET_MASKED]))
    #expect(fixture.status("f").st_mode & 0o7777 == 0o617)
  }

  @Test(
    "the size needs the right to write, or an open for writing", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func sizes(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", mode: 0o600, uid: 1000)
    let tree = try fixture.writable(mode)
    let object = try tree.walk("f")
    let writing = try tree.open(object, access: .write, ownerOverride: false, for: alice)
    let reading = try tree.open(object, for: alice)
    chmod(fixture.path("export/f"), 0o400)
    func resize(_ size: UInt64, through file: PosixFile?, for caller: Caller) -> Nfsstat4 {
      tree.setAttributes(
        attributesWith { $0.size = size }, of: object, through: file, for: caller
      ).status
    }
    #expect(resize(1, through: nil, for: alice) == .NFS4ERR_ACCESS)
    #expect(resize(1, through: nil, for: bob) == .NFS4ERR_ACCESS)
    #expect(resize(1, through: reading, for: alice) == .NFS4ERR_OPENMODE)
    #expect(fixture.content("f") == "content")
    #expect(resize(4, through: writing, for: alice) == .NFS4_OK)
    #expect(fixture.content("f") == "cont")
    #expect(resize(5_000_000_000_000, through: writing, for: alice) == .NFS4_OK)
    #expect(fixture.status("f").st_size == 5_000_000_000_000)
    #expect(resize(UInt64(Int64.max), through: writing, for: alice) == .NFS4ERR_FBIG)
  }

  @Test(
    "names with a domain are those of this host", .enabled(if: isRoot), arguments: Mode.allCases)
  func names(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", uid: 5, gid: 5)
    let tree = try fixture.writable(mode)
    let root = attributesWith {
      $0.owner = .name(bytes("root@example.org"))
      $0.ownerGroup = .name(bytes("root@example.org"))
    }
    #expect(try tree.set(root, of: "f") == .NFS4_OK)
    #expect(fixture.status("f").st_uid == 0 && fixture.status("f").st_gid == 0)
  }

  @Test("a link has times and an owner, and no mode of its own", arguments: Mode.allCases)
  func links(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", mode: 0o600)
    symlink("f", fixture.path("export/l"))
    let tree = try fixture.writable(mode)
    let wanted = attributesWith {
      $0.mode = 0o755
      $0.owner = .id(0)
      $0.timeModifySet = .clientTime(Nfstime4(seconds: 42, nseconds: 0))
    }
    let result = tree.setAttributes(
      wanted, of: try tree.walk("l"), through: nil, for: rootCaller)
    #expect(result == AttributeChange(status: .NFS4_OK, set: wanted.present))
    #expect(fixture.status("l").st_mtim.tv_sec == 42)
    #expect(fixture.status("f").st_mode & 0o777 == 0o600)
    #expect(fixture.status("f").st_mtim.tv_sec != 42)
  }

  @Test("a removed file is NFS4ERR_STALE", arguments: Mode.allCases)
  func removed(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    let tree = try fixture.writable(mode)
    let object = try tree.walk("f")
    unlink(fixture.path("export/f"))
    #expect(
      tree.setAttributes(modeOnly(0), of: object, through: nil, for: rootCaller).status
        == .NFS4ERR_STALE)
  }
}

import Foundation
import Glibc
import NFSServer
import NFSv4
import Synchronization
import Testing

@testable import MetadataServer

@Suite struct ContentTests {
  @Test("attributes are those of stat", arguments: Mode.allCases)
  func attributes(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", mode: 0o4751, uid: 12, gid: 34)
    link(fixture.path("export/f"), fixture.path("export/g"))
    let tree = try fixture.tree(nil, mode.options)
    var status = stat()
    #expect(lstat(fixture.path("export/f"), &status) == 0)
    let all = try tree.attributes(of: try tree.walk("f"), mask: PosixTree.knownAttributes)
    #expect(all.type == .NF4REG)
    #expect(all.size == 7)
    #expect(all.fileid == UInt64(status.st_ino))
    #expect(all.mountedOnFileid == all.fileid)
    #expect(all.mode == UInt32(status.st_mode) & 0o7777)
    #expect(all.numlinks == 2)
    #expect(all.owner == .id(status.st_uid))
    #expect(all.ownerGroup == .id(status.st_gid))
    #expect(all.spaceUsed == UInt64(status.st_blocks) * 512)
    #expect(all.timeModify?.seconds == Int64(status.st_mtim.tv_sec))
    #expect(all.timeMetadata?.nseconds == UInt32(status.st_ctim.tv_nsec))
    #expect((all.spaceTotal ?? 0) > 0)
    #expect(all.maxname == 255)
    #expect(all.timeCreate != nil)
    let few = try tree.attributes(
      of: try tree.walk("f"), mask: Bitmap4(attributes: [FATTR4.SIZE]))
    #expect(few.spaceTotal == nil)
    #expect(few.size == 7)
  }

  @Test("every attribute the tree promises is there, for files and pseudo directories")
  func complete() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree([ExportDefinition(path: fixture.export, pseudo: "/a")])
    for path in ["", "a"] {
      let attributes = try tree.attributes(
        of: try tree.walk(path), mask: PosixTree.knownAttributes)
      #expect(PosixTree.knownAttributes.isSubset(of: attributes.presentForTest))
    }
  }

  @Test("a sparse file of 5 TB has its size, and is read at its end", arguments: Mode.allCases)
  func sparse(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    let size: UInt64 = 5_000_000_000_000
    #expect(truncate(fixture.path("export/f"), off_t(size)) == 0)
    let tree = try fixture.tree(nil, mode.options)
    let object = try tree.walk("f")
    #expect(try tree.attributes(of: object, mask: Bitmap4()).size == size)
    let file = try tree.open(object, for: rootCaller)
    #expect(try tree.version(of: file).size == size)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    defer { room.deallocate() }
    #expect(try tree.read(file, at: size - 10, into: room) == 10)
    for offset in [size, size + 1, UInt64(Int64.max) - 5, UInt64(Int64.max), .max] {
      #expect(try tree.read(file, at: offset, into: room) == 0)
    }
  }

  @Test("times before 1970 are kept")
  func oldTimes() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    let old = [
      timespec(tv_sec: -1_000_000, tv_nsec: 5), timespec(tv_sec: -1_000_001, tv_nsec: 999_999_999),
    ]
    #expect(utimensat(AT_FDCWD, fixture.path("export/f"), old, 0) == 0)
    let tree = try fixture.tree()
    let attributes = try tree.attributes(of: try tree.walk("f"), mask: Bitmap4())
    #expect(attributes.timeAccess == Nfstime4(seconds: -1_000_000, nseconds: 5))
    #expect(attributes.timeModify == Nfstime4(seconds: -1_000_001, nseconds: 999_999_999))
  }

  @Test("a FIFO and a device can be looked at but not opened, at once", arguments: Mode.allCases)
  func special(mode: Mode) throws {
    let fixture = try TreeFixture()
    #expect(mkfifo(fixture.path("export/fifo"), 0o666) == 0)
    let tree = try fixture.tree(nil, mode.options)
    let fifo = try tree.walk("fifo")
    #expect(fifo.type == .NF4FIFO)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.open(fifo, for: rootCaller) }
        == .NFS4ERR_WRONG_TYPE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.openUnchecked(fifo) } == .NFS4ERR_WRONG_TYPE)
    if isRoot, mknod(fixture.path("export/null"), S_IFCHR | 0o666, 1 << 8 | 3) == 0 {
      let null = try tree.walk("null")
      #expect(null.type == .NF4CHR)
      let attributes = try tree.attributes(of: null, mask: Bitmap4())
      #expect(attributes.rawdev == Specdata4(specdata1: 1, specdata2: 3))
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.open(null, for: rootCaller) }
          == .NFS4ERR_WRONG_TYPE)
    }
  }

  @Test("a version settles when its last change is 2 s past")
  func settling() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "x")
    var status = stat()
    #expect(lstat(fixture.path("export/f"), &status) == 0)
    let changed = (Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec))
    let clock = TestClock()
    var options = PosixTree.Options()
    options.now = { clock.now() }
    let tree = try fixture.tree(nil, options)
    let object = try tree.walk("f")
    let expected: [(Int64, Bool)] = [
      (-10_000_000_000, false), (-1, false), (0, false), (1_999_999_999, false),
      (2_000_000_000, true), (4_000_000_000, true), (1_000_000_000_000, true),
    ]
    for (past, isSettled) in expected {
      clock.set(nanoseconds: changed.0 * 1_000_000_000 + changed.1 + past)
      #expect(try tree.version(of: object).isSettled == isSettled)
    }
  }

  @Test("the change attribute changes with data and metadata and is the same after a restart")
  func change() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "x")
    var status = FileStatus()
    status.ctime.seconds = 1_700_000_000
    status.ctime.nanoseconds = 999_999_999
    let before = status.change
    status.ctime.seconds += 1
    status.ctime.nanoseconds = 0
    #expect(status.change > before)
    status.ctime.nanoseconds = 1
    #expect(status.change & 0x3fff_ffff == 1)
    let first = try fixture.tree()
    let change = try first.version(of: try first.walk("f")).change
    let second = try fixture.tree()
    #expect(try second.version(of: try second.walk("f")).change == change)
    #expect(try second.attributes(of: try second.walk("f"), mask: Bitmap4()).change == change)
  }

  @Test("reading does not change the time of the last access", .enabled(if: isRoot))
  func accessTime() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", uid: 1000)
    let old = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 2000, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, fixture.path("export/f"), old, 0) == 0)
    let tree = try fixture.tree()
    let object = try tree.walk("f")
    #expect(try tree.content(object, for: caller(5, 5)) == "content")
    #expect(try tree.attributes(of: object, mask: Bitmap4()).timeAccess?.seconds == 1000)
  }

  @Test("what peers may serve is asked with the path below the export and the size")
  func served() throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    try fixture.file("export/d/f.so", "content")
    try fixture.file("export/secret", "content")
    let asked = Mutex<[String]>([])
    let tree = try fixture.tree([
      ExportDefinition(
        path: fixture.export, pseudo: "/x",
        mayServe: { path, size in
          asked.withLock { $0.append("\(path ?? "?") \(size)") }
          return path?.hasSuffix(".so") == true
        })
    ])
    #expect(tree.mayBeServedByPeers(try tree.walk("x/d/f.so")))
    #expect(!tree.mayBeServedByPeers(try tree.walk("x/secret")))
    #expect(!tree.mayBeServedByPeers(try tree.walk("x/d")))
    #expect(asked.withLock { $0 } == ["d/f.so 7", "secret 7"])
  }

  @Test("errors of the kernel become the RFC's, unknown ones NFS4ERR_IO")
  func errors() {
    let table: [(Int32, Nfsstat4)] = [
      (ENOENT, .NFS4ERR_NOENT), (EACCES, .NFS4ERR_ACCESS), (EPERM, .NFS4ERR_PERM),
      (ESTALE, .NFS4ERR_STALE), (EMFILE, .NFS4ERR_DELAY), (ENOMEM, .NFS4ERR_DELAY),
      (EDQUOT, .NFS4ERR_DQUOT), (ENAMETOOLONG, .NFS4ERR_NAMETOOLONG), (EIO, .NFS4ERR_IO),
      (9999, .NFS4ERR_IO),
    ]
    for (code, status) in table { #expect(Nfsstat4(Errno(code)) == status) }
  }
}

private final class TestClock: Sendable {
  private let value = Mutex<Int64>(0)

  func set(nanoseconds: Int64) { value.withLock { $0 = nanoseconds } }

  func now() -> (seconds: Int64, nanoseconds: UInt32) {
    value.withLock { ($0 / 1_000_000_000, UInt32($0 % 1_000_000_000)) }
  }
}

extension FileAttributes {
  /// The attributes that have a value, by their fields.
  fileprivate var presentForTest: Bitmap4 {
    var present = Bitmap4()
    let fields: [(Any?, Int)] = [
      (type, FATTR4.TYPE), (fhExpireType, FATTR4.FH_EXPIRE_TYPE), (change, FATTR4.CHANGE),
      (size, FATTR4.SIZE), (linkSupport, FATTR4.LINK_SUPPORT),
      (symlinkSupport, FATTR4.SYMLINK_SUPPORT), (namedAttr, FATTR4.NAMED_ATTR),
      (fsid, FATTR4.FSID), (uniqueHandles, FATTR4.UNIQUE_HANDLES),
      (rdattrError, FATTR4.RDATTR_ERROR), (aclsupport, FATTR4.ACLSUPPORT),
      (cansettime, FATTR4.CANSETTIME), (caseInsensitive, FATTR4.CASE_INSENSITIVE),
      (casePreserving, FATTR4.CASE_PRESERVING), (chownRestricted, FATTR4.CHOWN_RESTRICTED),
      (filehandle, FATTR4.FILEHANDLE), (fileid, FATTR4.FILEID), (filesAvail, FATTR4.FILES_AVAIL),
      (filesFree, FATTR4.FILES_FREE), (filesTotal, FATTR4.FILES_TOTAL),
      (homogeneous, FATTR4.HOMOGENEOUS), (maxfilesize, FATTR4.MAXFILESIZE),
      (maxlink, FATTR4.MAXLINK), (maxname, FATTR4.MAXNAME), (mode, FATTR4.MODE),
      (noTrunc, FATTR4.NO_TRUNC), (numlinks, FATTR4.NUMLINKS), (owner, FATTR4.OWNER),
      (ownerGroup, FATTR4.OWNER_GROUP), (rawdev, FATTR4.RAWDEV),
      (spaceAvail, FATTR4.SPACE_AVAIL), (spaceFree, FATTR4.SPACE_FREE),
      (spaceTotal, FATTR4.SPACE_TOTAL), (spaceUsed, FATTR4.SPACE_USED),
      (timeAccess, FATTR4.TIME_ACCESS), (timeCreate, FATTR4.TIME_CREATE),
      (timeDelta, FATTR4.TIME_DELTA), (timeMetadata, FATTR4.TIME_METADATA),
      (timeModify, FATTR4.TIME_MODIFY), (mountedOnFileid, FATTR4.MOUNTED_ON_FILEID),
      (fsCharsetCap, FATTR4.FS_CHARSET_CAP), (changeAttrType, FATTR4.CHANGE_ATTR_TYPE),
      (xattrSupport, FATTR4.XATTR_SUPPORT),
    ]
    for (value, bit) in fields where value != nil { present.insert(bit: bit) }
    return present
  }
}

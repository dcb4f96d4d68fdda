import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct WritingTests {
  private func opened(
    _ tree: PosixTree, _ name: String, for caller: Caller = rootCaller
  ) throws(Nfsstat4) -> PosixFile {
    try tree.open(
      try tree.walk(name), access: [.read, .write], ownerOverride: false, for: caller)
  }

  @Test("what is written is read, at any offset, whatever the stability", arguments: Mode.allCases)
  func writing(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    for stability: StableHow4 in [.UNSTABLE4, .DATA_SYNC4, .FILE_SYNC4] {
      let result = try bytes("content").withUnsafeBytes { data in
        try tree.write(file, at: 10, data, stability: stability)
      }
      #expect(result.count == 7)
      #expect(result.committed.rawValue >= stability.rawValue)
    }
    #expect(try tree.take(file) == String(repeating: "\0", count: 10) + "content")
    #expect(try tree.put("", at: 1_000, to: file) == 0)
    #expect(try tree.put("", at: 1_000, to: file, stability: .FILE_SYNC4) == 0)
    #expect(try tree.version(of: file).size == 17)
    let far: UInt64 = 10_000_000_000_000
    try tree.put("far", at: far, to: file)
    #expect(try tree.take(file, at: far) == "far")
    #expect(fixture.status("f").st_size == off_t(far) + 3)
    try tree.commit(file)
    try tree.commit(try tree.walk("f"))
  }

  @Test("beyond the largest size is NFS4ERR_FBIG", arguments: Mode.allCases)
  func tooLarge(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    for offset in [UInt64(Int64.max) - 2, UInt64(Int64.max), UInt64(Int64.max) + 1, .max - 1, .max]
    {
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.put("abc", at: offset, to: file) }
          == .NFS4ERR_FBIG)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.allocate(file, at: offset, count: 3) }
          == .NFS4ERR_FBIG)
    }
    #expect(try tree.version(of: file).size == 0)
  }

  @Test(
    "writing takes set-user-ID and set-group-ID away, but not from the superuser",
    .enabled(if: isRoot), arguments: Mode.allCases)
  func privilegedBits(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    for (bits, kept) in [(mode_t(0o6777), mode_t(0o777)), (0o2767, 0o2767), (0o777, 0o777)] {
      // A group of the writer's: from others the kernel takes set-group-ID in any case.
      try fixture.file("export/f", mode: bits, uid: 1001, gid: 2000)
      chmod(fixture.path("export/f"), bits)
      try tree.put("x", at: 0, to: try opened(tree, "f", for: rootCaller))
      #expect(fixture.status("f").st_mode & 0o7777 == bits)
      if bits == 0o2767 { continue }
      try tree.put("x", at: 0, to: try opened(tree, "f", for: alice))
      #expect(fixture.status("f").st_mode & 0o7777 == kept)
    }
  }

  @Test(
    "a full file system is NFS4ERR_NOSPC; what was written until then is told",
    .enabled(if: isRoot), arguments: Mode.allCases)
  func full(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/m")
    let path = fixture.path("export/m")
    guard mount("tmpfs", path, "tmpfs", 0, "size=256k,nr_inodes=5") == 0 else { return }
    defer { umount2(path, Int32(MNT_DETACH)) }
    chmod(path, 0o777)
    let tree = try fixture.writable(mode)
    let directory = try tree.walk("m")
    let new = try tree.make("f", in: directory, for: alice)
    let file = try #require(new.file)
    let much = [UInt8](repeating: 120, count: 1 << 20)
    let written = try tree.put(much, at: 0, to: file)
    #expect(written > 0 && written <= 256 << 10)
    #expect(try tree.version(of: file).size == UInt64(written))
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.put(much, at: UInt64(written), to: file) }
        == .NFS4ERR_NOSPC)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.allocate(file, at: 1 << 20, count: 1 << 20) }
        == .NFS4ERR_NOSPC)
    var last = Nfsstat4.NFS4_OK
    for index in 0..<10 where last == .NFS4_OK {
      last = tree.status { () throws(Nfsstat4) in
        try tree.makeDirectory("d\(index)", in: directory, for: alice)
      }
    }
    #expect(last == .NFS4ERR_NOSPC)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.make("g", in: directory, for: alice) }
        == .NFS4ERR_NOSPC)
  }

  @Test("space kept for the superuser is not for others", .enabled(if: isRoot))
  func reserved() throws {
    guard FileSystemKind.available.contains(.ext4) else { return }
    let fixture = try TreeFixture(on: .ext4)
    chmod(fixture.export, 0o777)
    let tree = try fixture.writable()
    let file = try #require(try tree.make("f", for: alice).file)
    let root = try Linux.open(path: fixture.export, flags: O_RDONLY)
    let status = try Linux.fileSystemStatus(of: root)
    #expect(status.blocks_free > status.blocks_available)
    let available = status.blocks_available * status.block_bytes
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.allocate(file, at: 0, count: available + 1 << 20)
      } == .NFS4ERR_NOSPC)
    let superusers = try opened(tree, "f")
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.allocate(superusers, at: 0, count: available + 1 << 20)
      } == .NFS4_OK)
  }

  @Test(
    "a file system that is mounted read-only is NFS4ERR_ROFS", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func readOnlyMount(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/m")
    let path = fixture.path("export/m")
    guard mount("tmpfs", path, "tmpfs", 0, nil) == 0 else { return }
    defer { umount2(path, Int32(MNT_DETACH)) }
    try fixture.file("export/m/f")
    #expect(mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
    let tree = try fixture.writable(mode)
    let directory = try tree.walk("m")
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.make("g", in: directory) } == .NFS4ERR_ROFS)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.remove(bytes("f"), in: directory, expecting: .anything, for: rootCaller)
      } == .NFS4ERR_ROFS)
    #expect(try tree.set(modeOnly(0), of: "m/f") == .NFS4ERR_ROFS)
    #expect(
      tree.status { () throws(Nfsstat4) in try opened(tree, "m/f") } == .NFS4ERR_ROFS)
  }

  @Test(
    "SEEK finds data and holes, and the end counts as a hole", arguments: FileSystemKind.available)
  func seeking(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    let tree = try fixture.writable()
    let file = try #require(try tree.make("f").file)
    let unit: UInt64 = 1 << 20
    let data = [UInt8](repeating: 1, count: Int(unit))
    try tree.put(data, at: unit, to: file)
    _ = tree.setAttributes(
      attributesWith { $0.size = 4 * unit }, of: try tree.walk("f"), through: file,
      for: rootCaller)
    func seek(_ what: DataContent4, _ offset: UInt64) throws -> [UInt64] {
      let found = try tree.seek(file, from: offset, to: what)
      return [found.isEnd ? 1 : 0, found.offset / unit]
    }
    if kind == .ramfs {
      // No holes are known there: everything is data.
      #expect(try seek(.NFS4_CONTENT_DATA, 0) == [0, 0])
      #expect(try seek(.NFS4_CONTENT_HOLE, 0) == [1, 4])
    } else {
      #expect(try seek(.NFS4_CONTENT_DATA, 0) == [0, 1])
      #expect(try seek(.NFS4_CONTENT_HOLE, 0) == [0, 0])
      #expect(try seek(.NFS4_CONTENT_HOLE, unit) == [0, 2])
      #expect(try seek(.NFS4_CONTENT_DATA, 2 * unit) == [1, 4])
      #expect(try seek(.NFS4_CONTENT_HOLE, 4 * unit - 1) == [0, 3])
    }
    for what: DataContent4 in [.NFS4_CONTENT_DATA, .NFS4_CONTENT_HOLE] {
      for offset in [4 * unit, 4 * unit + 1, .max] {
        #expect(
          tree.status { () throws(Nfsstat4) in try tree.seek(file, from: offset, to: what) }
            == .NFS4ERR_NXIO)
      }
    }
  }

  @Test("ALLOCATE and DEALLOCATE, where the file system can", arguments: FileSystemKind.available)
  func allocating(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    let tree = try fixture.writable()
    let new = try tree.make("f", String(repeating: "x", count: 10_000))
    let file = try #require(new.file)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.allocate(file, at: 0, count: 0) }
        == .NFS4ERR_INVAL)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.deallocate(file, at: 0, count: 0) }
        == .NFS4ERR_INVAL)
    let before = try tree.change(of: new.object)
    let allocated = tree.status { () throws(Nfsstat4) in
      try tree.allocate(file, at: 5_000, count: 100_000)
    }
    if allocated == .NFS4ERR_NOTSUPP {
      #expect([.ramfs, .ext3].contains(kind))
      return
    }
    #expect(allocated == .NFS4_OK)
    #expect(try tree.version(of: file).size == 105_000)
    #expect(try tree.change(of: new.object) > before)
    try tree.deallocate(file, at: 1, count: 9_998)
    #expect(try tree.take(file).prefix(10_000) == "x" + String(repeating: "\0", count: 9_998) + "x")
    try tree.deallocate(file, at: 9_000, count: .max)
    #expect(try tree.version(of: file).size == 105_000)
    #expect(try tree.take(file, at: 9_990).allSatisfy { $0 == "\0" })
    try tree.deallocate(file, at: UInt64(Int64.max), count: 1)
  }

  @Test(
    "COPY in slices, within a file and to another file system", arguments: FileSystemKind.available)
  func copying(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    try fixture.directory("other")
    let tree = try fixture.tree([
      ExportDefinition(path: fixture.export, pseudo: "/a", squash: .none, isWritable: true),
      ExportDefinition(path: fixture.path("other"), pseudo: "/b", squash: .none, isWritable: true),
    ])
    let content = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    let source = try tree.make("f", in: try tree.walk("a"))
    let from = try #require(source.file)
    try tree.put(content, at: 0, to: from)
    for directory in ["a", "b"] {
      let target = try tree.make("g", in: try tree.walk(directory))
      let to = try #require(target.file)
      var done: UInt64 = 0
      var slices = 0
      while true {
        let before = try tree.change(of: target.object)
        let count = try tree.copy(
          from: from, at: done, to: to, at: done + 1, count: .max - done - 1 >> 2)
        if count == 0 { break }
        #expect(count <= 4 << 20)
        #expect(try tree.change(of: target.object) > before)
        done += count
        slices += 1
      }
      #expect(done == 6_000_000)
      #expect(slices >= 2)
      let path = directory == "a" ? fixture.path("export/g") : fixture.path("other/g")
      let file = Glibc.open(path, O_RDONLY)
      defer { close(file) }
      var copy = [UInt8](repeating: 0, count: content.count + 10)
      #expect(read(file, &copy, copy.count) == content.count + 1)
      #expect(Array(copy[1...content.count]) == content)
    }
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.copy(from: from, at: 0, to: from, at: 10, count: 11)
      } == .NFS4ERR_INVAL)
    #expect(try tree.copy(from: from, at: 0, to: from, at: 10, count: 10) == 10)
    #expect(try tree.copy(from: from, at: 0, to: from, at: 10, count: 0) == 0)
    #expect(try tree.copy(from: from, at: 6_000_000, to: from, at: 0, count: 5) == 0)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.copy(from: from, at: 0, to: from, at: .max, count: 5)
      } == .NFS4ERR_FBIG)
  }

  @Test(
    "CLONE shares blocks where the file system can, and is NFS4ERR_NOTSUPP elsewhere",
    arguments: FileSystemKind.available)
  func cloning(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    let tree = try fixture.writable()
    let source = try tree.make("f")
    let from = try #require(source.file)
    let content = [UInt8](repeating: 7, count: 1 << 20)
    try tree.put(content, at: 0, to: from)
    let target = try tree.make("g")
    let to = try #require(target.file)
    func clone(_ offset: UInt64, _ targetOffset: UInt64, _ count: UInt64) -> Nfsstat4 {
      tree.status { () throws(Nfsstat4) in
        try tree.clone(from: from, at: offset, to: to, at: targetOffset, count: count)
      }
    }
    let block = try tree.attributes(of: source.object, mask: Bitmap4()).cloneBlksize
    #expect((block != nil) == [.xfs, .btrfs].contains(kind) || kind == .local)
    let before = try tree.change(of: target.object)
    let first = clone(0, 0, 0)
    guard let block else {
      #expect(first == .NFS4ERR_NOTSUPP)
      return
    }
    #expect(first == .NFS4_OK)
    #expect(try tree.change(of: target.object) > before)
    #expect(try tree.version(of: to).size == 1 << 20)
    #expect(clone(0, UInt64(block), UInt64(block)) == .NFS4_OK)
    #expect(clone(1, 0, UInt64(block)) == .NFS4ERR_INVAL)
    #expect(clone(0, 1, UInt64(block)) == .NFS4ERR_INVAL)
    #expect(clone(0, 0, 2 << 20) == .NFS4ERR_INVAL)
    #expect(clone(2 << 20, 0, 1) == .NFS4ERR_INVAL)
  }

  @Test("the caller's identity is taken back after writing")
  func restored() throws {
    let fixture = try TreeFixture()
    chmod(fixture.export, 0o777)
    let tree = try fixture.writable()
    guard case .switching(let own) = tree.callers else { return }
    for index in 0..<50 {
      let new = try tree.make("f\(index)", "content", for: alice)
      let file = try #require(new.file)
      _ = tree.status { () throws(Nfsstat4) in try tree.put("x", at: .max, to: file) }
      _ = tree.status { () throws(Nfsstat4) in try tree.make("f\(index)", for: bob) }
      _ = try tree.set(modeOnly(0), of: "f\(index)", for: bob)
    }
    #expect(CallerMode.currentIdentity() == own)
  }
}

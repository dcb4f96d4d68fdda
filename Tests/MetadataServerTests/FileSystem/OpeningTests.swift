import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct OpeningTests {
  @Test("opening for writing in a read-only export is NFS4ERR_ROFS", arguments: Mode.allCases)
  func readOnly(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", mode: 0o666)
    let tree = try fixture.tree(nil, mode.options)
    let object = try tree.walk("f")
    #expect(tree.isReadOnly(object))
    for access: FileAccess in [.write, [.read, .write]] {
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.open(object, access: access, ownerOverride: true, for: rootCaller)
        } == .NFS4ERR_ROFS)
    }
    #expect(try !fixture.writable(mode).isReadOnly(fixture.writable(mode).root()))
  }

  @Test(
    "opening needs the rights of the one class that fits", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func rights(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    for bits: mode_t in 0..<8 {
      try fixture.file("export/\(bits)", mode: bits << 6, uid: 1000)
      let object = try tree.walk("\(bits)")
      for access: FileAccess in [.read, .write, [.read, .write]] {
        let status = tree.status { () throws(Nfsstat4) in
          try tree.open(object, access: access, ownerOverride: false, for: alice)
        }
        let isReadable = !access.contains(.read) || bits & 5 != 0
        let isWritable = !access.contains(.write) || bits & 2 != 0
        #expect(status == (isReadable && isWritable ? .NFS4_OK : .NFS4ERR_ACCESS))
        #expect(
          tree.status { () throws(Nfsstat4) in
            try tree.open(object, access: access, ownerOverride: true, for: alice)
          } == .NFS4_OK)
        #expect(
          tree.status { () throws(Nfsstat4) in
            try tree.open(object, access: access, ownerOverride: true, for: bob)
          } == .NFS4ERR_ACCESS)
      }
    }
  }

  @Test("a file opened for one thing is not for the other", arguments: Mode.allCases)
  func openMode(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content")
    let tree = try fixture.writable(mode)
    let object = try tree.walk("f")
    let reading = try tree.open(object, for: rootCaller)
    let writing = try tree.open(object, access: .write, ownerOverride: false, for: rootCaller)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.put("x", at: 0, to: reading) }
        == .NFS4ERR_OPENMODE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.take(writing) } == .NFS4ERR_OPENMODE)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.allocate(reading, at: 0, count: 1) }
        == .NFS4ERR_OPENMODE)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.copy(from: writing, at: 0, to: writing, at: 100, count: 1)
      } == .NFS4ERR_OPENMODE)
  }

  @Test(
    "an upgrade keeps what was open, and checks only what is new", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func upgrade(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content", mode: 0o600, uid: 1000)
    let tree = try fixture.writable(mode)
    let object = try tree.walk("f")
    let reading = try tree.open(object, for: alice)
    chmod(fixture.path("export/f"), 0o400)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.upgrade(reading, adding: [.read, .write], for: alice)
      } == .NFS4ERR_ACCESS)
    chmod(fixture.path("export/f"), 0o200)
    let both = try tree.upgrade(reading, adding: [.read, .write], for: alice)
    #expect(both.access == [.read, .write])
    try tree.put("C", at: 0, to: both)
    #expect(try tree.take(both) == "Content")
    #expect(try tree.upgrade(both, adding: .write, for: bob) === both)
    #expect(reading.access == .read)
  }

  @Test("directories, links and devices are not opened for writing", arguments: Mode.allCases)
  func types(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d")
    symlink("d", fixture.path("export/l"))
    mkfifo(fixture.path("export/p"), 0o666)
    let tree = try fixture.writable(mode)
    let expected: [(String, Nfsstat4)] = [
      ("d", .NFS4ERR_ISDIR), ("l", .NFS4ERR_SYMLINK), ("p", .NFS4ERR_WRONG_TYPE),
    ]
    for (name, status) in expected {
      let object = try tree.walk(name)
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.open(object, access: .write, ownerOverride: true, for: rootCaller)
        } == status)
    }
  }

  @Test("a program that this host executes is NFS4ERR_SHARE_DENIED for writers")
  func executed() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable()
    // Another process writes it: one that is forked meanwhile would hold our descriptor.
    let path = fixture.path("export/echo")
    #expect(try RunningProgram("cp", ["/bin/cat", path]).succeeds())
    let process = try RunningProgram(path, [])
    defer { process.stop() }
    #expect(try process.answers())
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.open(
          try tree.walk("echo"), access: .write, ownerOverride: false, for: rootCaller)
      } == .NFS4ERR_SHARE_DENIED)
  }

  @Test("ACCESS grants changes by the same rights", .enabled(if: isRoot), arguments: Mode.allCases)
  func access(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    for bits: mode_t in 0..<8 {
      try fixture.file("export/f\(bits)", mode: bits)
      let granted = try tree.access(to: try tree.walk("f\(bits)"), wanted: 0x1ff, for: bob)
      #expect(granted & 0x8c == (bits & 2 != 0 ? 0x8c : 0))
      #expect(granted & 0x10 == 0)
      try fixture.directory("export/d\(bits)", mode: bits)
      let ofDirectory = try tree.access(to: try tree.walk("d\(bits)"), wanted: 0x1ff, for: bob)
      #expect(ofDirectory & 0x1c == (bits & 3 == 3 ? 0x1c : 0))
    }
  }
}

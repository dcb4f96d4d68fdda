import Glibc
import NFSServer
import NFSv4
import ONCRPC
import Testing

@testable import MetadataServer

@Suite(.enabled(if: isRoot)) struct RightsTests {
  /// Every mode of three digits against owner, group, supplementary group and others.
  @Test(
    "ACCESS and opening follow the mode bits of the one class that fits", arguments: Mode.allCases)
  func matrix(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree(nil, mode.options)
    let callers: [(Caller, Int)] = [
      (caller(1000, 1), 6), (caller(1000, 2000, [2000]), 6), (caller(1001, 2000), 3),
      (caller(1001, 1, [5, 2000, 7]), 3), (caller(1001, 1, [5]), 0),
    ]
    for bits in 0..<512 where bits % 7 == 0 || bits & 0o111 == bits || bits & 0o444 == bits {
      let name = "m\(bits)"
      try fixture.file("export/" + name, "content", mode: mode_t(bits), uid: 1000, gid: 2000)
      let object = try tree.walk(name)
      for (caller, shift) in callers {
        let granted = bits >> shift
        var expected: UInt32 = 0
        if granted & 4 != 0 { expected |= 0x01 }
        if granted & 1 != 0 { expected |= 0x20 }
        #expect(try tree.access(to: object, wanted: 0x3f, for: caller) == expected)
        let opened = tree.status { () throws(Nfsstat4) in try tree.open(object, for: caller) }
        #expect(opened == (granted & 5 != 0 ? .NFS4_OK : .NFS4ERR_ACCESS))
      }
      #expect(try tree.access(to: object, wanted: 1, for: rootCaller) == 1)
    }
  }

  @Test("LOOKUP and READDIR need the directory's rights", arguments: Mode.allCases)
  func directories(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.tree(nil, mode.options)
    for bits in 0..<8 {
      try fixture.directory("export/d\(bits)", mode: mode_t(0o770 | bits))
      try fixture.file("export/d\(bits)/f", mode: 0o644)
      let directory = try tree.walk("d\(bits)")
      let other = caller(1000, 1000)
      let found = tree.status { () throws(Nfsstat4) in
        try tree.lookup(bytes("f"), in: directory, for: other)
      }
      #expect(found == (bits & 1 != 0 ? .NFS4_OK : .NFS4ERR_ACCESS))
      let listed = tree.status { () throws(Nfsstat4) in try tree.list(directory, for: other) }
      #expect(listed == (bits & 4 != 0 ? .NFS4_OK : .NFS4ERR_ACCESS))
      let expected = UInt32((bits & 4) >> 2 | (bits & 1) << 1)
      #expect(try tree.access(to: directory, wanted: 0x3f, for: other) == expected)
    }
  }

  @Test("root is nobody under root squash, everybody under all squash", arguments: Mode.allCases)
  func squash(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/root", mode: 0o600)
    try fixture.file("export/user", mode: 0o600, uid: 1000)
    try fixture.file("export/anonymous", mode: 0o600, uid: 77)
    try fixture.file("export/rootgroup", mode: 0o640, uid: 5, gid: 0)
    let callers = [
      rootCaller, caller(1000, 1000), caller(1001, 0, [0]),
      Caller(principal: .none, address: [127, 0, 0, 1]), caller(.max, 0),
    ]
    // root, user, anonymous, rootgroup
    let expected: [ExportDefinition.Squash: [[Bool]]] = [
      .none: [
        [true, true, true, true], [false, true, false, false], [false, false, false, true],
        [false, false, true, false], [false, false, true, false],
      ],
      .root: [
        [false, false, true, false], [false, true, false, false], [false, false, false, false],
        [false, false, true, false], [false, false, true, false],
      ],
      .all: [[Bool]](repeating: [false, false, true, false], count: 5),
    ]
    for (squash, table) in expected {
      let tree = try fixture.tree(
        [
          ExportDefinition(
            path: fixture.export, pseudo: "/", squash: squash, anonymousUID: 77, anonymousGID: 78)
        ], mode.options)
      for (caller, row) in zip(callers, table) {
        for (name, isAllowed) in zip(["root", "user", "anonymous", "rootgroup"], row) {
          let object = try tree.walk(name, for: caller)
          let status = tree.status { () throws(Nfsstat4) in try tree.open(object, for: caller) }
          #expect(status == (isAllowed ? .NFS4_OK : .NFS4ERR_ACCESS))
        }
      }
    }
  }

  @Test("acting as a caller leaves the thread as it was, also after refusals")
  func restored() throws {
    let fixture = try TreeFixture()
    try fixture.directory("export/d", mode: 0o700)
    let tree = try fixture.tree()
    guard case .switching(let own) = tree.callers else { return }
    let directory = try tree.walk("d")
    for _ in 0..<100 {
      _ = tree.status { () throws(Nfsstat4) in
        try tree.lookup(bytes("x"), in: directory, for: caller(1000, 1000, [1, 2, 3]))
      }
      _ = tree.status { () throws(Nfsstat4) in try tree.list(directory, for: caller(5, 5)) }
    }
    #expect(CallerMode.currentIdentity() == own)
  }

  @Test(
    "a file that may only be executed is readable for who may execute it", arguments: Mode.allCases)
  func executeOnly(mode: Mode) throws {
    let fixture = try TreeFixture()
    try fixture.file("export/x", "binary", mode: 0o110, uid: 1000, gid: 2000)
    let tree = try fixture.tree(nil, mode.options)
    let object = try tree.walk("x")
    #expect(try tree.content(object, for: caller(1, 2000)) == "binary")
    #expect(try tree.access(to: object, wanted: 0x3f, for: caller(1, 2000)) == 0x20)
    #expect(
      tree.status { () throws(Nfsstat4) in try tree.open(object, for: caller(1, 1)) }
        == .NFS4ERR_ACCESS)
  }

  @Test("no right to change anything is granted, not even to root")
  func readOnly() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", mode: 0o777)
    let tree = try fixture.tree()
    #expect(try tree.access(to: try tree.walk("f"), wanted: .max, for: rootCaller) == 0x161)
    #expect(try tree.access(to: try tree.root(), wanted: .max, for: rootCaller) == 0x143)
  }
}

import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct ExtendedAttributeTests {
  private func set(
    _ tree: PosixTree, _ name: String, _ value: [UInt8],
    _ option: SetxattrOption4 = .SETXATTR4_EITHER, of path: String = "f",
    for caller: Caller = rootCaller
  ) -> Nfsstat4 {
    tree.status { () throws(Nfsstat4) in
      let object = try tree.walk(path)
      let result = value.withUnsafeBytes { value in
        Result { () throws(Nfsstat4) in
          try tree.setExtendedAttribute(
            bytes(name), to: value, option, of: object, for: caller)
        }
      }
      return try result.get()
    }
  }

  private func get(
    _ tree: PosixTree, _ name: String, of path: String = "f", for caller: Caller = rootCaller
  ) throws(Nfsstat4) -> [UInt8] {
    try tree.extendedAttribute(bytes(name), of: try tree.walk(path), for: caller)
  }

  private func list(_ tree: PosixTree, of path: String = "f") throws(Nfsstat4) -> Set<String> {
    var names: Set<String> = []
    _ = try tree.listExtendedAttributes(
      of: try tree.walk(path), after: 0, for: rootCaller
    ) { name, _ in
      names.insert(String(decoding: name, as: UTF8.self))
      return true
    }
    return names
  }

  /// A tree with a file, on something that has extended attributes.
  private func prepared(_ mode: Mode) throws -> (TreeFixture, PosixTree)? {
    for kind in FileSystemKind.available {
      let fixture = try TreeFixture(on: kind)
      let tree = try fixture.writable(mode)
      try tree.make("f", mode: 0o666)
      if try tree.attributes(of: try tree.root(), mask: Bitmap4()).xattrSupport == true {
        return (fixture, tree)
      }
    }
    return nil
  }

  @Test("set, get, list and remove, on files and directories", arguments: Mode.allCases)
  func roundTrip(mode: Mode) throws {
    guard let (fixture, tree) = try prepared(mode) else { return }
    try tree.makeDirectory("d")
    for path in ["f", "d"] {
      let object = try tree.walk(path)
      #expect(try list(tree, of: path).isEmpty)
      let values: [(String, [UInt8])] = [
        ("a", []), ("b.c", bytes("value")), ("é\u{1}", [0, 255, 0]),
        ("large", [UInt8](repeating: 9, count: 1000)),
      ]
      for (name, value) in values {
        let before = try tree.change(of: object)
        #expect(set(tree, name, value, of: path) == .NFS4_OK)
        #expect(try tree.change(of: object) > before)
        #expect(try get(tree, name, of: path) == value)
      }
      #expect(try list(tree, of: path) == Set(values.map(\.0)))
      let here = try Linux.open(path: fixture.path("export/" + path), flags: O_RDONLY)
      #expect(try Linux.extendedAttribute(bytes("user.b.c"), of: here) == bytes("value"))
      let before = try tree.change(of: object)
      let change = try tree.removeExtendedAttribute(bytes("a"), of: object, for: rootCaller)
      #expect(change.before == before)
      #expect(change.after > before)
      #expect(try list(tree, of: path) == Set(values.dropFirst().map(\.0)))
    }
  }

  @Test("what is there or is not there, as asked for", arguments: Mode.allCases)
  func options(mode: Mode) throws {
    guard let (fixture, tree) = try prepared(mode) else { return }
    #expect(set(tree, "a", [1], .SETXATTR4_REPLACE) == .NFS4ERR_NOXATTR)
    #expect(set(tree, "a", [1], .SETXATTR4_CREATE) == .NFS4_OK)
    #expect(set(tree, "a", [2], .SETXATTR4_CREATE) == .NFS4ERR_EXIST)
    #expect(try get(tree, "a") == [1])
    #expect(set(tree, "a", [2], .SETXATTR4_REPLACE) == .NFS4_OK)
    #expect(try get(tree, "a") == [2])
    let object = try tree.walk("f")
    for name in ["b", "a"] {
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.removeExtendedAttribute(bytes(name), of: object, for: rootCaller)
        } == (name == "a" ? .NFS4_OK : .NFS4ERR_NOXATTR))
    }
    #expect(
      tree.status { () throws(Nfsstat4) in try get(tree, "a") } == .NFS4ERR_NOXATTR)
    withExtendedLifetime(fixture) {}
  }

  @Test("names and values have their limits", arguments: Mode.allCases)
  func limits(mode: Mode) throws {
    guard let (fixture, tree) = try prepared(mode) else { return }
    #expect(set(tree, "", [1]) == .NFS4ERR_INVAL)
    #expect(set(tree, "a\0b", [1]) == .NFS4ERR_BADCHAR)
    #expect(set(tree, String(repeating: "n", count: 251), [1]) == .NFS4ERR_NAMETOOLONG)
    #expect(set(tree, String(repeating: "n", count: 250), [1]) == .NFS4_OK)
    #expect(set(tree, "a", [UInt8](repeating: 1, count: 65_537)) == .NFS4ERR_XATTR2BIG)
    withExtendedLifetime(fixture) {}
  }

  @Test(
    "reading needs the right to read, changing that to write", .enabled(if: isRoot),
    arguments: Mode.allCases)
  func rights(mode: Mode) throws {
    guard let (fixture, tree) = try prepared(mode) else { return }
    #expect(set(tree, "a", [1]) == .NFS4_OK)
    for bits: mode_t in [0, 2, 4, 6] {
      chmod(fixture.path("export/f"), bits)
      let object = try tree.walk("f")
      let readable: Nfsstat4 = bits & 4 != 0 ? .NFS4_OK : .NFS4ERR_ACCESS
      let writable: Nfsstat4 = bits & 2 != 0 ? .NFS4_OK : .NFS4ERR_ACCESS
      #expect(
        tree.status { () throws(Nfsstat4) in try get(tree, "a", for: bob) } == readable)
      #expect(set(tree, "a", [1], for: bob) == writable)
      #expect(set(tree, "b", [1]) == .NFS4_OK)
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.removeExtendedAttribute(bytes("b"), of: object, for: bob)
        } == writable)
      let granted = try tree.access(to: object, wanted: 0x1c0, for: bob)
      #expect(granted == (bits & 4 != 0 ? 0x140 : 0) | (bits & 2 != 0 ? 0x80 : 0))
    }
  }

  @Test("links and FIFOs have none", arguments: Mode.allCases)
  func kinds(mode: Mode) throws {
    guard let (fixture, tree) = try prepared(mode) else { return }
    symlink("f", fixture.path("export/l"))
    mkfifo(fixture.path("export/p"), 0o666)
    for path in ["l", "p"] {
      #expect(set(tree, "a", [1], of: path) == .NFS4ERR_PERM)
      #expect(try list(tree, of: path).isEmpty)
    }
    #expect(try list(tree).isEmpty)
  }

  @Test("a read-only export is NFS4ERR_ROFS, one without them NFS4ERR_NOTSUPP")
  func refused() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f")
    let tree = try fixture.tree()
    #expect(set(tree, "a", [1]) == .NFS4ERR_ROFS)
    guard FileSystemKind.available.contains(.ramfs) else { return }
    let other = try TreeFixture(on: .ramfs)
    let without = try other.writable()
    try without.make("f")
    #expect(try without.attributes(of: try without.root(), mask: Bitmap4()).xattrSupport == false)
    #expect(set(without, "a", [1]) == .NFS4ERR_NOTSUPP)
    #expect(
      without.status { () throws(Nfsstat4) in try list(without) } == .NFS4ERR_NOTSUPP)
  }

  @Test("listing goes on by its cookie while others come and go", arguments: Mode.allCases)
  func listing(mode: Mode) throws {
    guard let (fixture, tree) = try prepared(mode) else { return }
    for index in 0..<40 { #expect(set(tree, "stable\(index)", [1]) == .NFS4_OK) }
    let here = try Linux.open(path: fixture.path("export/f"), flags: O_RDONLY)
    var seen: [[UInt8]] = []
    var cookie: UInt64 = 0
    var isEnd = false
    var round = 0
    while !isEnd {
      var room = 7
      isEnd = try tree.listExtendedAttributes(
        of: try tree.walk("f"), after: cookie, for: rootCaller
      ) { name, next in
        if room == 0 { return false }
        room -= 1
        cookie = next
        seen.append(name)
        return true
      }
      _ = set(tree, "coming\(round)", [1])
      try? Linux.removeExtendedAttribute(bytes("user.coming\(round - 1)"), of: here)
      round += 1
    }
    let stable = seen.filter { $0.starts(with: bytes("stable")) }
    #expect(stable.count == 40 && Set(stable).count == 40)
    #expect(Set(seen).count == seen.count)
  }
}

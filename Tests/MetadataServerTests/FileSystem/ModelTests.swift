import Foundation
import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

/// Random operations from a seed, on the tree and by system calls on a plain directory: after each
/// step both must have answered the same, and at the end and now and then look the same.
@Suite struct ModelTests {
  @Test(
    "700 random operations end as they do on a plain directory",
    arguments: FileSystemKind.available, [UInt64(1), 2])
  func sameAsPlain(kind: FileSystemKind, seed: UInt64) throws {
    for mode in kind == .local ? Mode.allCases : [.native] {
      let fixture = try TreeFixture(on: kind)
      // Side by side on one file system: both have its limits.
      try fixture.directory("export/tree")
      try fixture.directory("export/plain")
      let tree = try fixture.tree(
        [
          ExportDefinition(
            path: fixture.path("export/tree"), pseudo: "/", squash: .none, isWritable: true)
        ], mode.options)
      var run = ModelRun(tree: tree, fixture: fixture, seed: seed)
      for step in 0..<700 {
        let problem = try run.step()
        if step % 50 == 49 || problem != nil { #expect(try run.differences() == []) }
        #expect(problem == nil, "seed \(seed), \(mode), step \(step)")
        if problem != nil { break }
      }
      #expect(try run.differences() == [])
      // And again after a restart.
      let later = try fixture.tree(
        [
          ExportDefinition(
            path: fixture.path("export/tree"), pseudo: "/", squash: .none, isWritable: true)
        ], mode.options)
      run.restart(later)
      for _ in 0..<50 { #expect(try run.step() == nil) }
    }
  }
}

private struct ModelRun {
  private var tree: PosixTree
  private let fixture: TreeFixture
  private var random: SplitMix
  /// What is open on both sides, by the path it was opened by.
  private var open: [(name: String, file: PosixFile, plain: Int32)] = []
  /// UTIME_OMIT.
  private static let unchanged = 0x3fff_fffe
  private let names = ["a", "b", "c", "d", "e"]

  init(tree: PosixTree, fixture: TreeFixture, seed: UInt64) {
    self.tree = tree
    self.fixture = fixture
    random = SplitMix(seed: seed)
  }

  mutating func restart(_ tree: PosixTree) {
    for entry in open { close(entry.plain) }
    open = []
    self.tree = tree
  }

  private mutating func pick<T>(_ choices: [T]) -> T {
    choices[Int(random.next() % UInt64(choices.count))]
  }

  private mutating func number(_ limit: UInt64) -> UInt64 { random.next() % limit }

  /// Up to three levels deep.
  private mutating func directory() -> String {
    (0..<number(3)).map { _ in pick(["a", "b", "c"]) }.joined(separator: "/")
  }

  private func plain(_ directory: String, _ name: String = "") -> String {
    [fixture.path("export/plain"), directory, name].filter { !$0.isEmpty }.joined(separator: "/")
  }

  /// One operation on both sides.
  /// - Returns: what was different; nil: nothing.
  mutating func step() throws -> String? {
    let directory = directory()
    let name = pick(names)
    switch number(18) {
    case 0, 1, 2: return create(directory, name)
    case 3:
      return compare("mkdir", at: directory) { t, d throws(Nfsstat4) in
        try t.makeDirectory(name, mode: 0o750, in: d)
      } plain: {
        mkdir(plain(directory, name), 0o750)
      }
    case 4:
      return compare("symlink", at: directory) { t, d throws(Nfsstat4) in
        _ = try t.makeNode(
          .lnk(bytes("to/" + name)), named: bytes(name), in: d, attributes: FileAttributes(),
          for: rootCaller)
      } plain: {
        symlink("to/" + name, plain(directory, name))
      }
    case 5:
      return compare("mkfifo", at: directory) { t, d throws(Nfsstat4) in
        _ = try t.makeNode(
          .fifo, named: bytes(name), in: d, attributes: modeOnly(0o640), for: rootCaller)
      } plain: {
        mkfifo(plain(directory, name), 0o640)
      }
    case 6, 7: return remove(directory, name)
    case 8, 9: return rename(directory, name)
    case 10: return link(directory, name)
    case 11: return attributes(directory, name)
    case 12: return openFile(directory, name)
    default: return content()
    }
  }

  /// Runs an operation in a directory on both sides.
  private func compare(
    _ what: String, at directory: String,
    _ body: (PosixTree, PosixObject) throws(Nfsstat4) -> Void, plain: () -> Int32
  ) -> String? {
    let status = tree.status { () throws(Nfsstat4) in
      try body(tree, try walk(directory))
    }
    errno = 0
    let code = plain() == 0 ? 0 : errno
    return Self.agree(status, code) ? nil : "\(what) in \(directory): \(status), errno \(code)"
  }

  /// As a path is walked, but that links are not followed.
  private func walk(_ path: String) throws(Nfsstat4) -> PosixObject { try tree.walk(path) }

  private static func agree(_ status: Nfsstat4, _ code: Int32) -> Bool {
    if code == 0 { return status == .NFS4_OK }
    switch code {
    // A link on the way: system calls follow it, to nowhere.
    case ENOENT, ENOTDIR, ELOOP:
      return [.NFS4ERR_NOENT, .NFS4ERR_NOTDIR, .NFS4ERR_SYMLINK].contains(status)
        // Of what is replaced, the RFC calls every other kind this.
        || (code == ENOTDIR && [.NFS4ERR_EXIST].contains(status))
    case EISDIR: return status == .NFS4ERR_EXIST || status == .NFS4ERR_ISDIR
    case EEXIST, ENOTEMPTY:
      return status == .NFS4ERR_EXIST || status == .NFS4ERR_NOTEMPTY
    case EPERM: return [.NFS4ERR_ACCESS, .NFS4ERR_PERM, .NFS4ERR_ISDIR].contains(status)
    default: return status == Nfsstat4(Errno(code))
    }
  }

  // MARK: Names

  private mutating func create(_ directory: String, _ name: String) -> String? {
    let bits = UInt32(pick([0o600, 0o644, 0o400, 0o755]))
    let size = pick([nil, 0, 5_000] as [UInt64?])
    let verifier = number(1 << 40)
    let how = pick([CreateMode.guarded, .guarded, .unchecked, .exclusive(verifier)])
    var wanted = modeOnly(bits)
    if case .exclusive = how {} else { wanted.size = size }
    var file: PosixFile?
    let status = tree.status { () throws(Nfsstat4) in
      let new = try tree.create(
        bytes(name), in: try walk(directory), how, attributes: wanted, access: [.read, .write],
        for: rootCaller)
      file = new.file
    }
    let path = plain(directory, name)
    var existing = stat()
    let isThere = lstat(path, &existing) == 0
    if how == .unchecked, isThere {
      return status == .NFS4_OK && file == nil ? nil : "create of what is there: \(status)"
    }
    errno = 0
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL, bits)
    let code = descriptor >= 0 ? 0 : errno
    guard Self.agree(status, code) else { return "create \(how): \(status), errno \(code)" }
    guard let file, descriptor >= 0 else { return nil }
    if let size = wanted.size { ftruncate(descriptor, off_t(size)) }
    keep(directory + "/" + name, file, descriptor)
    return nil
  }

  private mutating func keep(_ name: String, _ file: PosixFile, _ descriptor: Int32) {
    open.append((name, file, descriptor))
    if open.count > 8 { close(open.removeFirst().plain) }
  }

  private func remove(_ directory: String, _ name: String) -> String? {
    compare("remove \(name)", at: directory) { t, d throws(Nfsstat4) in
      _ = try t.remove(bytes(name), in: d, expecting: .anything, for: rootCaller)
    } plain: {
      let path = plain(directory, name)
      var status = stat()
      guard lstat(path, &status) == 0 else { return -1 }
      return status.st_mode & S_IFMT == S_IFDIR ? rmdir(path) : unlink(path)
    }
  }

  private mutating func rename(_ directory: String, _ name: String) -> String? {
    let newDirectory = self.directory()
    let newName = pick(names)
    return compare("rename \(name) to \(newDirectory)/\(newName)", at: directory) {
      t, d throws(Nfsstat4) in
      let to = try t.walk(newDirectory)
      _ = try t.rename(
        bytes(name), in: d, to: bytes(newName), in: to, expecting: .anything,
        replacing: .anything, for: rootCaller)
    } plain: {
      Glibc.rename(plain(directory, name), plain(newDirectory, newName))
    }
  }

  private mutating func link(_ directory: String, _ name: String) -> String? {
    let source = (self.directory(), pick(names))
    return compare("link", at: directory) { t, d throws(Nfsstat4) in
      let object = try t.lookup(
        bytes(source.1), in: try t.walk(source.0), for: rootCaller)
      _ = try t.link(object, as: bytes(name), in: d, for: rootCaller)
    } plain: {
      var status = stat()
      let from = plain(source.0, source.1)
      guard lstat(from, &status) == 0 else { return -1 }
      // Looked at first here, last there: what is wrong with both is told in another order.
      var there = stat()
      if stat(plain(directory), &there) != 0 { return -1 }
      if there.st_mode & S_IFMT != S_IFDIR || status.st_mode & S_IFMT == S_IFDIR {
        errno = there.st_mode & S_IFMT == S_IFDIR ? EPERM : ENOTDIR
        return -1
      }
      return Glibc.link(from, plain(directory, name))
    }
  }

  // MARK: Attributes

  private mutating func attributes(_ directory: String, _ name: String) -> String? {
    let bits = UInt32(number(0o10000))
    let size = number(20_000)
    let time = Int64(number(2_000_000_000))
    let kind = number(4)
    let wanted = attributesWith {
      switch kind {
      case 0: $0.mode = bits
      case 1: $0.size = size
      case 2: $0.timeModifySet = .clientTime(Nfstime4(seconds: time, nseconds: 7))
      default:
        $0.owner = .id(UInt32(bits))
        $0.ownerGroup = .id(UInt32(size))
      }
    }
    if kind == 3, !isRoot { return nil }
    return compare("setattr \(kind) of \(name)", at: directory) { t, d throws(Nfsstat4) in
      let object = try t.lookup(bytes(name), in: d, for: rootCaller)
      // A FIFO has no size, and a link no mode of its own.
      if kind == 1, object.type != .NF4REG, object.type != .NF4DIR { return }
      if kind == 0, object.type == .NF4LNK { return }
      let result = t.setAttributes(wanted, of: object, through: nil, for: rootCaller)
      guard result.status == .NFS4_OK else { throw result.status }
    } plain: {
      let path = plain(directory, name)
      var status = stat()
      guard lstat(path, &status) == 0 else { return -1 }
      let type = status.st_mode & S_IFMT
      switch kind {
      case 0: return type == S_IFLNK ? 0 : chmod(path, bits)
      case 1: return type == S_IFREG || type == S_IFDIR ? truncate(path, off_t(size)) : 0
      case 2:
        let times = [
          timespec(tv_sec: 0, tv_nsec: Self.unchanged), timespec(tv_sec: Int(time), tv_nsec: 7),
        ]
        return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)
      default: return lchown(path, bits, UInt32(size))
      }
    }
  }

  // MARK: Content

  private mutating func openFile(_ directory: String, _ name: String) -> String? {
    var file: PosixFile?
    let status = tree.status { () throws(Nfsstat4) in
      let object = try tree.lookup(bytes(name), in: try walk(directory), for: rootCaller)
      file = try tree.open(
        object, access: [.read, .write], ownerOverride: false, for: rootCaller)
    }
    errno = 0
    let descriptor = Glibc.open(
      plain(directory, name), O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    guard let file else {
      if descriptor >= 0 { close(descriptor) }
      // FIFOs are not opened by NFS.
      let isAlike = descriptor < 0 || status == .NFS4ERR_WRONG_TYPE
      return isAlike ? nil : "open \(name): \(status)"
    }
    guard descriptor >= 0 else { return "open \(name): errno \(errno)" }
    keep(directory + "/" + name, file, descriptor)
    return nil
  }

  private mutating func content() -> String? {
    guard !open.isEmpty else { return nil }
    let entry = pick(open)
    let offset = number(30_000)
    let count = Int(number(9_000)) + 1
    switch number(5) {
    case 0, 1:
      let data = (0..<count).map { UInt8(truncatingIfNeeded: UInt64($0) &+ offset) }
      let status = tree.status { () throws(Nfsstat4) in
        try tree.put(data, at: offset, to: entry.file)
      }
      let written = pwrite(entry.plain, data, count, off_t(offset))
      return status == .NFS4_OK && written == count ? nil : "write: \(status), \(written)"
    case 2:
      let result = tree.setAttributes(
        attributesWith { $0.size = offset }, of: entry.file.object, through: entry.file,
        for: rootCaller)
      let code = ftruncate(entry.plain, off_t(offset))
      return result.status == .NFS4_OK && code == 0 ? nil : "truncate: \(result), \(code)"
    case 3:
      let other = pick(open)
      guard other.name != entry.name else { return nil }
      return copy(entry, other, offset, count)
    default:
      return Self.read(entry.plain) == read(entry.file) ? nil : "content of \(entry.name)"
    }
  }

  private func copy(
    _ source: (name: String, file: PosixFile, plain: Int32),
    _ target: (name: String, file: PosixFile, plain: Int32), _ offset: UInt64, _ count: Int
  ) -> String? {
    var status = stat()
    var other = stat()
    fstat(source.plain, &status)
    fstat(target.plain, &other)
    // Two names of one file.
    if status.st_ino == other.st_ino { return nil }
    let expected = max(0, min(count, Int(status.st_size) - Int(offset)))
    var copied: UInt64 = 0
    let result = tree.status { () throws(Nfsstat4) in
      while copied < expected {
        let part = try tree.copy(
          from: source.file, at: offset + copied, to: target.file, at: copied,
          count: UInt64(expected) - copied)
        if part == 0 { break }
        copied += part
      }
    }
    let data = Self.read(source.plain).dropFirst(Int(offset)).prefix(expected)
    let written = data.isEmpty ? 0 : pwrite(target.plain, Array(data), data.count, 0)
    return result == .NFS4_OK && Int(copied) == written ? nil : "copy: \(result), \(copied)"
  }

  private static func read(_ descriptor: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 65_536) { room, count in
      count = max(0, pread(descriptor, room.baseAddress, room.count, 0))
    }
  }

  private func read(_ file: PosixFile) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 65_536) { room, count in
      count = (try? tree.read(file, at: 0, into: UnsafeMutableRawBufferPointer(room))) ?? 0
    }
  }

  // MARK: Looking

  /// What is different, as another program and as the tree see it.
  func differences() throws -> [String] {
    let plain = try Self.listing(fixture.path("export/plain"))
    let exported = try Self.listing(fixture.path("export/tree"))
    let seen = try seen(in: try tree.root(), "")
    return Array(Set(plain).symmetricDifference(exported)).sorted()
      + Array(Set(plain.map(\.withoutContent)).symmetricDifference(seen)).sorted()
  }

  /// Path, type, mode, links, size, owners, time if it was set, and content.
  private static func listing(_ top: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: top).map { path in
      var status = stat()
      lstat(top + "/" + path, &status)
      let type = status.st_mode & S_IFMT
      var line = "\(path) \(status.st_mode) \(status.st_uid) \(status.st_gid)"
      if type != S_IFDIR { line += " \(status.st_nlink)" }
      if type == S_IFREG { line += " \(status.st_size)" }
      if status.st_mtim.tv_nsec == 7 { line += " at \(status.st_mtim.tv_sec)" }
      if type == S_IFREG {
        let descriptor = Glibc.open(top + "/" + path, O_RDONLY)
        defer { close(descriptor) }
        line += " = \(stableHash(read(descriptor)))"
      }
      return line
    }
  }

  private func seen(in directory: PosixObject, _ prefix: String) throws -> [String] {
    let mask = PosixTree.knownAttributes
    return try tree.list(directory, chunk: 7, mask: mask).flatMap { entry -> [String] in
      let path = prefix + String(decoding: entry.name, as: UTF8.self)
      let all = entry.attributes
      guard case .id(let uid)? = all.owner, case .id(let gid)? = all.ownerGroup,
        let type = all.type, let mode = all.mode
      else { return [path + " has no attributes"] }
      let bits: [NfsFtype4: UInt32] = [
        .NF4REG: S_IFREG, .NF4DIR: S_IFDIR, .NF4LNK: S_IFLNK, .NF4FIFO: S_IFIFO,
      ]
      var line = "\(path) \((bits[type] ?? 0) | mode) \(uid) \(gid)"
      if type != .NF4DIR { line += " \(all.numlinks ?? 0)" }
      if type == .NF4REG { line += " \(all.size ?? 0)" }
      if let time = all.timeModify, time.nseconds == 7 { line += " at \(time.seconds)" }
      guard type == .NF4DIR else { return [line] }
      let object = try tree.lookup(entry.name, in: directory, for: rootCaller)
      return [line] + (try seen(in: object, path + "/"))
    }
  }
}

extension String {
  fileprivate var withoutContent: String {
    range(of: " = ").map { String(self[..<$0.lowerBound]) } ?? self
  }
}

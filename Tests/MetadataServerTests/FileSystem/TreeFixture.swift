import Foundation
import Glibc
import Logging
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Synchronization
import Testing

@testable import MetadataServer

/// Whether this process may give files away and act as others: not so in a user namespace of its
/// own with few users.
let isRoot: Bool = if case .switching = CallerMode.probe() { true } else { false }

/// A temporary directory with an export and a place for the tree's state.
final class TreeFixture: Sendable {
  let base: String
  private let mounted: TestMount?
  var export: String { base + "/export" }
  var state: String { base + "/state" }

  /// - Parameter kind: what the export is on.
  init(on kind: FileSystemKind = .local) throws {
    var template = Array("/tmp/posix-tree-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(errno) }
    base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(base, 0o755)
    guard mkdir(base + "/export", 0o755) == 0 else { throw Errno(errno) }
    mounted = kind == .local ? nil : TestMount(kind, on: base + "/export")
    if kind != .local, mounted == nil { throw Errno(ENODEV) }
    chmod(base + "/export", 0o755)
  }

  deinit {
    mounted?.unmount()
    try? FileManager.default.removeItem(atPath: base)
  }

  func path(_ name: String) -> String { base + "/" + name }

  func directory(_ name: String, mode: mode_t = 0o755) throws {
    guard mkdir(path(name), mode) == 0, chmod(path(name), mode) == 0 else { throw Errno(errno) }
  }

  func file(
    _ name: String, _ content: String = "", mode: mode_t = 0o644, uid: uid_t = 0, gid: gid_t = 0
  ) throws {
    let descriptor = open(path(name), O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw Errno(errno) }
    defer { close(descriptor) }
    guard write(descriptor, content, content.utf8.count) == content.utf8.count else {
      throw Errno(errno)
    }
    if isRoot { fchown(descriptor, uid, gid) }
    fchmod(descriptor, mode)
  }

  /// A tree whose one export can be written to.
  func writable(
    _ mode: Mode = .native, squash: ExportDefinition.Squash = .none
  ) throws(PosixTreeError) -> PosixTree {
    try tree(
      [
        ExportDefinition(
          path: export, pseudo: "/", squash: squash, isWritable: true, anonymousUID: 77,
          anonymousGID: 78)
      ], mode.options)
  }

  /// The status of a file of the export, links not followed.
  func status(_ name: String) -> stat {
    var status = stat()
    return lstat(path("export/" + name), &status) == 0 ? status : stat()
  }

  func exists(_ name: String) -> Bool { status(name).st_mode != 0 }

  /// A file's content as another program sees it.
  func content(_ name: String) -> String? {
    FileManager.default.contents(atPath: path("export/" + name)).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  func tree(
    _ exports: [ExportDefinition]? = nil, _ options: PosixTree.Options = .init(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  ) throws(PosixTreeError) -> PosixTree {
    try PosixTree(
      exports: exports ?? [ExportDefinition(path: export, pseudo: "/", squash: .none)],
      stateDirectory: state, logger: logger, options: options)
  }
}

/// The ways to serve: each must give the same answers.
enum Mode: CaseIterable, CustomTestStringConvertible {
  case native, indexed, checking, both

  var options: PosixTree.Options {
    var options = PosixTree.Options()
    options.forcesIndex = self == .indexed || self == .both
    options.forcesChecking = self == .checking || self == .both
    return options
  }

  var testDescription: String { "\(self)" }
}

/// Who the tests run as: root, or else a user who may change what is his.
let rootCaller = caller(geteuid(), getegid())

func caller(_ uid: UInt32, _ gid: UInt32, _ gids: [UInt32] = [], address: [UInt8] = [127, 0, 0, 1])
  -> Caller
{
  Caller(principal: .sys(uid: uid, gid: gid, gids: gids), address: address)
}

/// Two users without special rights.
let alice = caller(1000, 1000, [2000])
let bob = caller(1001, 1001)

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Attributes with only some set.
func attributesWith(_ set: (inout FileAttributes) -> Void) -> FileAttributes {
  var attributes = FileAttributes()
  set(&attributes)
  return attributes
}

func modeOnly(_ bits: UInt32) -> FileAttributes { attributesWith { $0.mode = bits } }

extension PosixTree {
  func walk(_ path: String, for caller: Caller = rootCaller) throws(Nfsstat4) -> PosixObject {
    var object = try root()
    for name in path.split(separator: "/") {
      object = try lookup(bytes(String(name)), in: object, for: caller)
    }
    return object
  }

  func status<R>(_ body: () throws(Nfsstat4) -> R) -> Nfsstat4 {
    do throws(Nfsstat4) {
      _ = try body()
      return .NFS4_OK
    } catch {
      return error
    }
  }

  func content(_ object: PosixObject, for caller: Caller = rootCaller) throws(Nfsstat4) -> String {
    let file = try open(object, for: caller)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { room.deallocate() }
    let count = try read(file, at: 0, into: room)
    return String(decoding: room[..<count], as: UTF8.self)
  }

  /// Lists in READDIRs of `chunk` entries.
  func list(
    _ directory: PosixObject, chunk: Int = .max, mask: Bitmap4 = Bitmap4(),
    for caller: Caller = rootCaller, between: (Int) -> Void = { _ in }
  ) throws(Nfsstat4) -> [DirectoryEntry] {
    var all: [DirectoryEntry] = []
    var cookie: UInt64 = 0
    var round = 0
    while true {
      var taken = 0
      let isEnd = try readDirectory(directory, after: cookie, mask: mask, for: caller) { entry in
        if taken == chunk { return false }
        taken += 1
        cookie = entry.cookie
        all.append(entry)
        return true
      }
      if isEnd { return all }
      between(round)
      round += 1
    }
  }

  func names(_ directory: PosixObject, for caller: Caller = rootCaller) throws(Nfsstat4)
    -> Set<String>
  {
    Set(try list(directory, for: caller).map { String(decoding: $0.name, as: UTF8.self) })
  }
}

extension NfsFh4 {
  /// The same bytes with one of them changed.
  func flipped(at index: Int, by mask: UInt8) -> NfsFh4 {
    var all = Array(bytes.readableBytesView)
    all[index] ^= mask
    return NfsFh4(ByteBuffer(bytes: all))
  }
}

extension PosixTree {
  /// Creates a file and writes to it.
  @discardableResult
  func make(
    _ name: String, _ content: String = "", mode bits: UInt32 = 0o644,
    in directory: PosixObject? = nil, for caller: Caller = rootCaller
  ) throws(Nfsstat4) -> NewObject<PosixObject, PosixFile> {
    let directory = if let directory { directory } else { try root() }
    let new = try create(
      bytes(name), in: directory, .guarded, attributes: modeOnly(bits), access: [.read, .write],
      for: caller)
    if let file = new.file, !content.isEmpty { try put(content, at: 0, to: file) }
    return new
  }

  @discardableResult
  func makeDirectory(
    _ name: String, mode bits: UInt32 = 0o755, in directory: PosixObject? = nil,
    for caller: Caller = rootCaller
  ) throws(Nfsstat4) -> PosixObject {
    let directory = if let directory { directory } else { try root() }
    return try makeNode(
      .dir, named: bytes(name), in: directory, attributes: modeOnly(bits), for: caller
    ).object
  }

  @discardableResult
  func put(
    _ content: String, at offset: UInt64, to file: PosixFile,
    stability: StableHow4 = .UNSTABLE4
  ) throws(Nfsstat4) -> Int {
    try put(bytes(content), at: offset, to: file, stability: stability)
  }

  @discardableResult
  func put(
    _ content: [UInt8], at offset: UInt64, to file: PosixFile,
    stability: StableHow4 = .UNSTABLE4
  ) throws(Nfsstat4) -> Int {
    let result = content.withUnsafeBytes { data in
      Result { () throws(Nfsstat4) in
        try write(file, at: offset, data, stability: stability).count
      }
    }
    return try result.get()
  }

  /// Up to 64 KiB from an offset.
  func take(_ file: PosixFile, at offset: UInt64 = 0) throws(Nfsstat4) -> String {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
    defer { room.deallocate() }
    let count = try read(file, at: offset, into: room)
    return String(decoding: room[..<count], as: UTF8.self)
  }

  func set(
    _ attributes: FileAttributes, of path: String, for caller: Caller = rootCaller
  ) throws(Nfsstat4) -> Nfsstat4 {
    setAttributes(attributes, of: try walk(path), through: nil, for: caller).status
  }

  func change(of object: PosixObject) throws(Nfsstat4) -> Changeid4 {
    try version(of: object).change
  }
}

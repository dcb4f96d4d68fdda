import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Synchronization

/// An exported tree in memory.
final class MemoryTree: FileTree {
  struct Object: FileObject {
    let id: UInt64
    let type: NfsFtype4
    let exportID: UInt32
    var handle: NfsFh4 { NfsFh4(ByteBuffer(integer: id)) }
  }

  struct OpenFile: Sendable {
    let id: UInt64
  }

  struct Node: Sendable {
    var type: NfsFtype4
    var parent: UInt64
    var names: [[UInt8]] = []
    var children: [UInt64] = []
    var content: [UInt8] = []
    var mode: UInt32
    var uid: UInt32 = 0
    var change: Changeid4 = 1
    var isSettled = true
    var isServed = true
    /// What every look at its version fails with.
    var versionFailure: Nfsstat4?
  }

  static let rootID: UInt64 = 1

  private let nodes = Mutex<[UInt64: Node]>([
    MemoryTree.rootID: Node(type: .NF4DIR, parent: MemoryTree.rootID, mode: 0o755)
  ])

  /// Adds an object to the root, or to another directory.
  @discardableResult
  func add(
    _ name: String, _ type: NfsFtype4 = .NF4REG, content: [UInt8] = Array("content".utf8),
    mode: UInt32 = 0o644, uid: UInt32 = 0, in directory: UInt64 = MemoryTree.rootID
  ) -> Object {
    nodes.withLock { nodes in
      let id = UInt64(nodes.count + 1)
      nodes[id] = Node(
        type: type, parent: directory, content: type == .NF4DIR ? [] : content, mode: mode,
        uid: uid)
      nodes[directory]?.names.append(Array(name.utf8))
      nodes[directory]?.children.append(id)
      return Object(id: id, type: type, exportID: 1)
    }
  }

  func change(_ object: Object, _ body: (inout Node) -> Void) {
    nodes.withLock { nodes in
      guard var node = nodes[object.id] else { return }
      body(&node)
      nodes[object.id] = node
    }
  }

  /// Changes the content, and the change attribute with it.
  func rewrite(_ object: Object, _ content: String = "another") {
    change(object) {
      $0.content = Array(content.utf8)
      $0.change += 1
    }
  }

  func remove(_ object: Object) { nodes.withLock { $0[object.id] = nil } }

  private func node(_ id: UInt64) throws(Nfsstat4) -> Node {
    guard let node = nodes.withLock({ $0[id] }) else { throw .NFS4ERR_STALE }
    return node
  }

  private func mayRead(_ node: Node, _ caller: Caller) -> Bool {
    switch caller.principal {
    case .sys(let uid, _, _) where uid == 0: true
    case .sys(let uid, _, _) where uid == node.uid: node.mode & 0o400 != 0
    default: node.mode & 0o4 != 0
    }
  }

  private func object(_ id: UInt64) throws(Nfsstat4) -> Object {
    Object(id: id, type: try node(id).type, exportID: id == Self.rootID ? 0 : 1)
  }

  // MARK: FileTree

  func root() throws(Nfsstat4) -> Object { try object(Self.rootID) }

  func object(_ handle: NfsFh4, for caller: Caller) throws(Nfsstat4) -> Object {
    guard handle.bytes.readableBytes == 8,
      let id: UInt64 = handle.bytes.getInteger(at: handle.bytes.readerIndex)
    else { throw .NFS4ERR_BADHANDLE }
    return try object(id)
  }

  func lookup(
    _ name: [UInt8], in directory: Object, for caller: Caller
  ) throws(Nfsstat4) -> Object {
    let node = try node(directory.id)
    guard node.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    guard let index = node.names.firstIndex(of: name) else { throw .NFS4ERR_NOENT }
    return try object(node.children[index])
  }

  func parent(of directory: Object, for caller: Caller) throws(Nfsstat4) -> Object {
    let node = try node(directory.id)
    guard node.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    guard directory.id != Self.rootID else { throw .NFS4ERR_NOENT }
    return try object(node.parent)
  }

  func attributes(of object: Object, mask: Bitmap4) throws(Nfsstat4) -> FileAttributes {
    let node = try node(object.id)
    var attributes = FileAttributes()
    attributes.type = node.type
    attributes.size = UInt64(node.content.count)
    attributes.change = node.change
    attributes.fileid = object.id
    attributes.mode = node.mode
    attributes.fsid = Fsid4(major: UInt64(object.exportID), minor: 0)
    return attributes
  }

  func access(
    to object: Object, wanted: UInt32, for caller: Caller
  ) throws(Nfsstat4) -> UInt32 {
    mayRead(try node(object.id), caller)
      ? wanted & (Access4.READ.rawValue | Access4.LOOKUP.rawValue) : 0
  }

  func readLink(_ object: Object, for caller: Caller) throws(Nfsstat4) -> [UInt8] {
    try node(object.id).content
  }

  func readDirectory(
    _ directory: Object, after cookie: UInt64, mask: Bitmap4, for caller: Caller,
    _ body: (DirectoryEntry) -> Bool
  ) throws(Nfsstat4) -> Bool {
    let node = try node(directory.id)
    // The first entry's cookie is 3.
    let skipped = cookie == 0 ? 0 : Int(cookie) - 2
    for index in node.names.indices.dropFirst(skipped) {
      let attributes = try attributes(of: try object(node.children[index]), mask: mask)
      let entry = DirectoryEntry(
        name: node.names[index], cookie: UInt64(index + 3), attributes: attributes)
      guard body(entry) else { return false }
    }
    return true
  }

  func open(_ object: Object, for caller: Caller) throws(Nfsstat4) -> OpenFile {
    guard mayRead(try node(object.id), caller) else { throw .NFS4ERR_ACCESS }
    return try openUnchecked(object)
  }

  func openUnchecked(_ object: Object) throws(Nfsstat4) -> OpenFile {
    OpenFile(id: try node(object.id).type == .NF4REG ? object.id : 0)
  }

  func read(
    _ file: OpenFile, at offset: UInt64, into room: UnsafeMutableRawBufferPointer
  ) throws(Nfsstat4) -> Int {
    let content = try node(file.id).content.dropFirst(Int(offset)).prefix(room.count)
    room.copyBytes(from: content)
    return content.count
  }

  func version(of file: OpenFile) throws(Nfsstat4) -> ContentVersion {
    let node = try node(file.id)
    if let failure = node.versionFailure { throw failure }
    return ContentVersion(
      change: node.change, size: UInt64(node.content.count), isSettled: node.isSettled)
  }

  func version(of object: Object) throws(Nfsstat4) -> ContentVersion {
    try version(of: OpenFile(id: object.id))
  }

  func mayBeServedByPeers(_ object: Object) -> Bool {
    (try? node(object.id).isServed) ?? false
  }
}

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
    var access: FileAccess = .read
  }

  struct Node: Sendable {
    var type: NfsFtype4
    var parent: UInt64
    var names: [[UInt8]] = []
    var children: [UInt64] = []
    var content: [UInt8] = []
    var mode: UInt32
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var linkCount: UInt32 = 1
    var device = Specdata4(specdata1: 0, specdata2: 0)
    /// Of EXCLUSIVE4_1.
    var verifier: Verifier4?
    var extended: [[UInt8]: [UInt8]] = [:]
    var locks: [MemoryLock] = []
    /// Bytes that were written and not committed.
    var isDirty = false
    var change: Changeid4 = 1
    var isSettled = true
    var isServed = true
    /// What every look at its version fails with.
    var versionFailure: Nfsstat4?
    /// What the next WRITE, COMMIT or SETATTR fails with.
    var changeFailure: Nfsstat4?
  }

  static let rootID: UInt64 = 1
  static let rootObject = Object(id: rootID, type: .NF4DIR, exportID: 0)

  let nodes = Mutex<[UInt64: Node]>([
    MemoryTree.rootID: Node(type: .NF4DIR, parent: MemoryTree.rootID, mode: 0o755)
  ])

  private let readOnly = Mutex(false)
  /// Makes the whole export read-only.
  func setReadOnly() { readOnly.withLock { $0 = true } }
  var isReadOnly: Bool { readOnly.withLock { $0 } }
  /// Attributes that the file system has beyond the usual.
  let moreAttributes = Mutex(Bitmap4())
  /// What is called in the middle of a change, where another one may come in between.
  let interlude = Mutex<(@Sendable () -> Void)?>(nil)
  let nextLocks = Mutex<UInt64>(1)

  /// Adds an object to the root, or to another directory.
  @discardableResult
  func add(
    _ name: String, _ type: NfsFtype4 = .NF4REG, content: [UInt8] = Array("content".utf8),
    mode: UInt32 = 0o644, uid: UInt32 = 0, in directory: UInt64 = MemoryTree.rootID
  ) -> Object {
    nodes.withLock { nodes in
      let node = Node(
        type: type, parent: directory, content: type == .NF4DIR ? [] : content, mode: mode,
        uid: uid)
      return Self.insert(node, as: Array(name.utf8), in: directory, &nodes)
    }
  }

  static func insert(
    _ node: Node, as name: [UInt8], in directory: UInt64, _ nodes: inout [UInt64: Node]
  ) -> Object {
    let id = (nodes.keys.max() ?? 0) + 1
    nodes[id] = node
    nodes[directory]?.names.append(name)
    nodes[directory]?.children.append(id)
    return Object(id: id, type: node.type, exportID: 1)
  }

  /// The object as it is now; nil if it is gone.
  subscript(object: Object) -> Node? { nodes.withLock { $0[object.id] } }

  /// The object with this name in the root, or in another directory.
  func named(_ name: String, in directory: UInt64 = MemoryTree.rootID) -> Object? {
    nodes.withLock { nodes in
      guard let node = nodes[directory], let index = node.names.firstIndex(of: Array(name.utf8)),
        let child = nodes[node.children[index]]
      else { return nil }
      return Object(id: node.children[index], type: child.type, exportID: 1)
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

  func node(_ id: UInt64) throws(Nfsstat4) -> Node {
    guard let node = nodes.withLock({ $0[id] }) else { throw .NFS4ERR_STALE }
    return node
  }

  func may(_ access: FileAccess, _ node: Node, _ caller: Caller) -> Bool {
    let bits = (access.contains(.read) ? 4 : 0) | (access.contains(.write) ? 2 : 0) as UInt32
    switch caller.principal {
    case .sys(let uid, _, _) where uid == 0: return true
    case .sys(let uid, _, _) where uid == node.uid: return node.mode >> 6 & bits == bits
    default: return node.mode & bits == bits
    }
  }

  func owns(_ node: Node, _ caller: Caller) -> Bool {
    if case .sys(let uid, _, _) = caller.principal { return uid == 0 || uid == node.uid }
    return false
  }

  func object(_ id: UInt64) throws(Nfsstat4) -> Object {
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
    attributes.numlinks = node.linkCount
    attributes.owner = .id(node.uid)
    attributes.ownerGroup = .id(node.gid)
    attributes.rawdev = node.device
    attributes.fsid = Fsid4(major: UInt64(object.exportID), minor: 0)
    return attributes
  }

  func access(
    to object: Object, wanted: UInt32, for caller: Caller
  ) throws(Nfsstat4) -> UInt32 {
    let node = try node(object.id)
    var granted: Access4 = []
    if may(.read, node, caller) { granted.formUnion([.READ, .LOOKUP, .XAREAD, .XALIST]) }
    if may(.write, node, caller), !isReadOnly {
      granted.formUnion([.MODIFY, .EXTEND, .DELETE, .XAWRITE])
    }
    return wanted & granted.rawValue
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

  func open(
    _ object: Object, access: FileAccess, ownerOverride: Bool, for caller: Caller
  ) throws(Nfsstat4) -> OpenFile {
    let node = try node(object.id)
    if access.contains(.write), isReadOnly { throw .NFS4ERR_ROFS }
    guard may(access, node, caller) || ownerOverride && owns(node, caller) else {
      throw .NFS4ERR_ACCESS
    }
    return OpenFile(id: object.id, access: access)
  }

  func upgrade(
    _ file: OpenFile, adding access: FileAccess, for caller: Caller
  ) throws(Nfsstat4) -> OpenFile {
    let added = try open(
      try object(file.id), access: access, ownerOverride: false, for: caller)
    return OpenFile(id: file.id, access: file.access.union(added.access))
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

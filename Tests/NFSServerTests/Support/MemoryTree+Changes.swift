import NFSServer
import NFSv4
import NIOCore

/// A lock of one owner.
struct MemoryLock: Sendable {
  let owner: UInt64
  let range: LockRange
  let isExclusive: Bool

  func overlaps(_ other: LockRange) -> Bool {
    range.offset <= other.last && other.offset <= range.last
  }
}

extension LockRange {
  /// The last byte.
  var last: UInt64 { count == .max ? .max : offset + count - 1 }
}

extension MemoryTree {
  final class RangeLocks: Sendable {
    let file: UInt64
    let owner: UInt64
    private let tree: MemoryTree

    init(file: UInt64, owner: UInt64, tree: MemoryTree) {
      self.file = file
      self.owner = owner
      self.tree = tree
    }

    deinit {
      tree.nodes.withLock { $0[file]?.locks.removeAll { $0.owner == self.owner } }
    }
  }

  func isReadOnly(_ object: Object) -> Bool { isReadOnly }

  func supportedAttributes(of object: Object) throws(Nfsstat4) -> Bitmap4 {
    Bitmap4(attributes: [
      FATTR4.FH_EXPIRE_TYPE, FATTR4.LINK_SUPPORT, FATTR4.SYMLINK_SUPPORT, FATTR4.NAMED_ATTR,
      FATTR4.UNIQUE_HANDLES, FATTR4.TYPE, FATTR4.CHANGE, FATTR4.SIZE, FATTR4.FSID, FATTR4.FILEID,
      FATTR4.MODE,
      FATTR4.NUMLINKS, FATTR4.OWNER, FATTR4.OWNER_GROUP, FATTR4.RAWDEV, FATTR4.FILEHANDLE,
      FATTR4.TIME_ACCESS_SET, FATTR4.TIME_MODIFY_SET, FATTR4.MODE_UMASK, FATTR4.MODE_SET_MASKED,
    ]).union(moreAttributes.withLock { $0 })
  }

  func exclusiveCreateAttributes(of object: Object) throws(Nfsstat4) -> Bitmap4 {
    Bitmap4(attributes: [
      FATTR4.SIZE, FATTR4.MODE, FATTR4.OWNER, FATTR4.OWNER_GROUP, FATTR4.MODE_UMASK,
    ])
  }

  // MARK: Names

  private func pause() {
    let body = interlude.withLock { interlude in
      defer { interlude = nil }
      return interlude
    }
    body?()
  }

  private func checkName(_ name: [UInt8]) throws(Nfsstat4) {
    guard !name.isEmpty else { throw .NFS4ERR_INVAL }
    guard name.count <= NFS4.nameLimitBytes else { throw .NFS4ERR_NAMETOOLONG }
    guard !name.contains(UInt8(ascii: "/")), !name.contains(0) else { throw .NFS4ERR_BADCHAR }
    guard name != Array(".".utf8), name != Array("..".utf8) else { throw .NFS4ERR_BADNAME }
  }

  /// A directory that the caller may change the names of.
  private func changeable(_ directory: Object, _ caller: Caller) throws(Nfsstat4) -> Node {
    let node = try node(directory.id)
    guard node.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    guard !isReadOnly else { throw .NFS4ERR_ROFS }
    guard may(.write, node, caller) else { throw .NFS4ERR_ACCESS }
    return node
  }

  private func bump(_ directory: UInt64) -> ChangeInfo4 {
    nodes.withLock { nodes in
      let before = nodes[directory]?.change ?? 0
      nodes[directory]?.change = before + 1
      return ChangeInfo4(atomic: true, before: before, after: before + 1)
    }
  }

  private func newNode(
    _ type: NfsFtype4, in directory: Object, _ attributes: FileAttributes, _ caller: Caller
  ) -> Node {
    let umask = attributes.modeUmask.map { $0.mode & ~$0.umask }
    var node = Node(
      type: type, parent: directory.id, mode: attributes.mode ?? umask ?? 0o600)
    if case .sys(let uid, let gid, _) = caller.principal { (node.uid, node.gid) = (uid, gid) }
    if let size = attributes.size {
      node.content = Array(repeating: 0, count: Int(size))
    }
    return node
  }

  private func set(_ attributes: FileAttributes) -> Bitmap4 { Fattr4(attributes).attrmask }

  func create(
    _ name: [UInt8], in directory: Object, _ mode: CreateMode, attributes: FileAttributes,
    access: FileAccess, for caller: Caller
  ) throws(Nfsstat4) -> NewObject<Object, OpenFile> {
    try checkName(name)
    let node = try node(directory.id)
    guard node.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    if let index = node.names.firstIndex(of: name) {
      let object = try object(node.children[index])
      let existing = try self.node(object.id)
      var attributesSet = Bitmap4()
      switch mode {
      case .unchecked: break
      case .guarded: throw .NFS4ERR_EXIST
      case .exclusive(let verifier):
        guard existing.verifier == verifier else { throw .NFS4ERR_EXIST }
        attributesSet = set(attributes)
      }
      return NewObject(
        object: object, file: nil, attributesSet: attributesSet,
        directoryChange: ChangeInfo4(atomic: true, before: node.change, after: node.change))
    }
    _ = try changeable(directory, caller)
    var new = newNode(.NF4REG, in: directory, attributes, caller)
    if case .exclusive(let verifier) = mode { new.verifier = verifier }
    let object = nodes.withLock { Self.insert(new, as: name, in: directory.id, &$0) }
    var attributesSet = set(attributes)
    if new.verifier != nil { attributesSet.insert(bit: FATTR4.TIME_ACCESS_SET) }
    return NewObject(
      object: object, file: OpenFile(id: object.id, access: access),
      attributesSet: attributesSet, directoryChange: bump(directory.id))
  }

  func makeNode(
    _ type: Createtype4, named name: [UInt8], in directory: Object, attributes: FileAttributes,
    for caller: Caller
  ) throws(Nfsstat4) -> NewObject<Object, OpenFile> {
    try checkName(name)
    let parent = try changeable(directory, caller)
    guard !parent.names.contains(name) else { throw .NFS4ERR_EXIST }
    var node: Node
    switch type {
    case .reg, .attrdir, .namedattr: throw .NFS4ERR_BADTYPE
    case .dir: node = newNode(.NF4DIR, in: directory, attributes, caller)
    case .lnk(let text):
      node = newNode(.NF4LNK, in: directory, attributes, caller)
      node.content = text
    case .blk(let device), .chr(let device):
      if case .sys(let uid, _, _) = caller.principal, uid != 0 { throw .NFS4ERR_PERM }
      var isBlock = false
      if case .blk = type { isBlock = true }
      node = newNode(isBlock ? .NF4BLK : .NF4CHR, in: directory, attributes, caller)
      node.device = device
    case .sock: node = newNode(.NF4SOCK, in: directory, attributes, caller)
    case .fifo: node = newNode(.NF4FIFO, in: directory, attributes, caller)
    }
    let made = node
    let object = nodes.withLock { Self.insert(made, as: name, in: directory.id, &$0) }
    return NewObject(
      object: object, file: nil, attributesSet: set(attributes),
      directoryChange: bump(directory.id))
  }

  func link(
    _ object: Object, as name: [UInt8], in directory: Object, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    try checkName(name)
    let parent = try changeable(directory, caller)
    guard object.type != .NF4DIR else { throw .NFS4ERR_ISDIR }
    guard !parent.names.contains(name) else { throw .NFS4ERR_EXIST }
    _ = try node(object.id)
    nodes.withLock { nodes in
      nodes[object.id]?.linkCount += 1
      nodes[object.id]?.change += 1
      nodes[directory.id]?.names.append(name)
      nodes[directory.id]?.children.append(object.id)
    }
    return bump(directory.id)
  }

  private func isExpected(_ id: UInt64?, _ expected: ExpectedName) -> Bool {
    switch expected {
    case .anything: true
    case .nothing: id == nil
    case .object(let handle): id.map { NfsFh4(ByteBuffer(integer: $0)) } == handle
    }
  }

  private func unlink(_ name: [UInt8], in directory: UInt64) {
    nodes.withLock { nodes in
      guard let index = nodes[directory]?.names.firstIndex(of: name),
        let id = nodes[directory]?.children[index]
      else { return }
      nodes[directory]?.names.remove(at: index)
      nodes[directory]?.children.remove(at: index)
      nodes[id]?.linkCount -= 1
      nodes[id]?.change += 1
    }
  }

  func remove(
    _ name: [UInt8], in directory: Object, expecting expected: ExpectedName, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    pause()
    try checkName(name)
    let parent = try changeable(directory, caller)
    guard let index = parent.names.firstIndex(of: name) else { throw .NFS4ERR_NOENT }
    guard isExpected(parent.children[index], expected) else { throw .NFS4ERR_DELAY }
    let node = try node(parent.children[index])
    guard node.type != .NF4DIR || node.names.isEmpty else { throw .NFS4ERR_NOTEMPTY }
    unlink(name, in: directory.id)
    return bump(directory.id)
  }

  func rename(
    _ name: [UInt8], in directory: Object, to newName: [UInt8], in newDirectory: Object,
    expecting expectedSource: ExpectedName, replacing expectedTarget: ExpectedName,
    for caller: Caller
  ) throws(Nfsstat4) -> RenameChange {
    pause()
    try checkName(name)
    try checkName(newName)
    let source = try changeable(directory, caller)
    let target = try changeable(newDirectory, caller)
    guard let index = source.names.firstIndex(of: name) else { throw .NFS4ERR_NOENT }
    let id = source.children[index]
    let replaced = target.names.firstIndex(of: newName).map { target.children[$0] }
    guard isExpected(id, expectedSource), isExpected(replaced, expectedTarget) else {
      throw .NFS4ERR_DELAY
    }
    if let replaced {
      let (moved, old) = (try node(id), try node(replaced))
      guard (moved.type == .NF4DIR) == (old.type == .NF4DIR), old.names.isEmpty else {
        throw .NFS4ERR_EXIST
      }
      unlink(newName, in: newDirectory.id)
    }
    nodes.withLock { nodes in
      if let index = nodes[directory.id]?.names.firstIndex(of: name) {
        nodes[directory.id]?.names.remove(at: index)
        nodes[directory.id]?.children.remove(at: index)
      }
      nodes[newDirectory.id]?.names.append(newName)
      nodes[newDirectory.id]?.children.append(id)
      nodes[id]?.change += 1
    }
    let change = bump(directory.id)
    return RenameChange(
      source: change, target: directory.id == newDirectory.id ? change : bump(newDirectory.id))
  }

  // MARK: Attributes and content

  func setAttributes(
    _ attributes: FileAttributes, of object: Object, through file: OpenFile?, for caller: Caller
  ) -> AttributeChange {
    guard var node = self[object] else {
      return AttributeChange(status: .NFS4ERR_STALE, set: Bitmap4())
    }
    guard !isReadOnly else { return AttributeChange(status: .NFS4ERR_ROFS, set: Bitmap4()) }
    var done = Bitmap4()
    if let size = attributes.size {
      let isAllowed = file?.access.contains(.write) ?? may(.write, node, caller)
      guard isAllowed else { return AttributeChange(status: .NFS4ERR_ACCESS, set: done) }
      let size = Int(clamping: size)
      node.content = Array(node.content.prefix(size))
      node.content += Array(repeating: 0, count: size - node.content.count)
      done.insert(bit: FATTR4.SIZE)
      change(object) { $0.content = node.content }
    }
    if let failure = node.changeFailure {
      change(object) { $0.changeFailure = nil }
      return AttributeChange(status: failure, set: done)
    }
    if let mode = attributes.mode {
      guard owns(node, caller) else { return AttributeChange(status: .NFS4ERR_PERM, set: done) }
      change(object) { $0.mode = mode }
      done.insert(bit: FATTR4.MODE)
    }
    if case .id(let uid)? = attributes.owner {
      change(object) { $0.uid = uid }
      done.insert(bit: FATTR4.OWNER)
    }
    change(object) { $0.change += 1 }
    return AttributeChange(status: .NFS4_OK, set: done.union(set(attributes)))
  }

  func write(
    _ file: OpenFile, at offset: UInt64, _ data: UnsafeRawBufferPointer, stability: StableHow4
  ) throws(Nfsstat4) -> (count: Int, committed: StableHow4) {
    let node = try node(file.id)
    guard file.access.contains(.write) else { throw .NFS4ERR_OPENMODE }
    if let failure = node.changeFailure { throw failure }
    guard offset < 1 << 40 else { throw .NFS4ERR_FBIG }
    let bytes = Array(data)
    change(try object(file.id)) { node in
      let end = Int(offset) + bytes.count
      if node.content.count < end {
        node.content += Array(repeating: 0, count: end - node.content.count)
      }
      node.content.replaceSubrange(Int(offset)..<end, with: bytes)
      node.change += 1
      node.isDirty = stability == .UNSTABLE4
    }
    return (bytes.count, stability)
  }

  func commit(_ file: OpenFile) throws(Nfsstat4) { try commit(try object(file.id)) }

  func commit(_ object: Object) throws(Nfsstat4) {
    if let failure = try node(object.id).changeFailure { throw failure }
    change(object) { $0.isDirty = false }
  }
}

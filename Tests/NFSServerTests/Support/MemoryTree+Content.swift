import NFSServer
import NFSv4
import NIOCore

/// Space, byte-range locks and extended attributes. Zero bytes are holes here.
extension MemoryTree {
  func seek(
    _ file: OpenFile, from offset: UInt64, to what: DataContent4
  ) throws(Nfsstat4) -> (isEnd: Bool, offset: UInt64) {
    let content = try node(file.id).content
    guard offset < UInt64(content.count) else { throw .NFS4ERR_NXIO }
    let isWanted: (UInt8) -> Bool =
      what == .NFS4_CONTENT_DATA ? { $0 != 0 } : { $0 == 0 }
    guard let index = content[Int(offset)...].firstIndex(where: isWanted) else {
      return (true, UInt64(content.count))
    }
    return (false, UInt64(index))
  }

  func allocate(_ file: OpenFile, at offset: UInt64, count: UInt64) throws(Nfsstat4) {
    guard file.access.contains(.write) else { throw .NFS4ERR_OPENMODE }
    guard count > 0, count < 1 << 30, offset < 1 << 30 else { throw .NFS4ERR_INVAL }
    change(try object(file.id)) { node in
      let missing = Int(offset + count) - node.content.count
      if missing > 0 { node.content += Array(repeating: 0, count: missing) }
      node.change += 1
    }
  }

  func deallocate(_ file: OpenFile, at offset: UInt64, count: UInt64) throws(Nfsstat4) {
    guard file.access.contains(.write) else { throw .NFS4ERR_OPENMODE }
    guard count > 0 else { throw .NFS4ERR_INVAL }
    change(try object(file.id)) { node in
      let end = min(UInt64(node.content.count), offset.addingReportingOverflow(count).partialValue)
      for index in Int(min(offset, end))..<Int(end) { node.content[index] = 0 }
      node.change += 1
    }
  }

  /// Bytes that one `copy` copies.
  static var copySliceBytes: UInt64 { 4 }

  func copy(
    from source: OpenFile, at sourceOffset: UInt64, to target: OpenFile,
    at targetOffset: UInt64, count: UInt64
  ) throws(Nfsstat4) -> UInt64 {
    guard source.access.contains(.read), target.access.contains(.write) else {
      throw .NFS4ERR_OPENMODE
    }
    if let failure = try node(target.id).changeFailure { throw failure }
    let content = try node(source.id).content.dropFirst(Int(sourceOffset))
    let bytes = ByteBuffer(bytes: content.prefix(Int(min(count, Self.copySliceBytes))))
    guard bytes.readableBytes > 0 else { return 0 }
    _ = try bytes.withUnsafeReadableBytes { bytes throws(Nfsstat4) in
      try write(target, at: targetOffset, bytes, stability: .UNSTABLE4)
    }
    return UInt64(bytes.readableBytes)
  }

  func clone(
    from source: OpenFile, at sourceOffset: UInt64, to target: OpenFile,
    at targetOffset: UInt64, count: UInt64
  ) throws(Nfsstat4) {
    guard sourceOffset % 4 == 0, targetOffset % 4 == 0 else { throw .NFS4ERR_INVAL }
    let content = try node(source.id).content.dropFirst(Int(sourceOffset))
    let bytes = ByteBuffer(bytes: count == 0 ? content : content.prefix(Int(count)))
    guard count == 0 || bytes.readableBytes == Int(count) else { throw .NFS4ERR_INVAL }
    _ = try bytes.withUnsafeReadableBytes { bytes throws(Nfsstat4) in
      try write(target, at: targetOffset, bytes, stability: .UNSTABLE4)
    }
  }

  // MARK: Byte-range locks

  /// The owner of locks of a process of the host.
  static var processOwner: UInt64 { 0 }

  func rangeLocks(on file: OpenFile) throws(Nfsstat4) -> RangeLocks {
    let owner = nextLocks.withLock { next in
      defer { next += 1 }
      return next
    }
    return RangeLocks(file: file.id, owner: owner, tree: self)
  }

  /// A process of the host locks a range.
  func lockLocally(_ object: Object, _ range: LockRange, isExclusive: Bool = true) {
    change(object) {
      $0.locks.append(
        MemoryLock(owner: Self.processOwner, range: range, isExclusive: isExclusive))
    }
  }

  func lock(
    _ range: LockRange, isExclusive: Bool, _ locks: RangeLocks
  ) throws(Nfsstat4) -> RangeConflict? {
    if let conflict = try conflict(with: range, isExclusive: isExclusive, locks) {
      return conflict
    }
    try unlock(range, locks)
    change(try object(locks.file)) {
      $0.locks.append(
        MemoryLock(owner: locks.owner, range: range, isExclusive: isExclusive))
    }
    return nil
  }

  func conflict(
    with range: LockRange, isExclusive: Bool, _ locks: RangeLocks
  ) throws(Nfsstat4) -> RangeConflict? {
    let held = try node(locks.file).locks.first {
      $0.owner != locks.owner && $0.overlaps(range) && ($0.isExclusive || isExclusive)
    }
    return held.map {
      RangeConflict(
        range: $0.range, isExclusive: $0.isExclusive,
        processID: $0.owner == Self.processOwner ? 4711 : nil)
    }
  }

  func unlock(_ range: LockRange, _ locks: RangeLocks) throws(Nfsstat4) {
    change(try object(locks.file)) { node in
      node.locks = node.locks.flatMap { held -> [MemoryLock] in
        guard held.owner == locks.owner, held.overlaps(range) else { return [held] }
        var rest: [MemoryLock] = []
        if held.range.offset < range.offset {
          rest.append(
            MemoryLock(
              owner: held.owner,
              range: LockRange(
                offset: held.range.offset, count: range.offset - held.range.offset),
              isExclusive: held.isExclusive))
        }
        if held.range.last > range.last {
          let count = held.range.last == .max ? .max : held.range.last - range.last
          rest.append(
            MemoryLock(
              owner: held.owner, range: LockRange(offset: range.last + 1, count: count),
              isExclusive: held.isExclusive))
        }
        return rest
      }
    }
  }

  // MARK: Extended attributes

  func extendedAttribute(
    _ name: [UInt8], of object: Object, for caller: Caller
  ) throws(Nfsstat4) -> [UInt8] {
    let node = try node(object.id)
    guard may(.read, node, caller) else { throw .NFS4ERR_ACCESS }
    guard let value = node.extended[name] else { throw .NFS4ERR_NOXATTR }
    return value
  }

  func setExtendedAttribute(
    _ name: [UInt8], to value: UnsafeRawBufferPointer, _ option: SetxattrOption4,
    of object: Object, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    let node = try node(object.id)
    guard !isReadOnly else { throw .NFS4ERR_ROFS }
    guard may(.write, node, caller) else { throw .NFS4ERR_ACCESS }
    switch option {
    case .SETXATTR4_EITHER: break
    case .SETXATTR4_CREATE: if node.extended[name] != nil { throw .NFS4ERR_EXIST }
    case .SETXATTR4_REPLACE: if node.extended[name] == nil { throw .NFS4ERR_NOXATTR }
    }
    let bytes = Array(value)
    change(object) {
      $0.extended[name] = bytes
      $0.change += 1
    }
    return ChangeInfo4(atomic: false, before: node.change, after: node.change + 1)
  }

  func listExtendedAttributes(
    of object: Object, after cookie: UInt64, for caller: Caller,
    _ body: (_ name: [UInt8], _ cookie: UInt64) -> Bool
  ) throws(Nfsstat4) -> Bool {
    let names = try node(object.id).extended.keys.sorted { $0.lexicographicallyPrecedes($1) }
    for (index, name) in names.enumerated().dropFirst(Int(cookie)) {
      guard body(name, UInt64(index + 1)) else { return false }
    }
    return true
  }

  func removeExtendedAttribute(
    _ name: [UInt8], of object: Object, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4 {
    let node = try node(object.id)
    guard !isReadOnly else { throw .NFS4ERR_ROFS }
    guard may(.write, node, caller) else { throw .NFS4ERR_ACCESS }
    guard node.extended[name] != nil else { throw .NFS4ERR_NOXATTR }
    change(object) {
      $0.extended[name] = nil
      $0.change += 1
    }
    return ChangeInfo4(atomic: false, before: node.change, after: node.change + 1)
  }
}

import CLinux
import Glibc
import NFSServer
public import NFSv4

/// Content: WRITE, COMMIT, SEEK, ALLOCATE, DEALLOCATE, COPY and CLONE.
extension PosixTree {
  /// Bytes of one slice of a copy: as much as a large WRITE.
  private static let copySliceBytes = 4 * 1024 * 1024
  /// Bytes copied at a time where the kernel does not copy itself.
  private static let copyBufferBytes = 256 * 1024

  public func write(
    _ file: PosixFile, at offset: UInt64, _ data: UnsafeRawBufferPointer, stability: StableHow4
  ) throws(Nfsstat4) -> (count: Int, committed: StableHow4) {
    guard let writing = file.writing else { throw .NFS4ERR_OPENMODE }
    let start = try Self.start(offset, UInt64(data.count))
    if data.isEmpty {
      if stability != .UNSTABLE4 { try synchronize(writing) }
      return (0, stability)
    }
    // DATA_SYNC4 takes the times along: the change attribute is made of them.
    let isStable = stability != .UNSTABLE4
    let isFine = file.backing.mount.timeGrain == .fine
    let count = try changingContent(of: file) { () throws(Errno) in
      try Linux.write(writing, at: start, data, isStable: isStable && isFine)
    }
    // The times may have been moved on after the write.
    if isStable, !isFine { try synchronize(writing) }
    return (count, isStable ? .FILE_SYNC4 : .UNSTABLE4)
  }

  /// Changes a file's content in the name of whoever opened it.
  private func changingContent<R>(
    of file: PosixFile, _ body: () throws(Errno) -> R
  ) throws(Nfsstat4) -> R {
    try changing(file.descriptor, file.backing.mount) { () throws(Nfsstat4) in
      let result: R
      do throws(Errno) {
        result = try callers.attemptContent(as: file.writer, body)
      } catch {
        throw Nfsstat4(error)
      }
      dropPrivilegedBits(of: file)
      return result
    }.result
  }

  /// What the kernel does when others than the superuser write; but here they write as the process.
  private func dropPrivilegedBits(of file: PosixFile) {
    guard case .checking = callers, let writer = file.writer, writer.uid != 0,
      let status = try? Linux.status(of: file.descriptor)
    else { return }
    let mode = UInt32(status.mode) & 0o7777
    var kept = mode & ~0o4000
    if mode & 0o2010 == 0o2010 { kept &= ~0o2000 }
    if kept != mode { _ = clinux_fchmod(file.descriptor.number, kept) }
  }

  /// - Throws: NFS4ERR_FBIG for a range that does not end below 2^63 bytes.
  private static func start(_ offset: UInt64, _ count: UInt64) throws(Nfsstat4) -> Int64 {
    guard let start = Int64(exactly: offset), count <= UInt64(Int64.max - start) else {
      throw .NFS4ERR_FBIG
    }
    return start
  }

  // MARK: COMMIT

  public func commit(_ file: PosixFile) throws(Nfsstat4) { try synchronize(file.descriptor) }

  public func commit(_ object: PosixObject) throws(Nfsstat4) {
    try commit(try openUnchecked(object))
  }

  // MARK: Holes

  public func seek(
    _ file: PosixFile, from offset: UInt64, to what: DataContent4
  ) throws(Nfsstat4) -> (isEnd: Bool, offset: UInt64) {
    let size = try status(of: file.descriptor).size
    guard offset < size, let start = Int64(exactly: offset) else { throw .NFS4ERR_NXIO }
    do throws(Errno) {
      let found = try Linux.seek(
        file.descriptor, toHole: what == .NFS4_CONTENT_HOLE, from: start)
      return (UInt64(found) >= size, UInt64(found))
    } catch {
      switch error.code {
      // No more data.
      case ENXIO: return (true, size)
      // A file system that does not know of holes: everything is data.
      case EINVAL, EOPNOTSUPP:
        return what == .NFS4_CONTENT_HOLE ? (true, size) : (false, offset)
      default: throw Nfsstat4(error)
      }
    }
  }

  public func allocate(_ file: PosixFile, at offset: UInt64, count: UInt64) throws(Nfsstat4) {
    guard let writing = file.writing else { throw .NFS4ERR_OPENMODE }
    guard count > 0 else { throw .NFS4ERR_INVAL }
    let start = try Self.start(offset, count)
    try changingContent(of: file) { () throws(Errno) in
      try Linux.allocate(writing, at: start, count: Int64(count))
    }
  }

  public func deallocate(_ file: PosixFile, at offset: UInt64, count: UInt64) throws(Nfsstat4) {
    guard let writing = file.writing else { throw .NFS4ERR_OPENMODE }
    guard count > 0 else { throw .NFS4ERR_INVAL }
    // A range may reach beyond the end, where there is nothing to be taken away.
    let size = try status(of: writing).size
    guard offset < size, let start = Int64(exactly: offset) else { return }
    let bytes = min(count, size - offset)
    try changingContent(of: file) { () throws(Errno) in
      try Linux.deallocate(writing, at: start, count: Int64(clamping: bytes))
    }
  }

  // MARK: COPY and CLONE

  public func copy(
    from source: PosixFile, at sourceOffset: UInt64, to target: PosixFile,
    at targetOffset: UInt64, count: UInt64
  ) throws(Nfsstat4) -> UInt64 {
    guard let reading = source.reading, let writing = target.writing else {
      throw .NFS4ERR_OPENMODE
    }
    try Self.checkApart(source, sourceOffset, target, targetOffset, count)
    let slice = Int(min(count, UInt64(Self.copySliceBytes)))
    let from = try Self.start(sourceOffset, UInt64(slice))
    let to = try Self.start(targetOffset, UInt64(slice))
    if slice == 0 { return 0 }
    let size = try status(of: source.descriptor).size
    if sourceOffset >= size { return 0 }
    let copied = try changingContent(of: target) { () throws(Errno) in
      do throws(Errno) {
        let copied = try Linux.copy(from: reading, at: from, to: writing, at: to, count: slice)
        if copied > 0 { return copied }
      } catch {
        // Not between these two file systems, or not by this one.
        let others = [EXDEV, EOPNOTSUPP, ENOSYS, EINVAL]
        guard others.contains(error.code) else { throw error }
      }
      return try Self.copyByHand(from: reading, at: from, to: writing, at: to, count: slice)
    }
    return UInt64(copied)
  }

  private static func copyByHand(
    from source: Descriptor, at sourceOffset: Int64, to target: Descriptor,
    at targetOffset: Int64, count: Int
  ) throws(Errno) -> Int {
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(count, copyBufferBytes), alignment: 16)
    defer { room.deallocate() }
    var done = 0
    while done < count {
      let part = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, count - done)])
      do throws(Errno) {
        let read = try Linux.read(source, at: sourceOffset + Int64(done), into: part)
        if read == 0 { break }
        let written = try Linux.write(
          target, at: targetOffset + Int64(done),
          UnsafeRawBufferPointer(rebasing: part[..<read]), isStable: false)
        done += written
        if written < part.count { break }
      } catch {
        if done > 0 { break }
        throw error
      }
    }
    return done
  }

  public func clone(
    from source: PosixFile, at sourceOffset: UInt64, to target: PosixFile,
    at targetOffset: UInt64, count: UInt64
  ) throws(Nfsstat4) {
    guard let reading = source.reading, let writing = target.writing else {
      throw .NFS4ERR_OPENMODE
    }
    let size = try status(of: source.descriptor).size
    let length = count == 0 ? size - min(size, sourceOffset) : count
    try Self.checkApart(source, sourceOffset, target, targetOffset, length)
    guard sourceOffset <= size, length <= size - sourceOffset else { throw .NFS4ERR_INVAL }
    _ = try Self.start(targetOffset, length)
    try changing(target.descriptor, target.backing.mount) { () throws(Nfsstat4) in
      do throws(Errno) {
        try callers.attemptContent(as: target.writer) { () throws(Errno) in
          try Linux.clone(
            from: reading, at: sourceOffset, to: writing, at: targetOffset, count: count)
        }
      } catch {
        throw error.code == ENOTTY ? .NFS4ERR_NOTSUPP : Nfsstat4(error)
      }
      dropPrivilegedBits(of: target)
    }.result
  }

  /// - Throws: NFS4ERR_INVAL for two ranges of one file that overlap.
  private static func checkApart(
    _ source: PosixFile, _ sourceOffset: UInt64, _ target: PosixFile, _ targetOffset: UInt64,
    _ count: UInt64
  ) throws(Nfsstat4) {
    guard source.object.handle == target.object.handle, count > 0 else { return }
    let distance =
      sourceOffset > targetOffset ? sourceOffset - targetOffset : targetOffset - sourceOffset
    guard distance >= count else { throw .NFS4ERR_INVAL }
  }
}

import Glibc
public import NFSServer
public import NFSv4

/// Rights and content: ACCESS, READLINK and reading.
extension PosixTree {
  /// How long a change must be past before the next one is sure to have another change attribute.
  /// Some ticks of the kernel's clock would do for that; but a large write sets the time when it
  /// begins and goes on copying, so this is longer than one call to write(2) should take.
  static let settlingNanoseconds: Int64 = 2_000_000_000

  /// The caller's rights as the kernel or the mode bits have them; none to change something in an
  /// export that is read-only. A file that may be executed may also be read (see `open`), but
  /// ACCESS says what the mode bits say. DELETE is the right to remove entries of a directory,
  /// sticky bits aside.
  public func access(
    to object: PosixObject, wanted: UInt32, for caller: Caller
  ) throws(Nfsstat4) -> UInt32 {
    try checkAllowed(object, caller)
    let searchBit = object.type == .NF4DIR ? Access.lookup : Access.execute
    switch object.backing {
    case .pseudo:
      return wanted & (Access.read | Access.lookup)
    case .file(let file):
      if !file.export.isAllowed(caller.address) { return wanted & (Access.read | Access.lookup) }
      _ = try liveStatus(of: object, file)
      let identity = CallerIdentity(caller.principal, export: file.export.definition)
      var granted: UInt32 = 0
      let readable = wanted & (Access.read | Access.readXattr | Access.listXattr)
      if readable != 0, try isGranted(R_OK, to: identity, object, file) { granted |= readable }
      if wanted & searchBit != 0, try isGranted(X_OK, to: identity, object, file) {
        granted |= searchBit
      }
      granted |= try changes(wanted, grantedTo: identity, object, file)
      return granted
    }
  }

  /// Of the rights to change something, those that are granted.
  private func changes(
    _ wanted: UInt32, grantedTo identity: CallerIdentity, _ object: PosixObject,
    _ file: PosixObject.File
  ) throws(Nfsstat4) -> UInt32 {
    let isDirectory = object.type == .NF4DIR
    let entries = Access.modify | Access.extend | (isDirectory ? Access.delete : 0)
    let wanted = wanted & (entries | Access.writeXattr)
    guard wanted != 0, file.export.definition.isWritable else { return 0 }
    do {
      guard try isGranted(W_OK, to: identity, object, file) else { return 0 }
    } catch {
      if error == .NFS4ERR_ROFS { return 0 }
      throw error
    }
    guard isDirectory, try !isGranted(X_OK, to: identity, object, file) else { return wanted }
    return wanted & ~entries
  }

  /// The bits of ACCESS4args (RFC 8881 §18.1, RFC 8276 §8.4.1).
  private enum Access {
    static let read: UInt32 = 0x01
    static let lookup: UInt32 = 0x02
    static let modify: UInt32 = 0x04
    static let extend: UInt32 = 0x08
    static let delete: UInt32 = 0x10
    static let execute: UInt32 = 0x20
    static let readXattr: UInt32 = 0x40
    static let writeXattr: UInt32 = 0x80
    static let listXattr: UInt32 = 0x100
  }

  /// - Throws: NFS4ERR_WRONG_TYPE if it is no symbolic link.
  public func readLink(
    _ object: PosixObject, for caller: Caller
  ) throws(Nfsstat4) -> [UInt8] {
    guard object.type == .NF4LNK, case .file(let file) = object.backing else {
      throw .NFS4ERR_WRONG_TYPE
    }
    try checkAllowed(object, caller)
    _ = try liveStatus(of: object, file)
    do throws(Errno) {
      return try Linux.linkText(of: file.descriptor)
    } catch {
      throw Nfsstat4(error)
    }
  }

  /// - Throws: NFS4ERR_OPENMODE for a file that is open for writing only.
  public func read(
    _ file: PosixFile, at offset: UInt64, into room: UnsafeMutableRawBufferPointer
  ) throws(Nfsstat4) -> Int {
    guard let reading = file.reading else { throw .NFS4ERR_OPENMODE }
    guard let start = Int64(exactly: offset) else { return 0 }
    let count = Int(min(Int64(room.count), .max - start))
    do throws(Errno) {
      return try Linux.read(
        reading, at: start, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
    } catch {
      throw error.code == EINVAL ? .NFS4ERR_IO : Nfsstat4(error)
    }
  }

  /// Reads what is in the page cache, without waiting for the disk: for use on an event loop.
  /// - Returns: how many bytes were read, perhaps fewer than there are; nil if none could be read
  ///   without waiting.
  public func readCached(
    _ file: PosixFile, at offset: UInt64, into room: UnsafeMutableRawBufferPointer
  ) throws(Nfsstat4) -> Int? {
    guard let reading = file.reading else { throw .NFS4ERR_OPENMODE }
    guard let start = Int64(exactly: offset) else { return 0 }
    let count = Int(min(Int64(room.count), .max - start))
    do throws(Errno) {
      return try Linux.readCached(
        reading, at: start, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
    } catch {
      throw Nfsstat4(error)
    }
  }

  public func version(of file: PosixFile) throws(Nfsstat4) -> ContentVersion {
    let status = try status(of: file.descriptor)
    return version(status, file.backing.mount)
  }

  public func version(of object: PosixObject) throws(Nfsstat4) -> ContentVersion {
    switch object.backing {
    case .pseudo(let index):
      return ContentVersion(
        change: pseudo.directories[index].change, size: 0, isSettled: true)
    case .file(let file):
      return version(try liveStatus(of: object, file), file.mount)
    }
  }

  private func version(_ status: FileStatus, _ mount: FileSystemMount) -> ContentVersion {
    ContentVersion(
      change: change(status, mount), size: status.size, isSettled: isSettled(status))
  }

  /// False also for a change in the future: the clock went back, and may yet meet that value.
  private func isSettled(_ status: FileStatus) -> Bool {
    let now = options.now()
    let (seconds, overflow) = now.seconds.subtractingReportingOverflow(status.ctime.seconds)
    if overflow || seconds < 0 { return false }
    if seconds > 3 { return true }
    let past =
      seconds * 1_000_000_000 + Int64(now.nanoseconds) - Int64(status.ctime.nanoseconds)
    return past >= Self.settlingNanoseconds
  }

  public func mayBeServedByPeers(_ object: PosixObject) -> Bool {
    guard object.type == .NF4REG, case .file(let file) = object.backing,
      let status = try? Linux.status(of: file.descriptor)
    else { return false }
    let path = file.export.relativePath(of: file.descriptor, names)
      .flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
    return file.export.definition.mayServe(path, status.size)
  }
}

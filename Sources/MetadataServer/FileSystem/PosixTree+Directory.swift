import Glibc
public import NFSServer
public import NFSv4

/// Listing: READDIR.
///
/// A cookie is the kernel's offset of the next entry plus 3, so that none is 0, 1 or 2; the file
/// system keeps it valid while entries come and go (ext4, xfs, btrfs; tmpfs since Linux 6.6).
/// Places of other exports below an export's root come first and have cookies of their own, above
/// all that a kernel offset can make.
extension PosixTree {
  private static let cookieOffset: UInt64 = 3
  private static let placeCookies: UInt64 = 1 << 63 + 0x1000

  public func readDirectory(
    _ directory: PosixObject, after cookie: UInt64, mask: Bitmap4, for caller: Caller,
    _ body: (DirectoryEntry) -> Bool
  ) throws(Nfsstat4) -> Bool {
    guard directory.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    var cookie = cookie
    let place = place(of: directory)
    if let place, cookie == 0 || cookie >= Self.placeCookies {
      guard try listPlaces(place, after: cookie, mask: mask, for: caller, body) else {
        return false
      }
      cookie = 0
    }
    guard case .file(let file) = directory.backing else { return true }
    guard file.export.isAllowed(caller.address) else {
      // The way to the exports below has been listed.
      if let place, isVisible(place, to: caller) { return true }
      throw .NFS4ERR_ACCESS
    }
    guard cookie == 0 || cookie >= Self.cookieOffset else { throw .NFS4ERR_BAD_COOKIE }
    let identity = CallerIdentity(caller.principal, export: file.export.definition)
    let status = try liveStatus(of: directory, file)
    guard file.export.contains(file.descriptor, names) else {
      forget(directory)
      throw .NFS4ERR_STALE
    }
    let key = DirectoryStreams.Key(handle: directory.handle, identity: identity, cookie: cookie)
    var stream: DirectoryStream
    if cookie != 0, let waiting = streams.withLock({ $0.take(key) }) {
      stream = waiting
    } else {
      stream = try openStream(file, status, at: cookie, as: identity)
    }
    let hidden = place.map { pseudo.directories[$0].children.map { pseudo.directories[$0].name } }
    var listing = Listing(
      tree: self, file: file, mask: mask, hidden: hidden ?? [],
      isSearchable: try isGranted(X_OK, to: identity, directory, file), cookie: cookie)
    let isEnd = try listing.run(&stream, body)
    if !isEnd, listing.cookie != 0 {
      let next = DirectoryStreams.Key(
        handle: directory.handle.detached(), identity: identity, cookie: listing.cookie)
      let displaced = streams.withLock { [stream] in $0.put(stream, next) }
      withExtendedLifetime(displaced) {}
    }
    return isEnd
  }

  private func openStream(
    _ file: PosixObject.File, _ status: FileStatus, at cookie: UInt64,
    as identity: CallerIdentity
  ) throws(Nfsstat4) -> DirectoryStream {
    if case .checking = callers, !identity.isGranted(R_OK, by: status) { throw .NFS4ERR_ACCESS }
    let descriptor = try reopen(
      file.descriptor, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC, as: identity)
    if cookie != 0 {
      do throws(Errno) {
        try Linux.seek(descriptor, to: Int64(bitPattern: cookie &- Self.cookieOffset))
      } catch {
        throw error.code == EINVAL ? .NFS4ERR_BAD_COOKIE : Nfsstat4(error)
      }
    }
    return DirectoryStream(descriptor: descriptor)
  }

  /// Opens an `O_PATH` descriptor's object in a caller's name or (nil) the server's.
  func reopen(
    _ descriptor: Descriptor, flags: Int32, as identity: CallerIdentity?
  ) throws(Nfsstat4) -> Descriptor {
    let name = Array("\(descriptor.number)".utf8)
    return try withDescriptors { () throws(Errno) in
      try callers.attempt(as: identity) { () throws(Errno) in
        try Linux.open(name, in: names, flags: flags)
      }
    }
  }

  /// The exports' places below a pseudo directory or an export's root.
  private func listPlaces(
    _ place: Int, after cookie: UInt64, mask: Bitmap4, for caller: Caller,
    _ body: (DirectoryEntry) -> Bool
  ) throws(Nfsstat4) -> Bool {
    let children = pseudo.directories[place].children
    var position = 0
    if cookie != 0 {
      guard let last = Int(exactly: cookie - Self.placeCookies), last < children.count else {
        throw .NFS4ERR_BAD_COOKIE
      }
      position = last + 1
    }
    while position < children.count {
      let child = children[position]
      if isVisible(child, to: caller) {
        let attributes: FileAttributes
        do throws(Nfsstat4) {
          attributes = try self.attributes(of: try objectAt(child, for: caller), mask: mask)
        } catch {
          attributes = .refused(error)
        }
        let entry = DirectoryEntry(
          name: pseudo.directories[child].name,
          cookie: Self.placeCookies + UInt64(position), attributes: attributes)
        if !body(entry) { return false }
      }
      position += 1
    }
    return true
  }

  /// One READDIR's way through a directory's records.
  private struct Listing {
    let tree: PosixTree
    let file: PosixObject.File
    let mask: Bitmap4
    /// Names that other exports' places cover.
    let hidden: [[UInt8]]
    /// Whether the caller may look at what the names stand for.
    let isSearchable: Bool
    /// Of the last entry that was taken.
    var cookie: UInt64

    /// - Returns: whether the end was reached.
    mutating func run(
      _ stream: inout DirectoryStream, _ body: (DirectoryEntry) -> Bool
    ) throws(Nfsstat4) -> Bool {
      var seen: [PathIndex.Entry] = []
      defer { if !seen.isEmpty { tree.index.record(seen, exportID: file.export.id) } }
      while true {
        var last = cookie
        while let goesOn = stream.buffer.next({ record -> (isConsumed: Bool, result: Bool) in
          let next = UInt64(bitPattern: record.nextOffset) &+ PosixTree.cookieOffset
          // What is left out does not move the cookie: the client has seen none for it.
          guard let entry = entry(record, next, &seen) else { return (true, true) }
          guard body(entry) else { return (false, false) }
          last = next
          return (true, true)
        }) {
          cookie = last
          if !goesOn { return false }
        }
        do throws(Errno) {
          if try !stream.buffer.refill(stream.descriptor) { return true }
        } catch {
          throw Nfsstat4(error)
        }
      }
    }

    /// - Returns: nil for what is not listed.
    private func entry(
      _ record: DirectoryRecord, _ cookie: UInt64, _ seen: inout [PathIndex.Entry]
    ) -> DirectoryEntry? {
      if record.isDot { return nil }
      let name = record.nameBytes
      if !hidden.isEmpty, hidden.contains(name) { return nil }
      var attributes: FileAttributes
      do throws(Nfsstat4) {
        guard isSearchable else { throw .NFS4ERR_ACCESS }
        attributes = try tree.attributes(
          of: record, name, in: file, mask: mask, seen: &seen)
      } catch {
        // Removed since the directory was read.
        if error == .NFS4ERR_NOENT { return nil }
        attributes = .refused(error)
      }
      return DirectoryEntry(name: name, cookie: cookie, attributes: attributes)
    }
  }
}

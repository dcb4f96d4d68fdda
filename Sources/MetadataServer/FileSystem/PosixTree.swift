import CLinux
import Crypto
import Glibc
public import Logging
public import NFSServer
public import NFSv4
import Synchronization

/// The exported directories of this host as one name space (RFC 8881 §7).
///
/// Handles are the kernel's (`name_to_handle_at`) with a proof that this server made them; where
/// the file system or the process's rights do not allow that, an index on disk stands in. Objects
/// are descriptors; names are looked up one component at a time and links are never followed, so
/// nothing outside of an export can be named. A file that is *moved* out of its export by somebody
/// else stays reachable for those who have its handle; a directory does not.
///
/// File systems mounted below an export are crossed into and get an fsid of their own, except for
/// the kernel's own (proc, sysfs, …), which are NFS4ERR_ACCESS. A cached object keeps its mount
/// busy.
///
/// Changes are made in the caller's name (`CallerMode`), below directories that are open, by single
/// names that no link is followed at: no path is walked, so none can be swapped on the way.
public final class PosixTree: FileTree {
  public typealias Object = PosixObject
  public typealias OpenFile = PosixFile
  public typealias RangeLocks = PosixRangeLocks

  /// What tests set.
  struct Options: Sendable {
    var forcesIndex = false
    var forcesChecking = false
    var cachedObjectLimit = 4096
    var cachedStreamLimit = 64
    /// Seconds and nanoseconds since 1970.
    var now: @Sendable () -> (seconds: Int64, nanoseconds: UInt32) = {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return (Int64(time.tv_sec), UInt32(time.tv_nsec))
    }
  }

  let pseudo: PseudoFileSystem
  let exports: [Export]
  let exportIndex: [UInt32: Int]
  let key: SymmetricKey

  /// Signs the blocks of its files: the same after a restart.
  var blockSigner: BlockSigner { BlockSigner(secret: key) }

  /// This server's own number in the cluster's gossip: the same after a restart.
  var memberNumber: UInt64 {
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, info: Array("p2pnfs member number, 1".utf8), outputByteCount: 8)
    return derived.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
  }
  let callers: CallerMode
  /// `/proc/self/fd`: where a descriptor's path is read and an `O_PATH` one is opened for reading.
  let names: Descriptor
  let index: PathIndex
  let changes = ChangesInFlight()
  let options: Options
  let logger: Logger
  /// When the state directory was first used: the times of the pseudo directories.
  let birth: Nfstime4
  let streams: Mutex<DirectoryStreams>
  private let cache: Mutex<ObjectCache>

  /// Opens the exported directories.
  ///
  /// - Parameters:
  ///   - exports: may be empty; then the root is an empty directory.
  ///   - stateDirectory: where the handles' key and index live; created (mode 0700) if missing.
  ///   - logger: for what the operator should know; never file names.
  /// - Throws: for paths that cannot be used, ids that collide, and a key that cannot be read.
  public convenience init(
    exports: [ExportDefinition], stateDirectory: String, logger: Logger
  ) throws(PosixTreeError) {
    try self.init(
      exports: exports, stateDirectory: stateDirectory, logger: logger, options: Options())
  }

  /// Why the state directory cannot be used, and what to do.
  private static func stateDirectoryError(_ path: String, _ error: Errno) -> PosixTreeError {
    let advice =
      switch error.code {
      case ENOENT: "create the directory above it, or set state_dir to another directory"
      case EACCES, EPERM:
        "give it to the daemon's user (uid \(geteuid())), mode 0700, or set state_dir to another"
          + " directory"
      case EROFS: "mount the file system writable, or set state_dir to another directory"
      default: "set state_dir to a directory of the server's own"
      }
    return PosixTreeError("state_dir \(path): \(error.text): \(advice)")
  }

  init(
    exports definitions: [ExportDefinition], stateDirectory: String, logger: Logger,
    options: Options
  ) throws(PosixTreeError) {
    self.options = options
    self.logger = logger
    pseudo = try PseudoFileSystem(definitions)
    if mkdir(stateDirectory, 0o700) != 0, errno != EEXIST {
      throw Self.stateDirectoryError(stateDirectory, Errno(errno))
    }
    do throws(Errno) {
      _ = try Linux.open(path: stateDirectory, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    } catch {
      throw Self.stateDirectoryError(stateDirectory, error)
    }
    key = try FilehandleKey.load(stateDirectory: stateDirectory)
    do throws(Errno) {
      names = try Linux.open(
        path: "/proc/self/fd", flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      let keyFile = try Linux.open(
        path: stateDirectory + "/" + FilehandleKey.fileName, flags: Linux.pathFlags)
      let time = try Linux.status(of: keyFile).mtime
      birth = Nfstime4(seconds: time.seconds, nseconds: time.nanoseconds)
    } catch {
      throw PosixTreeError("/proc/self/fd: \(error.text); /proc must be mounted")
    }
    var exports: [Export] = []
    var exportIndex: [UInt32: Int] = [:]
    for (index, definition) in definitions.enumerated() {
      guard let place = pseudo.directories.firstIndex(where: { $0.export == index }) else {
        throw PosixTreeError("pseudo path \(definition.pseudo): has no place")
      }
      let export = try Export(
        definition: definition, place: place, forcesIndex: options.forcesIndex)
      if let other = exportIndex.updateValue(index, forKey: export.id) {
        throw PosixTreeError(
          "pseudo paths \(definitions[other].pseudo) and \(definition.pseudo): their export ids "
            + "are equal; choose another path for one of them")
      }
      exports.append(export)
    }
    self.exports = exports
    self.exportIndex = exportIndex
    index = PathIndex(path: stateDirectory + "/filehandles.sqlite", logger: logger)
    callers = options.forcesChecking ? .checking : CallerMode.probe()
    cache = Mutex(ObjectCache(limit: options.cachedObjectLimit))
    streams = Mutex(DirectoryStreams(limit: options.cachedStreamLimit))
    logModes()
    if definitions.contains(where: \.isWritable) { Self.prepareForWriting() }
  }

  /// Modes are the clients' to choose, and a file that grows beyond this process's limit is an
  /// error of one request, not the end of the process.
  private static func prepareForWriting() {
    umask(0)
    signal(SIGXFSZ, SIG_IGN)
  }

  private func logModes() {
    if case .checking = callers {
      logger.notice(
        """
        callers' identities cannot be taken on (CAP_SETUID and CAP_SETGID as root are needed): \
        rights are compared by mode bits, POSIX ACLs are not seen
        """)
    }
    let indexed = exports.filter { $0.rootMount.handleMount == nil }
    if !indexed.isEmpty {
      logger.notice(
        """
        file handles come from an index in the state directory: the file system has none, or \
        CAP_DAC_READ_SEARCH is missing
        """,
        metadata: [
          "exports": "\(indexed.map(\.definition.pseudo).joined(separator: " "))",
          "capability":
            "\(clinux_effective_capabilities() >> UInt64(CLINUX_CAP_DAC_READ_SEARCH) & 1)",
        ])
    }
  }

  // MARK: Objects

  public func root() throws(Nfsstat4) -> PosixObject {
    guard let export = pseudo.directories[0].export else { return pseudoObject(0) }
    return try rootObject(of: exports[export])
  }

  public func object(_ handle: NfsFh4, for caller: Caller) throws(Nfsstat4) -> PosixObject {
    if let object = cache.withLock({ $0.object(handle) }) {
      try checkAllowed(object, caller)
      return object
    }
    let filehandle = try Filehandle(handle, key: key)
    if case .pseudo(let fileid) = filehandle.body {
      guard let index = pseudo.index(ofFileid: fileid) else { throw .NFS4ERR_STALE }
      let object = pseudoObject(index)
      try checkAllowed(object, caller)
      return object
    }
    guard let exportAt = exportIndex[filehandle.exportID] else { throw .NFS4ERR_STALE }
    let export = exports[exportAt]
    guard export.isAllowed(caller.address) else { throw .NFS4ERR_ACCESS }
    return try resolve(filehandle, handle, export)
  }

  /// Opens what a proven handle names.
  private func resolve(
    _ filehandle: Filehandle, _ handle: NfsFh4, _ export: Export
  ) throws(Nfsstat4) -> PosixObject {
    let descriptor: Descriptor
    let mount: FileSystemMount
    switch filehandle.body {
    case .kernel(let type, let bytes):
      mount = try self.mount(id: filehandle.mountID, export)
      guard let handleMount = mount.handleMount else { throw .NFS4ERR_STALE }
      do {
        descriptor = try withDescriptors { () throws(Errno) in
          try Linux.open(handleType: type, bytes: bytes, mount: handleMount)
        }
      } catch {
        // EINVAL and the like: the file system that was here before made it.
        throw error == .NFS4ERR_DELAY || error == .NFS4ERR_IO ? error : .NFS4ERR_STALE
      }
    case .indexed(let identity):
      (descriptor, mount) = try walk(to: identity, export)
    case .pseudo:
      throw .NFS4ERR_BADHANDLE
    }
    let status = try self.status(of: descriptor)
    guard let type = status.type else { throw .NFS4ERR_STALE }
    if status.nlink == 0, !cache.withLock({ $0.isPinned(handle) }) { throw .NFS4ERR_STALE }
    if status.isDirectory, !export.contains(descriptor, names) { throw .NFS4ERR_STALE }
    return remember(
      PosixObject(
        handle: handle.detached(), type: type,
        backing: .file(
          PosixObject.File(
            descriptor: descriptor, export: export, mount: mount,
            identity: FileIdentity(status, mountID: mount.id)))))
  }

  /// The object behind a descriptor that was just opened by name.
  func object(
    _ descriptor: Descriptor, _ status: FileStatus, _ export: Export, _ mount: FileSystemMount,
    seenAs place: (parent: FileIdentity, name: [UInt8])?
  ) throws(Nfsstat4) -> PosixObject {
    guard let type = status.type else { throw .NFS4ERR_SERVERFAULT }
    let filehandle: Filehandle
    do throws(Errno) {
      filehandle = try self.filehandle(of: descriptor, name: nil, status, export, mount)
    } catch {
      throw Nfsstat4(error)
    }
    if case .indexed(let identity) = filehandle.body, let place {
      index.record(
        [PathIndex.Entry(identity: identity, parent: place.parent, name: place.name)],
        exportID: export.id)
    }
    return remember(
      PosixObject(
        handle: filehandle.sealed(key), type: type,
        backing: .file(
          PosixObject.File(
            descriptor: descriptor, export: export, mount: mount,
            identity: FileIdentity(status, mountID: mount.id)))))
  }

  /// The handle of an object, or of an entry of the directory `descriptor`.
  func filehandle(
    of descriptor: Descriptor, name: UnsafePointer<CChar>?, _ status: FileStatus,
    _ export: Export, _ mount: FileSystemMount
  ) throws(Errno) -> Filehandle {
    var body = Filehandle.Body.indexed(FileIdentity(status, mountID: mount.id))
    if mount.handleMount != nil {
      do throws(Errno) {
        let handle = try Linux.handle(
          of: descriptor, name: name, limitBytes: Filehandle.kernelLimitBytes)
        // Mounted over between the two calls: the next attempt sees the new one.
        guard UInt64(UInt32(bitPattern: handle.mountID)) == mount.kernelID else {
          throw Errno(EAGAIN)
        }
        body = .kernel(type: handle.type, bytes: handle.bytes)
      } catch {
        guard error.code == EOVERFLOW || error.code == EOPNOTSUPP else { throw error }
      }
    }
    return Filehandle(exportID: export.id, mountID: mount.id, body: body)
  }

  func rootObject(of export: Export) throws(Nfsstat4) -> PosixObject {
    let status = try self.status(of: export.root)
    return try object(export.root, status, export, export.rootMount, seenAs: nil)
  }

  func pseudoObject(_ index: Int) -> PosixObject {
    let filehandle = Filehandle(
      exportID: 0, mountID: 0, body: .pseudo(fileid: pseudo.directories[index].fileid))
    return PosixObject(
      handle: filehandle.sealed(key), type: .NF4DIR, backing: .pseudo(index))
  }

  // MARK: The cache

  private func remember(_ object: PosixObject) -> PosixObject {
    cache.withLock { $0.insert(object) }.object
  }

  /// Drops an object that turned out to be gone.
  func forget(_ object: PosixObject) { forget(object.handle) }

  func forget(_ handle: NfsFh4) {
    let removed = cache.withLock { $0.remove(handle) }
    withExtendedLifetime(removed) {}
  }

  func pin(_ object: PosixObject) { cache.withLock { $0.pin(object) } }

  func unpin(_ object: PosixObject) {
    let removed = cache.withLock { $0.unpin(object) }
    withExtendedLifetime(removed) {}
  }

  /// Objects in the cache: each holds a descriptor.
  var cachedObjectCount: Int { cache.withLock { $0.count } }

  /// Runs `body`; if it finds no free descriptor, once more with emptied caches.
  func withDescriptors<R>(_ body: () throws(Errno) -> R) throws(Nfsstat4) -> R {
    do throws(Errno) {
      return try body()
    } catch {
      guard error.code == EMFILE || error.code == ENFILE else { throw Nfsstat4(error) }
    }
    let dropped = (
      cache.withLock { $0.removeAll() }, streams.withLock { $0.removeAll() }
    )
    logger.warning("no free descriptors: caches of open files emptied; raise the limit")
    withExtendedLifetime(dropped) {}
    do throws(Errno) { return try body() } catch { throw Nfsstat4(error) }
  }

  // MARK: Checks

  func status(of descriptor: Descriptor) throws(Nfsstat4) -> FileStatus {
    do throws(Errno) { return try Linux.status(of: descriptor) } catch { throw Nfsstat4(error) }
  }

  /// The status of an object that must still exist: it has a name, or is open.
  func liveStatus(of object: PosixObject, _ file: PosixObject.File) throws(Nfsstat4) -> FileStatus {
    let status = try status(of: file.descriptor)
    if status.nlink == 0, !cache.withLock({ $0.isPinned(object.handle) }) {
      forget(object)
      throw .NFS4ERR_STALE
    }
    return status
  }

  func checkAllowed(_ object: PosixObject, _ caller: Caller) throws(Nfsstat4) {
    switch object.backing {
    case .pseudo(let index):
      guard index == 0 || isVisible(index, to: caller) else { throw .NFS4ERR_ACCESS }
    case .file(let file):
      if file.export.isAllowed(caller.address) { return }
      // The root export's own root is the way to the others.
      guard file.isExportRoot, file.export.place == 0 else { throw .NFS4ERR_ACCESS }
      guard isVisible(0, to: caller) else { throw .NFS4ERR_ACCESS }
    }
  }

  /// Whether the caller may use any export at or below a pseudo directory.
  func isVisible(_ index: Int, to caller: Caller) -> Bool {
    pseudo.directories[index].exportsBelow.contains { exports[$0].isAllowed(caller.address) }
  }

  /// Whether the caller may access the object by its mode bits and ACLs.
  func isGranted(
    _ mode: Int32, to identity: CallerIdentity, _ object: PosixObject, _ file: PosixObject.File
  ) throws(Nfsstat4) -> Bool {
    switch callers {
    case .checking:
      return identity.isGranted(mode, by: try liveStatus(of: object, file))
    case .switching:
      return try callers.run(as: identity) { () throws(Errno) in
        try Linux.isAccessible(file.descriptor, mode: mode)
      }
    }
  }
}

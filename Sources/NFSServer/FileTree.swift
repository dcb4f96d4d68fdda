public import NFSv4
public import ONCRPC

/// Who asks, and from where.
public struct Caller: Hashable, Sendable {
  public var principal: RPCPrincipal
  /// The client's address in network byte order: 4 bytes, or 16 for IPv6.
  public var address: [UInt8]

  public init(principal: RPCPrincipal, address: [UInt8]) {
    self.principal = principal
    self.address = address
  }
}

/// The exported files as the operations see them: one name space under a pseudo root.
///
/// Every function may block on a disk and is called outside of all locks. Each answers with the
/// status of RFC 8881 for what went wrong. Rights are those of the caller after the export's
/// squash rule; an export that the caller's address may not use is NFS4ERR_ACCESS.
public protocol FileTree: Sendable {
  /// A reference to an object that keeps it usable while it is held.
  associatedtype Object: FileObject
  /// A file open for reading.
  associatedtype OpenFile: Sendable

  /// The pseudo root.
  func root() throws(Nfsstat4) -> Object

  /// The object a filehandle names.
  /// - Throws: NFS4ERR_BADHANDLE for bytes this server never made, NFS4ERR_STALE for an object
  ///   that is gone, NFS4ERR_ACCESS for an export the caller's address may not use.
  func object(_ handle: NfsFh4, for caller: Caller) throws(Nfsstat4) -> Object

  /// LOOKUP (RFC 8881 §18.13). Crosses into exports. The name is checked by the callee.
  func lookup(
    _ name: [UInt8], in directory: Object, for caller: Caller
  ) throws(Nfsstat4) -> Object

  /// LOOKUPP (RFC 8881 §18.14). Never leaves an export except to its pseudo directory.
  func parent(of directory: Object, for caller: Caller) throws(Nfsstat4) -> Object

  /// Attributes of an object: at least those of `mask` that the tree knows. The server adds those
  /// that are its own (lease time, layout types, supported attributes, …).
  func attributes(of object: Object, mask: Bitmap4) throws(Nfsstat4) -> FileAttributes

  /// ACCESS (RFC 8881 §18.1): the bits of `wanted` that are granted.
  func access(
    to object: Object, wanted: UInt32, for caller: Caller
  ) throws(Nfsstat4) -> UInt32

  /// READLINK's text (RFC 8881 §18.24).
  func readLink(_ object: Object, for caller: Caller) throws(Nfsstat4) -> [UInt8]

  /// READDIR (RFC 8881 §18.23): calls `body` for each entry after `cookie` (0: from the start)
  /// until it returns false or the directory ends. Returns whether the end was reached.
  /// Cookies are never 0, 1 or 2 and stay valid while entries come and go. `.` and `..` are left
  /// out. Attributes of `mask` come with each entry, or the status for `rdattr_error`.
  func readDirectory(
    _ directory: Object, after cookie: UInt64, mask: Bitmap4, for caller: Caller,
    _ body: (DirectoryEntry) -> Bool
  ) throws(Nfsstat4) -> Bool

  /// Opens a regular file for reading.
  /// - Throws: NFS4ERR_ISDIR, NFS4ERR_SYMLINK, NFS4ERR_WRONG_TYPE, NFS4ERR_ACCESS …
  func open(_ object: Object, for caller: Caller) throws(Nfsstat4) -> OpenFile

  /// Opens a regular file for reading whoever asks: for what rights were checked before.
  func openUnchecked(_ object: Object) throws(Nfsstat4) -> OpenFile

  /// Reads up to `room.count` bytes at `offset`.
  func read(
    _ file: OpenFile, at offset: UInt64, into room: UnsafeMutableRawBufferPointer
  ) throws(Nfsstat4) -> Int

  /// Size, change attribute and whether they can still change unnoticed.
  func version(of file: OpenFile) throws(Nfsstat4) -> ContentVersion

  /// The version by handle.
  func version(of object: Object) throws(Nfsstat4) -> ContentVersion

  /// Whether the rules of the object's export let peers keep and serve it.
  func mayBeServedByPeers(_ object: Object) -> Bool
}

/// What an object of the tree is.
public protocol FileObject: Sendable {
  /// The canonical filehandle: equal for equal objects, at most 120 bytes.
  var handle: NfsFh4 { get }
  var type: NfsFtype4 { get }
  /// Which export it belongs to; 0 is the pseudo file system.
  var exportID: UInt32 { get }
}

/// The content of a file at one moment.
public struct ContentVersion: Hashable, Sendable {
  public var change: Changeid4
  public var size: UInt64
  /// False while the last change is so recent that another one could leave the change attribute
  /// as it is: such a version is neither delegated nor cached.
  public var isSettled: Bool

  public init(change: Changeid4, size: UInt64, isSettled: Bool) {
    self.change = change
    self.size = size
    self.isSettled = isSettled
  }
}

/// One entry of a directory.
public struct DirectoryEntry: Sendable {
  public var name: [UInt8]
  public var cookie: UInt64
  public var attributes: FileAttributes

  public init(name: [UInt8], cookie: UInt64, attributes: FileAttributes) {
    self.name = name
    self.cookie = cookie
    self.attributes = attributes
  }
}

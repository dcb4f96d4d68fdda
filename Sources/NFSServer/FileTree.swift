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
///
/// Whatever changes something is NFS4ERR_ROFS in an export that is read-only and in the pseudo
/// file system. It is on stable storage when it is acknowledged, except for what `write`,
/// `allocate`, `deallocate`, `copy` and `clone` did to a file's content: that is `commit`'s. The
/// tree recalls nothing: layouts, delegations and share reservations are the caller's matter,
/// *before* the call.
public protocol FileTree: Sendable {
  /// A reference to an object that keeps it usable while it is held.
  associatedtype Object: FileObject
  /// A regular file that is open, for what it was opened for. While it is held, the file can be
  /// used through it and by its handle even if its last name is removed.
  associatedtype OpenFile: Sendable
  /// What one lock-owner has locked of one file. It is all unlocked when this is released.
  associatedtype RangeLocks: Sendable

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

  /// Opens a regular file.
  ///
  /// - Parameters:
  ///   - access: not empty.
  ///   - ownerOverride: what the file's owner asks for is granted whatever the mode says: for a
  ///     claim of what he had open before (a reclaim, a claim under a delegation, a repeated
  ///     EXCLUSIVE4_1 create) and for READ and WRITE without an open.
  /// - Throws: NFS4ERR_ISDIR, NFS4ERR_SYMLINK, NFS4ERR_WRONG_TYPE, NFS4ERR_ACCESS, NFS4ERR_ROFS,
  ///   NFS4ERR_SHARE_DENIED for a program that this host is executing, …
  func open(
    _ object: Object, access: FileAccess, ownerOverride: Bool, for caller: Caller
  ) throws(Nfsstat4) -> OpenFile

  /// The same file open for more: an OPEN by an owner that has it open already. Only what is new is
  /// checked. The old value stays as it is; the new one alone is enough.
  func upgrade(
    _ file: OpenFile, adding access: FileAccess, for caller: Caller
  ) throws(Nfsstat4) -> OpenFile

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

  // MARK: Changing

  /// Whether nothing in the object's export can be changed by anybody.
  func isReadOnly(_ object: Object) -> Bool

  /// The attributes that the object's file system has, those that can only be set among them, and
  /// without those that are the server's own.
  func supportedAttributes(of object: Object) throws(Nfsstat4) -> Bitmap4

  /// Those that EXCLUSIVE4_1 can set: what keeps the verifier is not among them
  /// (`suppattr_exclcreat`, RFC 8881 §5.8.1.14).
  func exclusiveCreateAttributes(of object: Object) throws(Nfsstat4) -> Bitmap4

  /// Creates a regular file and opens it (RFC 8881 §18.16), all at once: it never shows without
  /// its attributes. Rights to the new file are not checked: a creator may write to what he creates
  /// with mode 0444.
  ///
  /// What exists is never changed, truncated or opened here. If `name` exists: `.unchecked` gives
  /// the object (of any type) with `file` nil, `.guarded` is NFS4ERR_EXIST; `.exclusive` gives the
  /// object with `file` nil if it was made with this very verifier and not changed since, also
  /// before a restart of the server, and is NFS4ERR_EXIST otherwise. What it was made with has been
  /// set then, and is in `attributesSet`. The server then opens it as any file.
  ///
  /// - Parameter attributes: `mode` and `modeUmask` (RFC 8275) exclude each other: NFS4ERR_INVAL.
  ///   Without either the mode is 0600. A size other than 0 makes a hole.
  /// - Throws: NFS4ERR_ATTRNOTSUPP for attributes outside of `supportedAttributes`, NFS4ERR_INVAL
  ///   for those that cannot be set and, with `.exclusive`, those outside of
  ///   `exclusiveCreateAttributes`; …
  func create(
    _ name: [UInt8], in directory: Object, _ mode: CreateMode, attributes: FileAttributes,
    access: FileAccess, for caller: Caller
  ) throws(Nfsstat4) -> NewObject<Object, OpenFile>

  /// CREATE (RFC 8881 §18.4): `file` of the result is nil.
  /// - Throws: NFS4ERR_BADTYPE for regular files and named attributes, NFS4ERR_PERM for devices
  ///   that the caller may not make, NFS4ERR_EXIST, …
  func makeNode(
    _ type: Createtype4, named name: [UInt8], in directory: Object, attributes: FileAttributes,
    for caller: Caller
  ) throws(Nfsstat4) -> NewObject<Object, OpenFile>

  /// LINK (RFC 8881 §18.9).
  /// - Throws: NFS4ERR_ISDIR for a directory, NFS4ERR_XDEV across exports and file systems,
  ///   NFS4ERR_MLINK, NFS4ERR_EXIST, …
  func link(
    _ object: Object, as name: [UInt8], in directory: Object, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4

  /// REMOVE (RFC 8881 §18.25).
  /// - Parameter expected: the object that delegations and layouts were recalled of. If the name is
  ///   another one's by now: NFS4ERR_DELAY, and the client asks again.
  /// - Throws: NFS4ERR_NOTEMPTY for a directory with entries, NFS4ERR_FILE_OPEN for one that a file
  ///   system is mounted on, …
  func remove(
    _ name: [UInt8], in directory: Object, expecting expected: ExpectedName, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4

  /// RENAME (RFC 8881 §18.26). Two names of one file both stay.
  /// - Parameters:
  ///   - expectedSource: as with `remove`.
  ///   - expectedTarget: what would be replaced.
  /// - Throws: NFS4ERR_XDEV across exports and file systems, NFS4ERR_EXIST for a target of another
  ///   kind or a directory with entries, NFS4ERR_INVAL for a directory below itself, …
  func rename(
    _ name: [UInt8], in directory: Object, to newName: [UInt8], in newDirectory: Object,
    expecting expectedSource: ExpectedName, replacing expectedTarget: ExpectedName,
    for caller: Caller
  ) throws(Nfsstat4) -> RenameChange

  /// SETATTR (RFC 8881 §18.30).
  ///
  /// What can be seen to be impossible beforehand (a read-only export, an attribute that is not
  /// supported or cannot be set, a size of what is no file, a name that is nobody's, a malformed
  /// time) fails before anything is set. The rest is set in this order and stops at the first
  /// failure, with what was set so far in `set`: size, owner and owner_group (which the kernel lets
  /// take set-user-ID bits away), mode, ACL, times (which setting the size would change).
  ///
  /// - Parameters:
  ///   - attributes: write-only ones as they come; `mode` and `modeSetMasked` exclude each other.
  ///   - file: open for writing: then the size is set by right of the open rather than by that of
  ///     the mode. Nil: the caller must be allowed to write.
  func setAttributes(
    _ attributes: FileAttributes, of object: Object, through file: OpenFile?, for caller: Caller
  ) -> AttributeChange

  // MARK: Content

  /// Writes at an offset. Set-user-ID and set-group-ID bits go as the kernel does it when others
  /// than the superuser write.
  /// - Parameters:
  ///   - data: all of it is written unless space runs out or the disk fails halfway.
  ///   - stability: what it takes at least before the call returns.
  /// - Returns: how many bytes were written (fewer than given only as above, never 0 of some), and
  ///   what they are.
  /// - Throws: NFS4ERR_OPENMODE if the file is not open for writing, NFS4ERR_FBIG beyond the
  ///   largest size, NFS4ERR_NOSPC, NFS4ERR_DQUOT, NFS4ERR_IO, …
  func write(
    _ file: OpenFile, at offset: UInt64, _ data: UnsafeRawBufferPointer, stability: StableHow4
  ) throws(Nfsstat4) -> (count: Int, committed: StableHow4)

  /// Puts everything that was written to the file before the call, by anybody, on stable storage.
  /// - Throws: what became of data that could not be written: it may be lost, and the write
  ///   verifier must change.
  func commit(_ file: OpenFile) throws(Nfsstat4)

  /// The same for a file that the client has closed.
  func commit(_ object: Object) throws(Nfsstat4)

  /// SEEK (RFC 7862 §15.11): the first byte of data or of a hole at or after `offset`. The end of
  /// the file counts as a hole and is `isEnd`; so is it when there is no more data.
  /// - Throws: NFS4ERR_NXIO at or beyond the end.
  func seek(
    _ file: OpenFile, from offset: UInt64, to what: DataContent4
  ) throws(Nfsstat4) -> (isEnd: Bool, offset: UInt64)

  /// ALLOCATE (RFC 7862 §15.1): the range has space, and the file reaches to its end.
  /// - Throws: NFS4ERR_NOTSUPP where the file system cannot, NFS4ERR_INVAL for 0 bytes, …
  func allocate(_ file: OpenFile, at offset: UInt64, count: UInt64) throws(Nfsstat4)

  /// DEALLOCATE (RFC 7862 §15.4): the range is a hole; the size stays.
  func deallocate(_ file: OpenFile, at offset: UInt64, count: UInt64) throws(Nfsstat4)

  /// A slice of COPY (RFC 7862 §15.2): at most `count` bytes, as many as take no longer than a
  /// large WRITE. Not yet on stable storage.
  /// - Returns: bytes copied; 0 only for a count of 0 and at the source's end.
  /// - Throws: NFS4ERR_INVAL for ranges of one file that overlap, NFS4ERR_OPENMODE, …
  func copy(
    from source: OpenFile, at sourceOffset: UInt64, to target: OpenFile,
    at targetOffset: UInt64, count: UInt64
  ) throws(Nfsstat4) -> UInt64

  /// CLONE (RFC 7862 §15.13): shares blocks, at once and as a whole.
  /// - Parameter count: 0: up to the source's end.
  /// - Throws: NFS4ERR_NOTSUPP where the file system cannot, NFS4ERR_XDEV, NFS4ERR_INVAL for ranges
  ///   off the file system's blocks or beyond the end, …
  func clone(
    from source: OpenFile, at sourceOffset: UInt64, to target: OpenFile,
    at targetOffset: UInt64, count: UInt64
  ) throws(Nfsstat4)

  // MARK: Byte-range locks

  /// Begins one lock-owner's locks on a file. It holds none yet.
  func rangeLocks(on file: OpenFile) throws(Nfsstat4) -> RangeLocks

  /// Locks, upgrades or downgrades a range at once, or says what is in the way: another lock-owner,
  /// or a process of this host. Never waits.
  /// - Returns: nil: it is locked.
  /// - Throws: NFS4ERR_BAD_RANGE beyond 2^63 - 1 bytes, NFS4ERR_OPENMODE for a lock that the file
  ///   is not open for and the process may not take, …
  func lock(
    _ range: LockRange, isExclusive: Bool, _ locks: RangeLocks
  ) throws(Nfsstat4) -> RangeConflict?

  /// What would be in the way of a lock; nil: nothing. The owner's own locks are not.
  func conflict(
    with range: LockRange, isExclusive: Bool, _ locks: RangeLocks
  ) throws(Nfsstat4) -> RangeConflict?

  /// Unlocks a range, of which nothing needs to be locked.
  func unlock(_ range: LockRange, _ locks: RangeLocks) throws(Nfsstat4)

  // MARK: Extended attributes (RFC 8276): names without the "user." of this host

  /// GETXATTR (RFC 8276 §8.4.1).
  /// - Throws: NFS4ERR_NOXATTR, NFS4ERR_NOTSUPP where the file system has none, NFS4ERR_ACCESS, …
  func extendedAttribute(
    _ name: [UInt8], of object: Object, for caller: Caller
  ) throws(Nfsstat4) -> [UInt8]

  /// SETXATTR (RFC 8276 §8.4.2).
  /// - Throws: NFS4ERR_NOXATTR, NFS4ERR_EXIST, NFS4ERR_XATTR2BIG, NFS4ERR_NOSPC, NFS4ERR_PERM for
  ///   what is neither a file nor a directory, …
  func setExtendedAttribute(
    _ name: [UInt8], to value: UnsafeRawBufferPointer, _ option: SetxattrOption4,
    of object: Object, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4

  /// LISTXATTRS (RFC 8276 §8.4.3): calls `body` for each name after `cookie` (0: from the start)
  /// until it returns false or there are no more. Returns whether the end was reached. Cookies are
  /// never 0 and stay valid while attributes come and go.
  func listExtendedAttributes(
    of object: Object, after cookie: UInt64, for caller: Caller,
    _ body: (_ name: [UInt8], _ cookie: UInt64) -> Bool
  ) throws(Nfsstat4) -> Bool

  /// REMOVEXATTR (RFC 8276 §8.4.4).
  func removeExtendedAttribute(
    _ name: [UInt8], of object: Object, for caller: Caller
  ) throws(Nfsstat4) -> ChangeInfo4
}

extension FileTree {
  /// Opens for reading, by the mode alone.
  public func open(_ object: Object, for caller: Caller) throws(Nfsstat4) -> OpenFile {
    try open(object, access: .read, ownerOverride: false, for: caller)
  }
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

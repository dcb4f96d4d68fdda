public import NFSv4

/// What a file is open for: the values of `OPEN4_SHARE_ACCESS_*`.
public struct FileAccess: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public static let read = FileAccess(rawValue: 1)
  public static let write = FileAccess(rawValue: 2)

  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What to do if a file that is to be created exists (RFC 8881 §18.16.3).
public enum CreateMode: Hashable, Sendable {
  /// It is used.
  case unchecked
  /// NFS4ERR_EXIST.
  case guarded
  /// It is used if the same request made it.
  case exclusive(Verifier4)
}

/// What a name should stand for when it is removed or replaced.
public enum ExpectedName: Hashable, Sendable {
  case anything
  case nothing
  /// The object with this handle.
  case object(NfsFh4)
}

/// What creating something came to.
public struct NewObject<Object: FileObject, OpenFile: Sendable>: Sendable {
  public var object: Object
  /// The new file, open. Nil for what is no file, and for one that was there before.
  public var file: OpenFile?
  /// Which attributes of the request were set, and those that keep the verifier of
  /// `.exclusive`. Empty for what was there before, except for a repeated `.exclusive`.
  public var attributesSet: Bitmap4
  /// The directory's change attribute.
  public var directoryChange: ChangeInfo4

  public init(
    object: Object, file: OpenFile?, attributesSet: Bitmap4, directoryChange: ChangeInfo4
  ) {
    self.object = object
    self.file = file
    self.attributesSet = attributesSet
    self.directoryChange = directoryChange
  }
}

/// The change attributes of the two directories of a RENAME; equal if they are one.
public struct RenameChange: Hashable, Sendable {
  public var source: ChangeInfo4
  public var target: ChangeInfo4

  public init(source: ChangeInfo4, target: ChangeInfo4) {
    self.source = source
    self.target = target
  }
}

/// What SETATTR came to: it answers with what was set even when it failed.
public struct AttributeChange: Hashable, Sendable {
  public var status: Nfsstat4
  public var set: Bitmap4

  public init(status: Nfsstat4, set: Bitmap4) {
    self.status = status
    self.set = set
  }
}

/// A range of bytes as LOCK has it.
public struct LockRange: Hashable, Sendable {
  public var offset: UInt64
  /// Bytes, not 0; `.max` reaches to the end of the file, wherever that is.
  public var count: UInt64

  public init(offset: UInt64, count: UInt64) {
    self.offset = offset
    self.count = count
  }
}

/// A lock that is in the way of another one.
public struct RangeConflict: Hashable, Sendable {
  public var range: LockRange
  public var isExclusive: Bool
  /// The process of this host that holds it; nil: another lock-owner of this server, or a process
  /// that the kernel does not name.
  public var processID: Int32?

  public init(range: LockRange, isExclusive: Bool, processID: Int32?) {
    self.range = range
    self.isExclusive = isExclusive
    self.processID = processID
  }
}

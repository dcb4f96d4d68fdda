public import NFSServer
public import NFSv4

/// An object of the exported files, kept usable by an open descriptor, or a directory of the
/// pseudo file system.
public final class PosixObject: FileObject {
  enum Backing {
    /// Index of the directory.
    case pseudo(Int)
    case file(File)
  }

  struct File {
    /// `O_PATH | O_NOFOLLOW`.
    let descriptor: Descriptor
    let export: Export
    let mount: FileSystemMount
    let identity: FileIdentity

    var isExportRoot: Bool { identity == export.rootIdentity }
    /// Whether it is the root of a file system mounted below the export.
    var isMountRoot: Bool { mount.id != 0 && identity.inode == mount.rootInode }
  }

  public let handle: NfsFh4
  public let type: NfsFtype4
  let backing: Backing

  /// The export's number; 0 for the pseudo file system.
  public var exportID: UInt32 {
    switch backing {
    case .pseudo: 0
    case .file(let file): file.export.id
    }
  }

  init(handle: NfsFh4, type: NfsFtype4, backing: Backing) {
    self.handle = handle
    self.type = type
    self.backing = backing
  }
}

/// A regular file that is open. While one is held, its object's handle stays usable even if the
/// last name of the file is removed.
///
/// It takes one descriptor, or two if it was opened for reading and for writing one after the
/// other.
public final class PosixFile: Sendable {
  let object: PosixObject
  let backing: PosixObject.File
  let access: FileAccess
  let reading: Descriptor?
  let writing: Descriptor?
  /// Either of them.
  let descriptor: Descriptor
  /// In whose name it is written to; nil: the server's.
  let writer: CallerIdentity?
  private let tree: PosixTree

  /// - Parameters:
  ///   - descriptor: open for all of `access`.
  ///   - extending: the same file open for less.
  init(
    _ descriptor: Descriptor, _ object: PosixObject, _ backing: PosixObject.File,
    access: FileAccess, writer: CallerIdentity?, extending other: PosixFile? = nil,
    tree: PosixTree
  ) {
    self.object = object
    self.backing = backing
    self.access = access.union(other?.access ?? [])
    reading = other?.reading ?? (access.contains(.read) ? descriptor : nil)
    writing = other?.writing ?? (access.contains(.write) ? descriptor : nil)
    self.descriptor = descriptor
    self.writer = other?.writing == nil ? writer : other?.writer
    self.tree = tree
    tree.pin(object)
  }

  deinit { tree.unpin(object) }
}

/// What one lock-owner has locked of one file: the locks of one open file description.
public final class PosixRangeLocks: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }
}

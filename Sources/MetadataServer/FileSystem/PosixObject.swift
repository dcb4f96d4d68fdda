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

/// A regular file open for reading. While one is held, its object's handle stays usable even if
/// the last name of the file is removed.
public final class PosixFile: Sendable {
  let descriptor: Descriptor
  let object: PosixObject
  private let tree: PosixTree

  init(descriptor: Descriptor, object: PosixObject, tree: PosixTree) {
    self.descriptor = descriptor
    self.object = object
    self.tree = tree
    tree.pin(object)
  }

  deinit { tree.unpin(object) }
}

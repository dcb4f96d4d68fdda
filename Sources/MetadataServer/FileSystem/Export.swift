import Glibc
import Logging
import NFSv4
import Synchronization

/// An export in service.
final class Export: Sendable {
  let definition: ExportDefinition
  let id: UInt32
  /// Index of its place in the pseudo file system.
  let place: Int
  /// The exported directory, `O_PATH`.
  let root: Descriptor
  let rootMount: FileSystemMount
  let rootIdentity: FileIdentity
  private let mounts: Mutex<[UInt32: FileSystemMount]>

  init(
    definition: ExportDefinition, place: Int, forcesIndex: Bool
  ) throws(PosixTreeError) {
    self.definition = definition
    self.place = place
    id = definition.exportID
    do throws(Errno) {
      guard definition.path.hasPrefix("/") else {
        throw Errno(EINVAL)
      }
      root = try Linux.open(
        path: definition.path, flags: Linux.pathFlag | O_DIRECTORY | O_CLOEXEC)
      let status = try Linux.status(of: root)
      guard status.mask & Linux.mountMask != 0 else { throw Errno(ENOSYS) }
      rootIdentity = FileIdentity(status, mountID: 0)
      rootMount = FileSystemMount(
        id: 0, root: root, status: status, coveredFileid: nil, forcesIndex: forcesIndex,
        isWritable: definition.isWritable)
    } catch {
      let hint =
        switch error.code {
        case ENOENT: "does not exist: create it, or correct its path under exports"
        case ENOTDIR: "is not a directory: correct its path under exports"
        case EINVAL: "an absolute path was expected"
        case ENOSYS: "Linux 5.8 or newer is needed"
        default: "cannot be opened: \(error.text)"
        }
      throw PosixTreeError("export \(definition.path): \(hint)")
    }
    mounts = Mutex([0: rootMount])
  }

  func isAllowed(_ address: [UInt8]) -> Bool { definition.isClientAllowed(address) }

  func mount(id: UInt32) -> FileSystemMount? { mounts.withLock { $0[id] } }

  func mount(kernelID: UInt64) -> FileSystemMount? {
    mounts.withLock { $0.values.first { $0.kernelID == kernelID } }
  }

  /// Adds a mount, or replaces the one that was at its place before.
  func add(_ mount: FileSystemMount) { mounts.withLock { $0[mount.id] = mount } }

  /// The object's path below the export, without a slash at either end; nil if it lies outside or
  /// the kernel does not know (a file that was opened by its handle, on some file systems).
  func relativePath(of descriptor: borrowing Descriptor, _ names: Descriptor) -> [UInt8]? {
    guard let path = try? Linux.linkText("\(descriptor.number)", in: names.number),
      var top = try? Linux.linkText("\(root.number)", in: names.number)
    else { return nil }
    if path == top { return [] }
    if top.last != UInt8(ascii: "/") { top.append(UInt8(ascii: "/")) }
    return path.starts(with: top) ? Array(path.dropFirst(top.count)) : nil
  }

  /// Whether a directory lies in the export: false if it was moved out since its handle was made.
  func contains(_ directory: Descriptor, _ names: Descriptor) -> Bool {
    do throws(Errno) {
      _ = try Linux.linkText("\(directory.number)", in: names.number)
    } catch {
      return error.code == ENAMETOOLONG && isAncestor(of: directory)
    }
    return relativePath(of: directory, names) != nil
  }

  /// The same for directories whose path is longer than the kernel's limit: step by step.
  private func isAncestor(of directory: Descriptor) -> Bool {
    guard let top = try? Linux.status(of: root) else { return false }
    var current = directory
    for _ in 0..<65_536 {
      guard let status = try? Linux.status(of: current) else { return false }
      if status.mnt_id == top.mnt_id && status.ino == top.ino { return true }
      guard let above = try? Linux.open([0x2e, 0x2e], in: current, flags: Linux.pathFlags),
        let next = try? Linux.status(of: above),
        next.mnt_id != status.mnt_id || next.ino != status.ino
      else { return false }
      current = above
    }
    return false
  }
}

/// A file system that is mounted at an export's root or below it.
final class FileSystemMount: Sendable {
  /// 0 for the export's root, else by the mount point's path below it: stable across restarts.
  let id: UInt32
  /// The kernel's number of the mount, until it is unmounted.
  let kernelID: UInt64
  let device: UInt64
  /// The inode of its root.
  let rootInode: UInt64
  /// The inode of the directory it covers.
  let coveredFileid: UInt64?
  /// Its root (the export's directory for mount 0), `O_PATH`.
  let root: Descriptor
  /// The most hard links of a file.
  let linkLimit: UInt32
  /// Whether it has POSIX ACLs.
  let hasACLs: Bool
  /// Whether it has extended attributes that users may set.
  let hasExtendedAttributes: Bool
  /// The unit of CLONE; nil where the file system cannot share blocks.
  let cloneBlockBytes: UInt32?
  private let probedGrain: TimeGrain
  private let hasUnusableTimes = Atomic<Bool>(false)
  /// Any object of the mount opened for reading: what `open_by_handle_at` wants. Nil where
  /// handles cannot be used.
  let handleMount: Descriptor?

  /// - Parameter root: its root, `O_PATH`. Keeping it makes unmounting say "busy".
  init(
    id: UInt32, root: Descriptor, status: FileStatus, coveredFileid: UInt64?, forcesIndex: Bool,
    isWritable: Bool
  ) {
    self.id = id
    self.root = root
    linkLimit = Linux.linkLimit(root)
    kernelID = status.mnt_id
    device = status.device
    rootInode = status.ino
    self.coveredFileid = coveredFileid
    handleMount = forcesIndex ? nil : Self.probeHandles(root)
    hasACLs = Self.hasAttribute(PosixACL.accessName, root)
    hasExtendedAttributes = Self.hasAttribute(Array("user.p2pnfs".utf8), root)
    cloneBlockBytes = Self.cloneBlockBytes(root)
    // What nobody changes through this server is not counted either.
    probedGrain = isWritable ? TimeGrain.probe(root) : .fine
  }

  var timeGrain: TimeGrain {
    hasUnusableTimes.load(ordering: .relaxed) ? .unusable : probedGrain
  }

  /// Says that times did not move on whatever was done: it is not tried again.
  func timesAreUnusable() { hasUnusableTimes.store(true, ordering: .relaxed) }

  private static func cloneBlockBytes(_ root: Descriptor) -> UInt32? {
    let xfs: UInt64 = 0x5846_5342
    let btrfs: UInt64 = 0x9123_683e
    guard let status = try? Linux.fileSystemStatus(of: root), [xfs, btrfs].contains(status.type)
    else { return nil }
    return UInt32(clamping: status.block_bytes)
  }

  /// Whether a kind of attribute exists here, on this object or not.
  private static func hasAttribute(_ name: [UInt8], _ root: Descriptor) -> Bool {
    do throws(Errno) {
      _ = try Linux.extendedAttribute(name, of: root)
      return true
    } catch {
      return error.code == ENODATA || error.code == ERANGE
    }
  }

  /// Makes a handle of the root and opens it again: needs a file system with handles, and
  /// CAP_DAC_READ_SEARCH in the first user namespace.
  private static func probeHandles(_ root: Descriptor) -> Descriptor? {
    guard
      let mount = try? Linux.open(
        path: "/proc/self/fd/\(root.number)", flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC),
      let handle = try? Linux.handle(of: root, limitBytes: Filehandle.kernelLimitBytes),
      (try? Linux.open(handleType: handle.type, bytes: handle.bytes, mount: mount)) != nil
    else { return nil }
    return mount
  }
}

/// One line of `/proc/self/mountinfo`.
struct MountInfo: Hashable {
  var kernelID: UInt64
  var point: [UInt8]

  /// All mounts that this process sees, in the order they were made.
  static func all() -> [MountInfo] {
    guard let file = try? Linux.open(path: "/proc/self/mountinfo", flags: O_RDONLY | O_CLOEXEC)
    else { return [] }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(file.number, &chunk, chunk.count)
      if count <= 0 { break }
      text += chunk.prefix(count)
    }
    return text.split(separator: UInt8(ascii: "\n")).compactMap { MountInfo(line: $0) }
  }

  /// `36 35 98:0 /root /mount\040point options …`
  init?(line: some Collection<UInt8>) {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
    guard fields.count > 4, let id = UInt64(String(decoding: fields[0], as: UTF8.self)) else {
      return nil
    }
    kernelID = id
    point = Self.unescaped(Array(fields[4]))
  }

  private static func unescaped(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index] == UInt8(ascii: "\\"), index + 3 < text.count,
        let byte = UInt8(String(decoding: text[index + 1...index + 3], as: UTF8.self), radix: 8)
      {
        result.append(byte)
        index += 4
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }
}

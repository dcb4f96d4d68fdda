import CLinux
import Glibc
import NFSServer
import NFSv4
import ONCRPC

/// Whose rights count: a caller after the export's squash rule.
struct CallerIdentity: Hashable, Sendable {
  var uid: UInt32
  var gid: UInt32
  var groups: [UInt32]

  /// - Parameter principal: without AUTH_SYS, or with the reserved id 2^32-1, it is the anonymous
  ///   user. Root's group is squashed together with root.
  init(_ principal: RPCPrincipal, export: ExportDefinition) {
    guard case .sys(let uid, let gid, let gids) = principal, export.squash != .all, uid != .max
    else {
      self.uid = export.anonymousUID
      self.gid = export.anonymousGID
      groups = []
      return
    }
    let squashesRoot = export.squash == .root
    func squashed(_ id: UInt32) -> UInt32 {
      id == .max || (squashesRoot && id == 0) ? export.anonymousGID : id
    }
    self.uid = squashesRoot && uid == 0 ? export.anonymousUID : uid
    self.gid = squashed(gid)
    groups = gids.map(squashed)
  }

  /// Whether the mode bits grant all of `wanted` (of `R_OK`, `W_OK`, `X_OK`).
  ///
  /// Only where the kernel cannot be asked as this user: POSIX ACLs are not seen here, their mask
  /// counts as the group's rights.
  func isGranted(_ wanted: Int32, by status: FileStatus) -> Bool {
    let mode = Int32(status.mode)
    if uid == 0 {
      return wanted & X_OK == 0 || status.isDirectory || mode & 0o111 != 0
    }
    let granted =
      if status.uid == uid {
        mode >> 6
      } else if status.gid == gid || groups.contains(status.gid) {
        mode >> 3
      } else {
        mode
      }
    return wanted & ~granted & 7 == 0
  }
}

/// How the tree acts in a caller's name.
enum CallerMode: Sendable {
  /// The calling thread takes the caller's identity: the kernel decides.
  case switching(own: CallerIdentity)
  /// The process may not change identity: the tree compares mode bits itself.
  case checking

  /// `switching` where the process is root, may set users and groups, and really can.
  static func probe() -> CallerMode {
    let capabilities = clinux_effective_capabilities()
    let needed: UInt64 =
      1 << UInt64(CLINUX_CAP_SETUID) | 1 << UInt64(CLINUX_CAP_SETGID)
    guard geteuid() == 0, capabilities & needed == needed else { return .checking }
    let count = clinux_getgroups(0, nil)
    guard count >= 0 else { return .checking }
    var groups = [UInt32](repeating: 0, count: Int(count))
    guard clinux_getgroups(count, &groups) == count else { return .checking }
    let own = CallerIdentity(uid: geteuid(), gid: getegid(), groups: groups)
    // Denied in some user namespaces, and then there is nothing to take back.
    guard clinux_setgroups(groups.count, groups) == 0 else { return .checking }
    let nobody = CallerIdentity(uid: 65534, gid: 65534, groups: [65534])
    let isSwitched = nobody.enter()
    own.leaveTo()
    return isSwitched ? .switching(own: own) : .checking
  }

  /// Runs `body` with the file system rights of `identity` on this thread, and takes them back.
  ///
  /// `body` must not leave the thread nor call anything but system calls on the exported files.
  /// With `checking` it runs as the process itself; what it may do was to be checked before.
  /// - Throws: EACCES if the identity does not exist in the process's user namespace.
  func attempt<R>(
    as identity: CallerIdentity?, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R {
    guard case .switching(let own) = self, let identity, identity != own else {
      return try body()
    }
    defer { own.leaveTo() }
    guard identity.enter() else { throw Errno(EACCES) }
    return try body()
  }

  /// The same with the errors of the protocol.
  func run<R>(
    as identity: CallerIdentity?, _ body: () throws(Errno) -> R
  ) throws(Nfsstat4) -> R {
    do throws(Errno) {
      return try attempt(as: identity, body)
    } catch {
      throw Nfsstat4(error)
    }
  }

  /// Runs `body` as a user without the groups: for the content of a file that is open. Rights were
  /// checked when it was opened; but who writes decides on set-user-ID bits and reserved space.
  func attemptContent<R>(
    as identity: CallerIdentity?, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R {
    guard case .switching(let own) = self, let identity, identity.uid != own.uid else {
      return try body()
    }
    clinux_forgo_reserves()
    _ = clinux_setfsuid(identity.uid)
    defer {
      _ = clinux_setfsuid(own.uid)
      precondition(clinux_setfsuid(.max) == own.uid, "file system user of the thread not restored")
    }
    guard clinux_setfsuid(.max) == identity.uid else { throw Errno(EACCES) }
    return try body()
  }
}

extension CallerIdentity {
  init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
  }

  /// Groups first: with another user the right to set them may be gone. The kernel takes the
  /// capabilities on files away with the user 0, and gives them back with it.
  fileprivate func enter() -> Bool {
    clinux_forgo_reserves()
    guard clinux_setgroups(groups.count, groups) == 0 else { return false }
    _ = clinux_setfsgid(gid)
    _ = clinux_setfsuid(uid)
    return clinux_setfsuid(.max) == uid && clinux_setfsgid(.max) == gid
  }

  /// Takes the process's own identity back. A thread that kept a caller's would serve others with
  /// it, so the process ends if the kernel refuses.
  fileprivate func leaveTo() {
    _ = clinux_setfsuid(uid)
    _ = clinux_setfsgid(gid)
    let isRestored =
      clinux_setgroups(groups.count, groups) == 0 && clinux_setfsuid(.max) == uid
      && clinux_setfsgid(.max) == gid
    precondition(isRestored, "file system identity of the thread not restored to uid \(uid)")
  }
}

extension CallerMode {
  /// The file system identity of the calling thread.
  static func currentIdentity() -> CallerIdentity {
    let count = max(0, clinux_getgroups(0, nil))
    var groups = [UInt32](repeating: 0, count: Int(count))
    _ = clinux_getgroups(count, &groups)
    return CallerIdentity(
      uid: clinux_setfsuid(.max), gid: clinux_setfsgid(.max), groups: groups)
  }
}

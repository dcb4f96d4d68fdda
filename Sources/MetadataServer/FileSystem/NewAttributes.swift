import Glibc
import NFSv4

/// Attributes that a request wants set, checked as far as that needs no file.
struct NewAttributes {
  enum Mode: Hashable {
    case exactly(UInt32)
    /// New values of some bits.
    case masked(ModeMasked4)

    /// The mode of an object that has `old`.
    func applied(to old: UInt32) -> UInt32 {
      switch self {
      case .exactly(let mode): mode
      case .masked(let change): old & ~change.maskBits | change.valueToSet & change.maskBits
      }
    }
  }

  struct ACL {
    var access: PosixACL
    /// Of a directory; nil: new entries inherit nothing.
    var inherited: PosixACL?
  }

  /// What was asked for.
  let asked: Bitmap4
  var size: Int64?
  var uid: UInt32?
  var gid: UInt32?
  var mode: Mode?
  /// Of a new object: what is taken from its mode unless the directory's default ACL says how.
  var umask: UInt32 = 0
  var acl: ACL?
  var access = Linux.NewTime.unchanged
  var modify = Linux.NewTime.unchanged

  var setsTimes: Bool { access != .unchanged || modify != .unchanged }

  /// Those that can be set, `ACL` only where the file system has any.
  static let settable = Bitmap4(attributes: [
    FATTR4.SIZE, FATTR4.ACL, FATTR4.MODE, FATTR4.OWNER, FATTR4.OWNER_GROUP,
    FATTR4.TIME_ACCESS_SET, FATTR4.TIME_MODIFY_SET, FATTR4.MODE_SET_MASKED, FATTR4.MODE_UMASK,
  ])

  /// Those of a new object that keep an exclusive create's verifier.
  static let times = Bitmap4(attributes: [FATTR4.TIME_ACCESS_SET, FATTR4.TIME_MODIFY_SET])

  /// The bits of `mode4`.
  private static let modeBits: UInt32 = 0o7777

  /// - Parameters:
  ///   - supported: what the file system has.
  ///   - type: of the object.
  ///   - isNew: for an object that is being made.
  init(
    _ attributes: FileAttributes, supported: Bitmap4, type: NfsFtype4, isNew: Bool
  ) throws(Nfsstat4) {
    asked = attributes.present
    guard asked.isSubset(of: supported) else { throw .NFS4ERR_ATTRNOTSUPP }
    guard asked.isSubset(of: Self.settable) else { throw .NFS4ERR_INVAL }
    if let size = attributes.size {
      switch type {
      case .NF4REG: break
      case .NF4DIR: throw .NFS4ERR_ISDIR
      default: throw .NFS4ERR_INVAL
      }
      guard let bytes = Int64(exactly: size) else { throw .NFS4ERR_FBIG }
      self.size = bytes
    }
    if let owner = attributes.owner { uid = try Owners.id(owner, isGroup: false) }
    if let group = attributes.ownerGroup { gid = try Owners.id(group, isGroup: true) }
    try setMode(attributes, isNew: isNew)
    if let aces = attributes.acl {
      guard type != .NF4LNK else { throw .NFS4ERR_ATTRNOTSUPP }
      let (access, inherited) = try PosixACL.translate(aces, isDirectory: type == .NF4DIR)
      acl = ACL(access: access, inherited: inherited)
    }
    access = try Self.time(attributes.timeAccessSet)
    modify = try Self.time(attributes.timeModifySet)
  }

  private mutating func setMode(_ attributes: FileAttributes, isNew: Bool) throws(Nfsstat4) {
    let ways = [
      attributes.mode != nil, attributes.modeSetMasked != nil, attributes.modeUmask != nil,
    ]
    guard ways.filter({ $0 }).count <= 1 else { throw .NFS4ERR_INVAL }
    if let mode = attributes.mode {
      guard mode & ~Self.modeBits == 0 else { throw .NFS4ERR_INVAL }
      self.mode = .exactly(mode)
    }
    if let change = attributes.modeSetMasked {
      guard !isNew, (change.maskBits | change.valueToSet) & ~Self.modeBits == 0 else {
        throw .NFS4ERR_INVAL
      }
      self.mode = .masked(change)
    }
    if let new = attributes.modeUmask {
      guard isNew, new.mode & ~Self.modeBits == 0, new.umask & ~0o777 == 0 else {
        throw .NFS4ERR_INVAL
      }
      self.mode = .exactly(new.mode)
      umask = new.umask
    }
  }

  private static func time(_ time: Settime4?) throws(Nfsstat4) -> Linux.NewTime {
    switch time {
    case nil: return .unchanged
    case .serverTime: return .now
    case .clientTime(let time):
      guard time.nseconds < 1_000_000_000 else { throw .NFS4ERR_INVAL }
      return .at(seconds: time.seconds, nanoseconds: time.nseconds)
    }
  }
}

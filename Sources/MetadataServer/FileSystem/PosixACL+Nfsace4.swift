import NFSv4

/// POSIX ACLs as NFSv4 ones (RFC 8881 §6.2.1) and back.
///
/// POSIX looks at one entry only: the owner's, else the named user's, else those of the groups,
/// else the others'. NFSv4 goes through all entries until every right is decided. So each POSIX
/// entry becomes one that allows what it has and, where a later entry would give more, one that
/// denies the rest; groups first all allow and then all deny, as one matching group is enough. A
/// default ACL becomes entries that are inherited only.
///
///     read     READ_DATA
///     write    WRITE_DATA, APPEND_DATA, of directories DELETE_CHILD too
///     execute  EXECUTE
///     always   READ_ATTRIBUTES, READ_ACL, SYNCHRONIZE
///     owner    WRITE_ATTRIBUTES, WRITE_ACL too
///
/// The other way takes any list of ALLOW and DENY entries and never gives anybody more than it
/// does: a right counts if all of its bits are allowed, and what a group is denied is denied to
/// everybody who might be in it and was not allowed it before.
extension PosixACL {
  private static let always = ACE4.READ_ATTRIBUTES | ACE4.READ_ACL | ACE4.SYNCHRONIZE
  private static let owners = ACE4.WRITE_ATTRIBUTES | ACE4.WRITE_ACL
  private static let inherited = ACE4.FILE_INHERIT_ACE | ACE4.DIRECTORY_INHERIT_ACE

  private static func bits(_ rights: UInt16, isDirectory: Bool) -> UInt32 {
    var bits: UInt32 = 0
    if rights & 4 != 0 { bits |= ACE4.READ_DATA }
    if rights & 2 != 0 {
      bits |= ACE4.WRITE_DATA | ACE4.APPEND_DATA
      if isDirectory { bits |= ACE4.DELETE_CHILD }
    }
    if rights & 1 != 0 { bits |= ACE4.EXECUTE }
    return bits
  }

  fileprivate static func rights(_ bits: UInt32, isDirectory: Bool) -> UInt16 {
    var rights: UInt16 = 0
    for right: UInt16 in [4, 2, 1] {
      let needed = Self.bits(right, isDirectory: isDirectory)
      if bits & needed == needed { rights |= right }
    }
    return rights
  }

  /// - Parameter isDefault: what new entries of a directory inherit.
  func aces(isDirectory: Bool, isDefault: Bool = false) -> [Nfsace4] {
    let flags = isDefault ? Self.inherited | ACE4.INHERIT_ONLY_ACE : 0
    var aces: [Nfsace4] = []
    func allow(_ who: String, _ rights: UInt16, isGroup: Bool = false, more: UInt32 = 0) {
      aces.append(
        Nfsace4(
          type: ACE4.ACCESS_ALLOWED_ACE_TYPE, flag: flags | (isGroup ? ACE4.IDENTIFIER_GROUP : 0),
          accessMask: Self.bits(rights, isDirectory: isDirectory) | Self.always | more,
          who: Array(who.utf8)))
    }
    func deny(_ who: String, _ rights: UInt16, isGroup: Bool = false) {
      guard rights != 0 else { return }
      aces.append(
        Nfsace4(
          type: ACE4.ACCESS_DENIED_ACE_TYPE, flag: flags | (isGroup ? ACE4.IDENTIFIER_GROUP : 0),
          accessMask: Self.bits(rights, isDirectory: isDirectory), who: Array(who.utf8)))
    }
    let ofGroups = groups.reduce(effective(group)) { $0 | effective($1.rights) } | other
    let ofAll = users.reduce(ofGroups) { $0 | effective($1.rights) }
    allow("OWNER@", owner, more: Self.owners)
    deny("OWNER@", ofAll & ~owner)
    for user in users {
      allow("\(user.id)", effective(user.rights))
      deny("\(user.id)", ofGroups & ~effective(user.rights))
    }
    allow("GROUP@", effective(group), isGroup: true)
    for group in groups { allow("\(group.id)", effective(group.rights), isGroup: true) }
    deny("GROUP@", other & ~effective(group), isGroup: true)
    for group in groups { deny("\(group.id)", other & ~effective(group.rights), isGroup: true) }
    allow("EVERYONE@", other)
    return aces
  }

  /// What a list of NFSv4 entries means: the ACL of the object and, of a directory, what new
  /// entries inherit (nil: nothing).
  /// - Throws: NFS4ERR_ATTRNOTSUPP for entries that audit or alarm and for inheritance that stops
  ///   after one level, NFS4ERR_INVAL for inheritance from what is no directory and for unknown
  ///   types and flags, NFS4ERR_BADOWNER for a name that nobody has.
  static func translate(
    _ aces: [Nfsace4], isDirectory: Bool
  ) throws(Nfsstat4) -> (access: PosixACL, inherited: PosixACL?) {
    var access = Translation()
    var inherited = Translation()
    var isInherited = false
    let known =
      Self.inherited | ACE4.INHERIT_ONLY_ACE | ACE4.IDENTIFIER_GROUP | ACE4.INHERITED_ACE
    for ace in aces {
      switch ace.type {
      case ACE4.ACCESS_ALLOWED_ACE_TYPE, ACE4.ACCESS_DENIED_ACE_TYPE: break
      case ACE4.SYSTEM_AUDIT_ACE_TYPE, ACE4.SYSTEM_ALARM_ACE_TYPE: throw .NFS4ERR_ATTRNOTSUPP
      default: throw .NFS4ERR_INVAL
      }
      if ace.flag & ACE4.NO_PROPAGATE_INHERIT_ACE != 0 { throw .NFS4ERR_ATTRNOTSUPP }
      guard ace.flag & ~known == 0 else { throw .NFS4ERR_INVAL }
      let who = try Translation.Who(ace)
      let isPassedOn = ace.flag & Self.inherited != 0
      guard isDirectory || !isPassedOn else { throw .NFS4ERR_INVAL }
      let isAllowed = ace.type == ACE4.ACCESS_ALLOWED_ACE_TYPE
      if isPassedOn {
        isInherited = true
        inherited.apply(ace.accessMask, isAllowed: isAllowed, to: who)
      }
      if !isPassedOn || ace.flag & ACE4.INHERIT_ONLY_ACE == 0 {
        access.apply(ace.accessMask, isAllowed: isAllowed, to: who)
      }
    }
    return (
      access.acl(isDirectory: isDirectory),
      isInherited ? inherited.acl(isDirectory: isDirectory) : nil
    )
  }
}

/// The entries of a list gone through in order: what each party was allowed and denied so far.
private struct Translation {
  enum Who {
    case owner, group, everyone
    case user(UInt32)
    case namedGroup(UInt32)

    init(_ ace: Nfsace4) throws(Nfsstat4) {
      switch String(decoding: ace.who, as: UTF8.self) {
      case "OWNER@": self = .owner
      case "GROUP@": self = .group
      case "EVERYONE@": self = .everyone
      case let text:
        let isGroup = ace.flag & ACE4.IDENTIFIER_GROUP != 0
        let id = try Owners.id(text, isGroup: isGroup)
        self = isGroup ? .namedGroup(id) : .user(id)
      }
    }
  }

  /// Each bit is decided by the first entry that names it.
  struct Bits {
    var allowed: UInt32 = 0
    var denied: UInt32 = 0

    mutating func decide(_ bits: UInt32, isAllowed: Bool) {
      if isAllowed { allowed |= bits & ~denied } else { denied |= bits & ~allowed }
    }
  }

  var owner = Bits()
  var group = Bits()
  var other = Bits()
  /// What any party not yet seen has by now.
  var everyone = Bits()
  var users: [UInt32: Bits] = [:]
  var groups: [UInt32: Bits] = [:]

  mutating func apply(_ bits: UInt32, isAllowed: Bool, to who: Who) {
    switch who {
    case .owner:
      owner.decide(bits, isAllowed: isAllowed)
    case .user(let id):
      users[id, default: everyone].decide(bits, isAllowed: isAllowed)
      // The owner may be this user.
      if !isAllowed { owner.decide(bits, isAllowed: false) }
    case .group:
      group.decide(bits, isAllowed: isAllowed)
      if !isAllowed { denyPossibleMembers(bits) }
    case .namedGroup(let id):
      groups[id, default: everyone].decide(bits, isAllowed: isAllowed)
      if !isAllowed {
        denyPossibleMembers(bits)
        group.decide(bits, isAllowed: false)
      }
    case .everyone:
      owner.decide(bits, isAllowed: isAllowed)
      group.decide(bits, isAllowed: isAllowed)
      other.decide(bits, isAllowed: isAllowed)
      everyone.decide(bits, isAllowed: isAllowed)
      for id in users.keys { users[id]?.decide(bits, isAllowed: isAllowed) }
      for id in groups.keys { groups[id]?.decide(bits, isAllowed: isAllowed) }
    }
  }

  private mutating func denyPossibleMembers(_ bits: UInt32) {
    owner.decide(bits, isAllowed: false)
    everyone.decide(bits, isAllowed: false)
    for id in users.keys { users[id]?.decide(bits, isAllowed: false) }
    for id in groups.keys { groups[id]?.decide(bits, isAllowed: false) }
  }

  func acl(isDirectory: Bool) -> PosixACL {
    func rights(_ bits: Bits) -> UInt16 {
      PosixACL.rights(bits.allowed, isDirectory: isDirectory)
    }
    var acl = PosixACL(mode: 0)
    acl.owner = rights(owner)
    acl.group = rights(group)
    acl.other = rights(other)
    acl.users = users.map { PosixACL.Named(id: $0.key, rights: rights($0.value)) }
    acl.groups = groups.map { PosixACL.Named(id: $0.key, rights: rights($0.value)) }
    acl.users.sort { $0.id < $1.id }
    acl.groups.sort { $0.id < $1.id }
    if !users.isEmpty || !groups.isEmpty {
      acl.mask = (acl.users + acl.groups).reduce(acl.group) { $0 | $1.rights }
    }
    return acl
  }
}

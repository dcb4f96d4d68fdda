import NFSv4

/// A POSIX access control list (IEEE 1003.1e draft 17), as Linux file systems keep it.
///
/// Rights are 4 (read), 2 (write) and 1 (execute, search).
struct PosixACL: Hashable {
  static let accessName = Array("system.posix_acl_access".utf8)
  static let defaultName = Array("system.posix_acl_default".utf8)

  struct Named: Hashable {
    var id: UInt32
    var rights: UInt16
  }

  var owner: UInt16
  var users: [Named] = []
  var group: UInt16
  var groups: [Named] = []
  /// The most that named users and all groups get; nil without named entries.
  var mask: UInt16?
  var other: UInt16

  /// What a mode says.
  init(mode: UInt32) {
    owner = UInt16(mode >> 6 & 7)
    group = UInt16(mode >> 3 & 7)
    other = UInt16(mode & 7)
  }

  /// Rights of a named user or a group after the mask.
  func effective(_ rights: UInt16) -> UInt16 { rights & (mask ?? 7) }

  // MARK: The extended attribute: a version and entries of tag, rights and id, little-endian

  private static let version: UInt32 = 2
  private static let headerBytes = 4
  private static let entryBytes = 8

  private enum Tag: UInt16 {
    case owner = 0x01
    case user = 0x02
    case group = 0x04
    case namedGroup = 0x08
    case mask = 0x10
    case other = 0x20
  }

  /// - Returns: nil for what is no such list.
  init?(encoded: [UInt8]) {
    func integer<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
      (0..<MemoryLayout<T>.size).reduce(0) { $0 | T(encoded[offset + $1]) << ($1 * 8) }
    }
    guard encoded.count >= Self.headerBytes,
      (encoded.count - Self.headerBytes) % Self.entryBytes == 0,
      integer(UInt32.self, at: 0) == Self.version
    else { return nil }
    self.init(mode: 0)
    var seen: Set<UInt16> = []
    for offset in stride(from: Self.headerBytes, to: encoded.count, by: Self.entryBytes) {
      let rights = integer(UInt16.self, at: offset + 2)
      let id = integer(UInt32.self, at: offset + 4)
      guard let tag = Tag(rawValue: integer(UInt16.self, at: offset)), rights & ~7 == 0 else {
        return nil
      }
      switch tag {
      case .owner: owner = rights
      case .user: users.append(Named(id: id, rights: rights))
      case .group: group = rights
      case .namedGroup: groups.append(Named(id: id, rights: rights))
      case .mask: mask = rights
      case .other: other = rights
      }
      let isNew = seen.insert(tag.rawValue).inserted
      guard isNew || tag == .user || tag == .namedGroup else { return nil }
    }
    guard seen.isSuperset(of: [Tag.owner.rawValue, Tag.group.rawValue, Tag.other.rawValue]) else {
      return nil
    }
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func append(_ tag: Tag, _ rights: UInt16, _ id: UInt32 = .max) {
      append(tag.rawValue)
      append(rights)
      append(id)
    }
    append(Self.version)
    append(.owner, owner)
    for user in users.sorted(by: { $0.id < $1.id }) { append(.user, user.rights, user.id) }
    append(.group, group)
    for group in groups.sorted(by: { $0.id < $1.id }) {
      append(.namedGroup, group.rights, group.id)
    }
    if let mask { append(.mask, mask) }
    append(.other, other)
    return bytes
  }
}

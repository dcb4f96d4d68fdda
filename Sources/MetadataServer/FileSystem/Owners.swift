import Glibc
import NFSv4

/// Names of users and groups as numbers (RFC 8881 §5.9).
enum Owners {
  /// - Parameter text: a number, or "name@domain" with a name that this host knows, whatever the
  ///   domain.
  /// - Throws: NFS4ERR_BADOWNER for other names.
  static func id(_ text: String, isGroup: Bool) throws(Nfsstat4) -> UInt32 {
    if let id = UInt32(text) {
      // 2^32 - 1 means "leave it" to the kernel.
      guard id != .max, text == "\(id)" else { throw .NFS4ERR_BADOWNER }
      return id
    }
    guard let at = text.lastIndex(of: "@"), at != text.startIndex, !text.utf8.contains(0) else {
      throw .NFS4ERR_BADOWNER
    }
    let name = String(text[..<at])
    guard let id = isGroup ? groupID(name) : userID(name) else { throw .NFS4ERR_BADOWNER }
    return id
  }

  static func id(_ name: OwnerName, isGroup: Bool) throws(Nfsstat4) -> UInt32 {
    switch name {
    case .id(let id):
      guard id != .max else { throw .NFS4ERR_BADOWNER }
      return id
    case .name(let bytes):
      return try id(String(decoding: bytes, as: UTF8.self), isGroup: isGroup)
    }
  }

  /// The longest entry of a user database that is read.
  private static let entryLimitBytes = 65_536

  // The rooms are not empty, so they have addresses.

  private static func userID(_ name: String) -> UInt32? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: entryLimitBytes) { room in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      guard getpwnam_r(name, &entry, room.baseAddress.unsafelyUnwrapped, room.count, &found) == 0,
        found != nil
      else { return nil }
      return entry.pw_uid
    }
  }

  private static func groupID(_ name: String) -> UInt32? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: entryLimitBytes) { room in
      var entry = Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      guard getgrnam_r(name, &entry, room.baseAddress.unsafelyUnwrapped, room.count, &found) == 0,
        found != nil
      else { return nil }
      return entry.gr_gid
    }
  }
}

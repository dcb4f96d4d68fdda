import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct PosixACLTests {
  // MARK: The kernel's form

  /// user::rw-, user:1000:r-x, group::r--, group:2000:-w-, mask::rwx, other::---
  private static let encodedSample: [UInt8] = [
    2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 5, 0, 232, 3, 0, 0, 4, 0, 4, 0, 255, 255,
    255, 255, 8, 0, 2, 0, 208, 7, 0, 0, 16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255,
    255, 255,
  ]

  private static var sample: PosixACL {
    var acl = PosixACL(mode: 0o640)
    acl.users = [PosixACL.Named(id: 1000, rights: 5)]
    acl.groups = [PosixACL.Named(id: 2000, rights: 2)]
    acl.mask = 7
    return acl
  }

  @Test("the extended attribute is read and written byte by byte")
  func encoding() {
    #expect(PosixACL(encoded: Self.encodedSample) == Self.sample)
    #expect(Self.sample.encoded == Self.encodedSample)
    let minimal = PosixACL(mode: 0o754)
    #expect(PosixACL(encoded: minimal.encoded) == minimal)
  }

  @Test("what is cut off or has an unknown version, tag or right is no list")
  func malformed() {
    for count in 0..<Self.encodedSample.count {
      // Without the mask alone it would be one, but the mask is not last.
      #expect(PosixACL(encoded: Array(Self.encodedSample.prefix(count))) == nil)
    }
    for (index, value) in [(0, UInt8(1)), (1, 1), (4, 3), (4, 2), (6, 8), (20, 1), (45, 1)] {
      var changed = Self.encodedSample
      changed[index] = value
      #expect(PosixACL(encoded: changed) == nil)
    }
  }

  // MARK: Translation

  private func ace(
    _ who: String, _ rights: UInt32, deny: Bool = false, flag: UInt32 = 0
  ) -> Nfsace4 {
    var mask: UInt32 = 0
    if rights & 4 != 0 { mask |= ACE4.READ_DATA }
    if rights & 2 != 0 { mask |= ACE4.WRITE_DATA | ACE4.APPEND_DATA }
    if rights & 1 != 0 { mask |= ACE4.EXECUTE }
    return Nfsace4(
      type: deny ? ACE4.ACCESS_DENIED_ACE_TYPE : ACE4.ACCESS_ALLOWED_ACE_TYPE, flag: flag,
      accessMask: mask, who: MetadataServerTests.bytes(who))
  }

  @Test("every mode survives the way there and back, with and without named entries")
  func roundTrip() throws {
    for mode: UInt32 in 0..<512 {
      for isDirectory in [false, true] {
        let acl = PosixACL(mode: mode)
        let (access, inherited) = try PosixACL.translate(
          acl.aces(isDirectory: isDirectory), isDirectory: isDirectory)
        #expect(access == acl)
        #expect(inherited == nil)
      }
      var random = SplitMix(seed: UInt64(mode))
      var acl = PosixACL(mode: mode)
      acl.users = (0..<3).map { PosixACL.Named(id: 1000 + $0, rights: random.rights()) }
      acl.groups = (0..<2).map { PosixACL.Named(id: 2000 + $0, rights: random.rights()) }
      acl.mask = random.rights()
      let (access, _) = try PosixACL.translate(acl.aces(isDirectory: false), isDirectory: false)
      // The mask comes back as what it left of the entries.
      #expect(access.owner == acl.owner && access.other == acl.other)
      #expect(access.group & (access.mask ?? 7) == acl.effective(acl.group))
      for (before, after) in zip(acl.users + acl.groups, access.users + access.groups) {
        #expect(before.id == after.id)
        #expect(acl.effective(before.rights) == access.effective(after.rights))
      }
    }
  }

  /// What NFSv4 says (RFC 8881 §6.2.1): the first entry that names a right decides on it.
  private func isAllowed(_ right: UInt32, _ aces: [Nfsace4], to names: Set<String>) -> Bool {
    let mask = ace("", right).accessMask
    var open = mask
    for ace in aces where names.contains(String(decoding: ace.who, as: UTF8.self)) {
      if ace.type == ACE4.ACCESS_ALLOWED_ACE_TYPE {
        open &= ~ace.accessMask
      } else if open & ace.accessMask != 0 {
        return false
      }
      if open == 0 { return true }
    }
    return false
  }

  /// What POSIX says (IEEE 1003.1e §23.1.5).
  private func isAllowed(
    _ right: UInt16, _ acl: PosixACL, isOwner: Bool, user: UInt32, groups: Set<UInt32>,
    isInGroup: Bool
  ) -> Bool {
    if isOwner { return acl.owner & right != 0 }
    if let entry = acl.users.first(where: { $0.id == user }) {
      return acl.effective(entry.rights) & right != 0
    }
    var matching = acl.groups.filter { groups.contains($0.id) }.map(\.rights)
    if isInGroup { matching.append(acl.group) }
    if matching.isEmpty { return acl.other & right != 0 }
    return matching.contains { acl.effective($0) & right != 0 }
  }

  @Test("no list of NFSv4 entries gives anybody more as a POSIX ACL")
  func neverMore() throws {
    var random = SplitMix(seed: 42)
    let names = ["OWNER@", "1000", "1001", "GROUP@", "2000", "2001", "EVERYONE@"]
    for _ in 0..<3_000 {
      let aces = (0..<Int(random.next() % 8)).map { _ in
        let who = names[Int(random.next() % UInt64(names.count))]
        let isGroup = who == "GROUP@" || who.hasPrefix("2")
        return ace(
          who, UInt32(random.rights()), deny: random.next() % 2 == 0,
          flag: isGroup ? ACE4.IDENTIFIER_GROUP : 0)
      }
      let acl = try PosixACL.translate(aces, isDirectory: false).access
      for isOwner in [false, true] {
        for user: UInt32 in [1000, 1001, 1002] {
          for groups in [[], [2000], [2001], [2000, 2001]] as [Set<UInt32>] {
            for isInGroup in [false, true] {
              var who: Set<String> = ["EVERYONE@", "\(user)"]
              who.formUnion(groups.map { "\($0)" })
              if isOwner { who.insert("OWNER@") }
              if isInGroup { who.insert("GROUP@") }
              for right: UInt16 in [4, 2, 1] {
                let isPosix = isAllowed(
                  right, acl, isOwner: isOwner, user: user, groups: groups,
                  isInGroup: isInGroup)
                if isPosix { #expect(isAllowed(UInt32(right), aces, to: who)) }
              }
            }
          }
        }
      }
    }
  }

  @Test("a POSIX ACL says the same as NFSv4 entries, unless two groups add up")
  func sameMeaning() {
    var random = SplitMix(seed: 7)
    for _ in 0..<500 {
      var acl = PosixACL(mode: UInt32(random.next() % 512))
      acl.users = [PosixACL.Named(id: 1000, rights: random.rights())]
      acl.groups = [PosixACL.Named(id: 2000, rights: random.rights())]
      acl.mask = random.rights()
      let aces = acl.aces(isDirectory: false)
      for (isOwner, user) in [(true, UInt32(5)), (false, 1000), (false, 1001)] {
        for (groups, isInGroup) in [([], false), ([2000], false), ([], true)]
          as [(Set<UInt32>, Bool)]
        {
          var who: Set<String> = ["EVERYONE@", "\(user)"]
          who.formUnion(groups.map { "\($0)" })
          if isOwner { who.insert("OWNER@") }
          if isInGroup { who.insert("GROUP@") }
          for right: UInt16 in [4, 2, 1] {
            let isPosix = isAllowed(
              right, acl, isOwner: isOwner, user: user, groups: groups, isInGroup: isInGroup)
            #expect(isAllowed(UInt32(right), aces, to: who) == isPosix)
          }
        }
      }
    }
  }

  @Test("what cannot be kept is refused")
  func refused() {
    let inherit = ACE4.FILE_INHERIT_ACE | ACE4.DIRECTORY_INHERIT_ACE
    var audit = ace("OWNER@", 4)
    audit.type = ACE4.SYSTEM_AUDIT_ACE_TYPE
    var unknown = ace("OWNER@", 4)
    unknown.type = 99
    let all: [(Nfsace4, Bool, Nfsstat4)] = [
      (audit, true, .NFS4ERR_ATTRNOTSUPP), (unknown, true, .NFS4ERR_INVAL),
      (ace("OWNER@", 4, flag: inherit), false, .NFS4ERR_INVAL),
      (
        ace("OWNER@", 4, flag: inherit | ACE4.NO_PROPAGATE_INHERIT_ACE), true,
        .NFS4ERR_ATTRNOTSUPP
      ),
      (ace("OWNER@", 4, flag: 0x100), true, .NFS4ERR_INVAL),
      (ace("nobody@nowhere.example", 4, flag: ACE4.IDENTIFIER_GROUP), true, .NFS4ERR_BADOWNER),
      (ace("", 4), true, .NFS4ERR_BADOWNER), (ace("4294967295", 4), true, .NFS4ERR_BADOWNER),
    ]
    for (entry, isDirectory, status) in all {
      do throws(Nfsstat4) {
        _ = try PosixACL.translate([entry], isDirectory: isDirectory)
        Issue.record("\(entry) was taken")
      } catch {
        #expect(error == status)
      }
    }
  }

  // MARK: On a file system

  @Test(
    "an ACL that is set is read back, decides on access, and is the mode of its group class",
    arguments: Mode.allCases)
  func files(mode: Mode) throws {
    for kind in FileSystemKind.available {
      let fixture = try TreeFixture(on: kind)
      let tree = try fixture.writable(mode)
      let new = try tree.make("f", "content", mode: 0o600)
      let mask = Bitmap4(attributes: [FATTR4.ACL])
      let wanted = attributesWith {
        $0.acl = [
          ace("OWNER@", 6), ace("1000", 4), ace("GROUP@", 0, flag: ACE4.IDENTIFIER_GROUP),
          ace("2001", 6, flag: ACE4.IDENTIFIER_GROUP), ace("EVERYONE@", 0),
        ]
      }
      let root = try tree.attributes(of: try tree.root(), mask: mask)
      let before = try tree.change(of: new.object)
      let result = tree.setAttributes(wanted, of: new.object, through: nil, for: rootCaller)
      guard root.aclsupport != 0 else {
        #expect(root.acl == nil)
        #expect(result.status == .NFS4ERR_ATTRNOTSUPP)
        #expect(try !tree.supportedAttributes(of: new.object).contains(bit: FATTR4.ACL))
        continue
      }
      #expect(result == AttributeChange(status: .NFS4_OK, set: mask))
      #expect(try tree.change(of: new.object) > before)
      #expect(fixture.status("f").st_mode & 0o777 == 0o660)
      let read = try #require(try tree.attributes(of: new.object, mask: mask).acl)
      let acl = try PosixACL.translate(read, isDirectory: false).access
      #expect(acl.users == [PosixACL.Named(id: 1000, rights: 4)])
      #expect(acl.groups == [PosixACL.Named(id: 2001, rights: 6)])
      let entry = try tree.list(try tree.root(), mask: mask).first { $0.name == bytes("f") }
      #expect(entry?.attributes.acl == read)
      guard case .switching = tree.callers else { continue }
      #expect(try tree.content(new.object, for: alice) == "content")
      for (caller, access, status) in [
        (alice, FileAccess.write, Nfsstat4.NFS4ERR_ACCESS), (bob, .read, .NFS4ERR_ACCESS),
        (MetadataServerTests.caller(1001, 2001), [.read, .write], .NFS4_OK),
      ] {
        #expect(
          tree.status { () throws(Nfsstat4) in
            try tree.open(new.object, access: access, ownerOverride: false, for: caller)
          } == status)
      }
      #expect(
        tree.setAttributes(wanted, of: new.object, through: nil, for: alice).status
          == .NFS4ERR_PERM)
    }
  }

  @Test(
    "a directory's inheritable entries become those of what is created in it",
    arguments: Mode.allCases)
  func inheritance(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    guard try tree.attributes(of: try tree.root(), mask: Bitmap4()).aclsupport != 0 else { return }
    let directory = try tree.makeDirectory("d")
    let flags =
      ACE4.FILE_INHERIT_ACE | ACE4.DIRECTORY_INHERIT_ACE | ACE4.INHERIT_ONLY_ACE
    let mask = Bitmap4(attributes: [FATTR4.ACL])
    var inherited = PosixACL(mode: 0o750)
    inherited.users = [PosixACL.Named(id: 1000, rights: 7)]
    inherited.mask = 7
    let own = PosixACL(mode: 0o700)
    let wanted = attributesWith {
      $0.acl =
        own.aces(isDirectory: true) + inherited.aces(isDirectory: true, isDefault: true)
    }
    #expect(
      tree.setAttributes(wanted, of: directory, through: nil, for: rootCaller).status == .NFS4_OK)
    #expect(fixture.status("d").st_mode & 0o777 == 0o700)
    let read = try #require(try tree.attributes(of: directory, mask: mask).acl)
    #expect(read.contains { $0.flag & flags == flags })
    let both = try PosixACL.translate(read, isDirectory: true)
    #expect(both.access == own)
    #expect(both.inherited == inherited)
    let file = try tree.make("f", mode: 0o666, in: directory)
    let below = try tree.makeDirectory("e", mode: 0o777, in: directory)
    for object in [file.object, below] {
      let acl = try #require(try tree.attributes(of: object, mask: mask).acl)
      let translated = try PosixACL.translate(acl, isDirectory: object.type == .NF4DIR)
      #expect(translated.access.users.map(\.id) == [1000])
      #expect((translated.inherited == nil) == (object.type == .NF4REG))
    }
    // Without inheritable entries nothing is inherited any more.
    let plain = attributesWith { $0.acl = own.aces(isDirectory: true) }
    #expect(
      tree.setAttributes(plain, of: directory, through: nil, for: rootCaller).status == .NFS4_OK)
    #expect(
      try PosixACL.translate(
        try #require(try tree.attributes(of: directory, mask: mask).acl), isDirectory: true
      ).inherited == nil)
  }

  @Test("a new file can be given an ACL", arguments: Mode.allCases)
  func creation(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    guard try tree.attributes(of: try tree.root(), mask: Bitmap4()).aclsupport != 0 else { return }
    let wanted = attributesWith {
      $0.mode = 0o600
      $0.acl = [ace("OWNER@", 6), ace("1000", 6), ace("EVERYONE@", 4)]
    }
    let new = try tree.create(
      bytes("f"), in: try tree.root(), .guarded, attributes: wanted, access: .read,
      for: rootCaller)
    #expect(new.attributesSet == wanted.present)
    #expect(fixture.status("f").st_mode & 0o777 == 0o664)
  }
}

/// Random numbers from a seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }

  fileprivate mutating func rights() -> UInt16 { UInt16(next() % 8) }
}

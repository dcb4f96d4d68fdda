import NFSv4
import NIOCore
import Testing
import XDR

/// Each attribute of `FileAttributes` by itself: its bit and its value.
@Suite struct SingleAttributeTests {
  @Test("each attribute of word 0 alone is its bit and its value")
  func aloneWord0() throws {
    try expectWire(
      AttributeWire { $0.supportedAttrs = Bitmap4(3, 0, 4) },
      """
      00000001  !attrmask words
      00000001  attrmask[0]
      00000010  !attr_vals length
      00000003  !supported_attrs words
      00000003  supported_attrs[0]
      00000000  supported_attrs[1]
      00000004  supported_attrs[2]
      """)
    try expectWire(
      AttributeWire { $0.type = .NF4LNK },
      """
      00000001  !attrmask words
      00000002  attrmask[0]
      00000004  !attr_vals length
      00000005  !type
      """)
    try expectWire(
      AttributeWire { $0.fhExpireType = 2 },
      """
      00000001  !attrmask words
      00000004  attrmask[0]
      00000004  !attr_vals length
      00000002  fh_expire_type
      """)
    try expectWire(
      AttributeWire { $0.change = 0x0102_0304_0506_0708 },
      """
      00000001  !attrmask words
      00000008  attrmask[0]
      00000008  !attr_vals length
      0102030405060708  change
      """)
    try expectWire(
      AttributeWire { $0.size = 4096 },
      """
      00000001  !attrmask words
      00000010  attrmask[0]
      00000008  !attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      AttributeWire { $0.linkSupport = true },
      """
      00000001  !attrmask words
      00000020  attrmask[0]
      00000004  !attr_vals length
      00000001  !link_support
      """)
    try expectWire(
      AttributeWire { $0.symlinkSupport = false },
      """
      00000001  !attrmask words
      00000040  attrmask[0]
      00000004  !attr_vals length
      00000000  !symlink_support
      """)
    try expectWire(
      AttributeWire { $0.namedAttr = true },
      """
      00000001  !attrmask words
      00000080  attrmask[0]
      00000004  !attr_vals length
      00000001  !named_attr
      """)
    try expectWire(
      AttributeWire { $0.fsid = Fsid4(major: 1, minor: 2) },
      """
      00000001  !attrmask words
      00000100  attrmask[0]
      00000010  !attr_vals length
      0000000000000001  fsid.major
      0000000000000002  fsid.minor
      """)
    try expectWire(
      AttributeWire { $0.uniqueHandles = true },
      """
      00000001  !attrmask words
      00000200  attrmask[0]
      00000004  !attr_vals length
      00000001  !unique_handles
      """)
    try expectWire(
      AttributeWire { $0.leaseTime = 90 },
      """
      00000001  !attrmask words
      00000400  attrmask[0]
      00000004  !attr_vals length
      0000005a  lease_time
      """)
    try expectWire(
      AttributeWire { $0.rdattrError = .NFS4ERR_ACCESS },
      """
      00000001  !attrmask words
      00000800  attrmask[0]
      00000004  !attr_vals length
      0000000d  !rdattr_error
      """)
    try expectWire(
      AttributeWire { $0.acl = [WireSample.ace] },
      """
      00000001  !attrmask words
      00001000  attrmask[0]
      0000001c  !attr_vals length
      00000001  !acl count
      00000000  acl.type
      00000000  acl.flag
      00000001  acl.access_mask
      00000006  !acl.who length
      4f574e4552400000  acl.who
      """)
    try expectWire(
      AttributeWire { $0.aclsupport = 3 },
      """
      00000001  !attrmask words
      00002000  attrmask[0]
      00000004  !attr_vals length
      00000003  aclsupport
      """)
    try expectWire(
      AttributeWire { $0.cansettime = true },
      """
      00000001  !attrmask words
      00008000  attrmask[0]
      00000004  !attr_vals length
      00000001  !cansettime
      """)
    try expectWire(
      AttributeWire { $0.caseInsensitive = false },
      """
      00000001  !attrmask words
      00010000  attrmask[0]
      00000004  !attr_vals length
      00000000  !case_insensitive
      """)
    try expectWire(
      AttributeWire { $0.casePreserving = true },
      """
      00000001  !attrmask words
      00020000  attrmask[0]
      00000004  !attr_vals length
      00000001  !case_preserving
      """)
    try expectWire(
      AttributeWire { $0.chownRestricted = true },
      """
      00000001  !attrmask words
      00040000  attrmask[0]
      00000004  !attr_vals length
      00000001  !chown_restricted
      """)
    try expectWire(
      AttributeWire { $0.filehandle = NfsFh4(ByteBuffer(bytes: [1, 2, 3, 4, 5])) },
      """
      00000001  !attrmask words
      00080000  attrmask[0]
      0000000c  !attr_vals length
      00000005  !filehandle length
      0102030405000000  filehandle
      """)
    try expectWire(
      AttributeWire { $0.fileid = 20 },
      """
      00000001  !attrmask words
      00100000  attrmask[0]
      00000008  !attr_vals length
      0000000000000014  fileid
      """)
    try expectWire(
      AttributeWire { $0.filesAvail = 21 },
      """
      00000001  !attrmask words
      00200000  attrmask[0]
      00000008  !attr_vals length
      0000000000000015  files_avail
      """)
    try expectWire(
      AttributeWire { $0.filesFree = 22 },
      """
      00000001  !attrmask words
      00400000  attrmask[0]
      00000008  !attr_vals length
      0000000000000016  files_free
      """)
    try expectWire(
      AttributeWire { $0.filesTotal = 23 },
      """
      00000001  !attrmask words
      00800000  attrmask[0]
      00000008  !attr_vals length
      0000000000000017  files_total
      """)
    try expectWire(
      AttributeWire { $0.homogeneous = true },
      """
      00000001  !attrmask words
      04000000  attrmask[0]
      00000004  !attr_vals length
      00000001  !homogeneous
      """)
    try expectWire(
      AttributeWire { $0.maxfilesize = 27 },
      """
      00000001  !attrmask words
      08000000  attrmask[0]
      00000008  !attr_vals length
      000000000000001b  maxfilesize
      """)
    try expectWire(
      AttributeWire { $0.maxlink = 28 },
      """
      00000001  !attrmask words
      10000000  attrmask[0]
      00000004  !attr_vals length
      0000001c  maxlink
      """)
    try expectWire(
      AttributeWire { $0.maxname = 255 },
      """
      00000001  !attrmask words
      20000000  attrmask[0]
      00000004  !attr_vals length
      000000ff  maxname
      """)
    try expectWire(
      AttributeWire { $0.maxread = 1 << 20 },
      """
      00000001  !attrmask words
      40000000  attrmask[0]
      00000008  !attr_vals length
      0000000000100000  maxread
      """)
    try expectWire(
      AttributeWire { $0.maxwrite = 1 << 21 },
      """
      00000001  !attrmask words
      80000000  attrmask[0]
      00000008  !attr_vals length
      0000000000200000  maxwrite
      """)
  }

  @Test("each attribute of word 1 alone is its bit and its value")
  func aloneWord1() throws {
    try expectWire(
      AttributeWire { $0.mode = 0o755 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000002  attrmask[1]
      00000004  !attr_vals length
      000001ed  mode
      """)
    try expectWire(
      AttributeWire { $0.noTrunc = true },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000004  attrmask[1]
      00000004  !attr_vals length
      00000001  !no_trunc
      """)
    try expectWire(
      AttributeWire { $0.numlinks = 35 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000008  attrmask[1]
      00000004  !attr_vals length
      00000023  numlinks
      """)
    try expectWire(
      AttributeWire { $0.owner = .id(1000) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000010  attrmask[1]
      00000008  !attr_vals length
      00000004  !owner length
      31303030  owner
      """)
    try expectWire(
      AttributeWire { $0.ownerGroup = .name(Array("wheel@example".utf8)) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000020  attrmask[1]
      00000014  !attr_vals length
      0000000d  !owner_group length
      776865656c406578616d706c65000000  owner_group
      """)
    try expectWire(
      AttributeWire { $0.quotaAvailHard = 38 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000040  attrmask[1]
      00000008  !attr_vals length
      0000000000000026  quota_avail_hard
      """)
    try expectWire(
      AttributeWire { $0.quotaAvailSoft = 39 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000080  attrmask[1]
      00000008  !attr_vals length
      0000000000000027  quota_avail_soft
      """)
    try expectWire(
      AttributeWire { $0.quotaUsed = 40 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000100  attrmask[1]
      00000008  !attr_vals length
      0000000000000028  quota_used
      """)
    try expectWire(
      AttributeWire { $0.rawdev = Specdata4(specdata1: 8, specdata2: 1) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000200  attrmask[1]
      00000008  !attr_vals length
      00000008  rawdev.specdata1
      00000001  rawdev.specdata2
      """)
    try expectWire(
      AttributeWire { $0.spaceAvail = 42 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000400  attrmask[1]
      00000008  !attr_vals length
      000000000000002a  space_avail
      """)
    try expectWire(
      AttributeWire { $0.spaceFree = 43 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00000800  attrmask[1]
      00000008  !attr_vals length
      000000000000002b  space_free
      """)
    try expectWire(
      AttributeWire { $0.spaceTotal = 44 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00001000  attrmask[1]
      00000008  !attr_vals length
      000000000000002c  space_total
      """)
    try expectWire(
      AttributeWire { $0.spaceUsed = 45 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00002000  attrmask[1]
      00000008  !attr_vals length
      000000000000002d  space_used
      """)
    try expectWire(
      AttributeWire { $0.timeAccess = Nfstime4(seconds: 47, nseconds: 1) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00008000  attrmask[1]
      0000000c  !attr_vals length
      000000000000002f  time_access.seconds
      00000001  time_access.nseconds
      """)
    try expectWire(
      AttributeWire { $0.timeAccessSet = .clientTime(Nfstime4(seconds: 48, nseconds: 2)) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00010000  attrmask[1]
      00000010  !attr_vals length
      00000001  !time_access_set.set_it
      0000000000000030  time_access_set.seconds
      00000002  time_access_set.nseconds
      """)
    try expectWire(
      AttributeWire { $0.timeCreate = Nfstime4(seconds: 50, nseconds: 3) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00040000  attrmask[1]
      0000000c  !attr_vals length
      0000000000000032  time_create.seconds
      00000003  time_create.nseconds
      """)
    try expectWire(
      AttributeWire { $0.timeDelta = Nfstime4(seconds: 0, nseconds: 1) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00080000  attrmask[1]
      0000000c  !attr_vals length
      0000000000000000  time_delta.seconds
      00000001  time_delta.nseconds
      """)
    try expectWire(
      AttributeWire { $0.timeMetadata = Nfstime4(seconds: 52, nseconds: 4) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00100000  attrmask[1]
      0000000c  !attr_vals length
      0000000000000034  time_metadata.seconds
      00000004  time_metadata.nseconds
      """)
    try expectWire(
      AttributeWire { $0.timeModify = Nfstime4(seconds: -1, nseconds: 5) },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00200000  attrmask[1]
      0000000c  !attr_vals length
      ffffffffffffffff  time_modify.seconds
      00000005  time_modify.nseconds
      """)
    try expectWire(
      AttributeWire { $0.timeModifySet = .serverTime },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00400000  attrmask[1]
      00000004  !attr_vals length
      00000000  !time_modify_set.set_it
      """)
    try expectWire(
      AttributeWire { $0.mountedOnFileid = 55 },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      00800000  attrmask[1]
      00000008  !attr_vals length
      0000000000000037  mounted_on_fileid
      """)
    try expectWire(
      AttributeWire { $0.fsLayoutTypes = [1, 4] },
      """
      00000002  !attrmask words
      00000000  attrmask[0]
      40000000  attrmask[1]
      0000000c  !attr_vals length
      00000002  !fs_layout_types count
      00000001  layout type
      00000004  layout type
      """)
  }
}

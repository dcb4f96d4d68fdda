import NFSv4
import NIOCore
import Testing
import XDR

@Suite("FileAttributes")
struct FileAttributesTests {
  @Test("all attributes stand in the order of their numbers")
  func order() throws {
    try expectWire(
      AttributeWire.all,
      """
      00000003  !attrmask words
      fcffbfff  attrmask[0]
      40fdbffe  attrmask[1]
      0006fc17  attrmask[2]
      000001f8  !attr_vals length
      00000003  !supported_attrs words
      00000003  supported_attrs[0]
      00000000  supported_attrs[1]
      00000004  supported_attrs[2]
      00000005  !type
      00000002  fh_expire_type
      0102030405060708  change
      0000000000001000  size
      00000001  !link_support
      00000000  !symlink_support
      00000001  !named_attr
      0000000000000001  fsid.major
      0000000000000002  fsid.minor
      00000001  !unique_handles
      0000005a  lease_time
      0000000d  !rdattr_error
      00000001  !acl count
      00000000  acl.type
      00000000  acl.flag
      00000001  acl.access_mask
      00000006  !acl.who length
      4f574e4552400000  acl.who
      00000003  aclsupport
      00000001  !cansettime
      00000000  !case_insensitive
      00000001  !case_preserving
      00000001  !chown_restricted
      00000005  !filehandle length
      0102030405000000  filehandle
      0000000000000014  fileid
      0000000000000015  files_avail
      0000000000000016  files_free
      0000000000000017  files_total
      00000001  !homogeneous
      000000000000001b  maxfilesize
      0000001c  maxlink
      000000ff  maxname
      0000000000100000  maxread
      0000000000200000  maxwrite
      000001ed  mode
      00000001  !no_trunc
      00000023  numlinks
      00000004  !owner length
      31303030  owner
      0000000d  !owner_group length
      776865656c406578616d706c65000000  owner_group
      0000000000000026  quota_avail_hard
      0000000000000027  quota_avail_soft
      0000000000000028  quota_used
      00000008  rawdev.specdata1
      00000001  rawdev.specdata2
      000000000000002a  space_avail
      000000000000002b  space_free
      000000000000002c  space_total
      000000000000002d  space_used
      000000000000002f  time_access.seconds
      00000001  time_access.nseconds
      00000001  !time_access_set.set_it
      0000000000000030  time_access_set.seconds
      00000002  time_access_set.nseconds
      0000000000000032  time_create.seconds
      00000003  time_create.nseconds
      0000000000000000  time_delta.seconds
      00000001  time_delta.nseconds
      0000000000000034  time_metadata.seconds
      00000004  time_metadata.nseconds
      ffffffffffffffff  time_modify.seconds
      00000005  time_modify.nseconds
      00000000  !time_modify_set.set_it
      0000000000000037  mounted_on_fileid
      00000002  !fs_layout_types count
      00000001  layout type
      00000004  layout type
      00000001  !layout_types count
      00000001  layout type
      00010000  layout_blksize
      00001000  layout_alignment
      00000001  !mdsthreshold count
      00000001  layout_type
      00000001  !hintset words
      00000001  hintset[0]
      00000008  !hintlist length
      0000000000001000  hintlist
      00000012  value_to_set
      000001ff  mask_bits
      00000001  !suppattr_exclcreat words
      00000010  suppattr_exclcreat[0]
      00000001  fs_charset_cap
      00001000  clone_blksize
      000000000000004e  space_freed
      00000001  !change_attr_type
      000001b6  mode
      00000012  umask
      00000001  !xattr_support
      """)
    #expect(AttributeWire.all.attributes.present == FileAttributes.known)
  }

  @Test("only what is asked for and present is written")
  func chosen() throws {
    var attributes = FileAttributes()
    attributes.size = 4096
    attributes.mode = 0o644
    attributes.owner = .id(7)
    let mask = Bitmap4(attributes: [FATTR4.SIZE, FATTR4.FILEID, FATTR4.MODE, FATTR4.XATTR_SUPPORT])
    var encoder = XDREncoder()
    attributes.encode(mask: mask, to: &encoder)
    let wire = WireBytes(
      """
      00000002  attrmask words
      00000010  SIZE
      00000002  MODE
      0000000c  attr_vals length
      0000000000001000  size
      000001a4  mode
      """)
    let encoded = encoder.finishContiguous()
    #expect(Array(encoded.readableBytesView) == wire.bytes)
    #expect(Fattr4(attributes, mask: mask).xdr == encoded)
  }

  @Test("nothing that is asked for is present: two empty lists")
  func nothing() throws {
    try expectWire(
      AttributeWire { _ in },
      """
      00000000  !attrmask words
      00000000  !attr_vals length
      """)
  }

  @Test("an attribute without a field is refused", arguments: [14, 24, 31 + 1, 56, 69, 80, 83, 95])
  func unknownAttribute(number: Int) throws {
    let fattr = Fattr4(
      attrmask: Bitmap4(attributes: [number]), attrVals: ByteBuffer(repeating: 0, count: 4))
    #expect(throws: XDRError.badValue("attribute number")) {
      try FileAttributes(decoding: fattr)
    }
  }

  @Test("a bit beyond the third word is refused")
  func unknownWord() throws {
    let bytes = WireBytes(
      """
      00000004  attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000000  attrmask[2]
      00000001  attrmask[3]
      00000000  attr_vals length
      """
    ).bytes
    let fattr = try Fattr4(xdr: ByteBuffer(bytes: bytes))
    #expect(throws: XDRError.badValue("attribute number")) {
      try FileAttributes(decoding: fattr)
    }
  }

  @Test("values that the mask does not name are refused")
  func trailingValues() throws {
    var fattr = WireSample.fattr
    fattr.attrVals.writeInteger(UInt32(0))
    #expect(throws: XDRError.trailingBytes(count: 4)) { try FileAttributes(decoding: fattr) }
  }

  @Test("a value cut short is refused, though the list it is in is whole")
  func truncatedValues() throws {
    let whole = Fattr4(AttributeWire.all.attributes)
    for count in stride(from: 0, to: whole.attrVals.readableBytes, by: 4) {
      let part = whole.attrVals.getSlice(at: whole.attrVals.readerIndex, length: count)
      let fattr = Fattr4(attrmask: whole.attrmask, attrVals: try #require(part))
      #expect(throws: XDRError.self) { try FileAttributes(decoding: fattr) }
    }
  }

  @Test("an attribute list longer than its limit is refused before it is read")
  func limit() throws {
    var bytes = ByteBuffer(integer: UInt32(0))
    bytes.writeInteger(UInt32(NFS4.attrlistLimitBytes + 1))
    #expect(
      throws: XDRError.tooLong(
        claimed: UInt32(NFS4.attrlistLimitBytes + 1), limit: NFS4.attrlistLimitBytes)
    ) { try Fattr4(xdr: bytes) }
  }

  @Test("an access control list longer than its limit is refused before it is read")
  func aclLimit() throws {
    let fattr = Fattr4(
      attrmask: Bitmap4(attributes: [FATTR4.ACL]),
      attrVals: ByteBuffer(integer: UInt32(Nfsace4.countLimit + 1)))
    #expect(
      throws: XDRError.tooLong(
        claimed: UInt32(Nfsace4.countLimit + 1), limit: Nfsace4.countLimit)
    ) { try FileAttributes(decoding: fattr) }
  }

  @Test("the bits of the masks are those of RFC 8881 and its extensions")
  func masks() {
    #expect(FileAttributes.required == Bitmap4(0x0008_0FFF, 0, 0x0800))
    #expect(FileAttributes.writeOnly == Bitmap4(0, 0x8041_0000, 0x0002_0540))
    #expect(FileAttributes.required.isSubset(of: FileAttributes.known))
    #expect(FileAttributes.required.intersection(FileAttributes.writable).word0 == 0x10)
    #expect(FileAttributes.writeOnly.isSubset(of: FileAttributes.writable))
  }
}

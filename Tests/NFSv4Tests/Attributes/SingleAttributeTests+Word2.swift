import NFSv4
import NIOCore
import Testing
import XDR

/// The attributes that NFSv4.1 and later added.
extension SingleAttributeTests {
  @Test("each attribute of word 2 alone is its bit and its value")
  func aloneWord2() throws {
    try expectWire(
      AttributeWire { $0.layoutTypes = [1] },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000001  attrmask[2]
      00000008  !attr_vals length
      00000001  !layout_types count
      00000001  layout type
      """)
    try expectWire(
      AttributeWire { $0.layoutBlksize = 65536 },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000002  attrmask[2]
      00000004  !attr_vals length
      00010000  layout_blksize
      """)
    try expectWire(
      AttributeWire { $0.layoutAlignment = 4096 },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000004  attrmask[2]
      00000004  !attr_vals length
      00001000  layout_alignment
      """)
    try expectWire(
      AttributeWire {
        $0.mdsthreshold = [
          ThresholdItem4(layoutType: 1, hintset: Bitmap4(1), hintlist: [0, 0, 0, 0, 0, 0, 16, 0])
        ]
      },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000010  attrmask[2]
      0000001c  !attr_vals length
      00000001  !mdsthreshold count
      00000001  layout_type
      00000001  !hintset words
      00000001  hintset[0]
      00000008  !hintlist length
      0000000000001000  hintlist
      """)
    try expectWire(
      AttributeWire { $0.modeSetMasked = ModeMasked4(valueToSet: 0o22, maskBits: 0o777) },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000400  attrmask[2]
      00000008  !attr_vals length
      00000012  value_to_set
      000001ff  mask_bits
      """)
    try expectWire(
      AttributeWire { $0.suppattrExclcreat = Bitmap4(0x10) },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00000800  attrmask[2]
      00000008  !attr_vals length
      00000001  !suppattr_exclcreat words
      00000010  suppattr_exclcreat[0]
      """)
    try expectWire(
      AttributeWire { $0.fsCharsetCap = 1 },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00001000  attrmask[2]
      00000004  !attr_vals length
      00000001  fs_charset_cap
      """)
    try expectWire(
      AttributeWire { $0.cloneBlksize = 4096 },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00002000  attrmask[2]
      00000004  !attr_vals length
      00001000  clone_blksize
      """)
    try expectWire(
      AttributeWire { $0.spaceFreed = 78 },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00004000  attrmask[2]
      00000008  !attr_vals length
      000000000000004e  space_freed
      """)
    try expectWire(
      AttributeWire { $0.changeAttrType = .NFS4_CHANGE_TYPE_IS_VERSION_COUNTER },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00008000  attrmask[2]
      00000004  !attr_vals length
      00000001  !change_attr_type
      """)
    try expectWire(
      AttributeWire { $0.modeUmask = ModeUmask4(mode: 0o666, umask: 0o22) },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00020000  attrmask[2]
      00000008  !attr_vals length
      000001b6  mode
      00000012  umask
      """)
    try expectWire(
      AttributeWire { $0.xattrSupport = true },
      """
      00000003  !attrmask words
      00000000  attrmask[0]
      00000000  attrmask[1]
      00040000  attrmask[2]
      00000004  !attr_vals length
      00000001  !xattr_support
      """)
  }
}

import NFSv4
import Testing

@Suite("SETATTR")
struct SETATTRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SETATTR4args(stateid: WireSample.stateid, objAttributes: WireSample.fattr),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      00000001  !obj_attributes.attrmask words
      00000010  obj_attributes.attrmask[0]
      00000008  !obj_attributes.attr_vals length
      0000000000001000  size
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      SETATTR4resok(attrsset: Bitmap4(0x10, 2)),
      """
      00000002  !attrsset words
      00000010  attrsset[0]
      00000002  attrsset[1]
      """)
  }

  @Test("every other status comes with what was set")
  func refusal() throws {
    try expectRefusal(
      SETATTR.self, .NFS4ERR_PERM,
      """
      00000000  !attrsset words
      """)
    try expectRefusal(
      SETATTR.self, .NFS4ERR_PERM,
      """
      00000001  !attrsset words
      00000010  attrsset[0]
      """
    ) { SETATTR.encodeRefusal(attrsset: Bitmap4(0x10), to: &$0) }
  }
}

import NFSv4
import Testing

@Suite("GETATTR")
struct GETATTRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      GETATTR4args(attrRequest: Bitmap4(0x18, 0x30_0000)),
      """
      00000002  !attr_request words
      00000018  attr_request[0]
      00300000  attr_request[1]
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      GETATTR4resok(objAttributes: WireSample.fattr),
      """
      00000001  !obj_attributes.attrmask words
      00000010  obj_attributes.attrmask[0]
      00000008  !obj_attributes.attr_vals length
      0000000000001000  size
      """)
  }
}

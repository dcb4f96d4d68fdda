import NFSv4
import Testing

@Suite("VERIFY")
struct VERIFYTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      VERIFY4args(objAttributes: WireSample.fattr),
      """
      00000001  !obj_attributes.attrmask words
      00000010  obj_attributes.attrmask[0]
      00000008  !obj_attributes.attr_vals length
      0000000000001000  size
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(VERIFY.Resok.self == Void4.self)
  }
}

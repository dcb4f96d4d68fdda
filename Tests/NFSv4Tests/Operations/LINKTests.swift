import NFSv4
import Testing

@Suite("LINK")
struct LINKTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      LINK4args(newname: Array("hard".utf8)),
      """
      00000004  !newname length
      68617264  newname
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      LINK4resok(cinfo: WireSample.cinfo),
      """
      00000001  !cinfo.atomic
      0000000000000005  cinfo.before
      0000000000000006  cinfo.after
      """)
  }
}

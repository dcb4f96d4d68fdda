import NFSv4
import Testing

@Suite("REMOVE")
struct REMOVETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      REMOVE4args(target: Array("old".utf8)),
      """
      00000003  !target length
      6f6c6400  target
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      REMOVE4resok(cinfo: WireSample.cinfo),
      """
      00000001  !cinfo.atomic
      0000000000000005  cinfo.before
      0000000000000006  cinfo.after
      """)
  }
}

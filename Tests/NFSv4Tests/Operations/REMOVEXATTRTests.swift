import NFSv4
import Testing

@Suite("REMOVEXATTR")
struct REMOVEXATTRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      REMOVEXATTR4args(name: Array("k".utf8)),
      """
      00000001  !name length
      6b000000  name
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      REMOVEXATTR4resok(info: WireSample.cinfo),
      """
      00000001  !info.atomic
      0000000000000005  info.before
      0000000000000006  info.after
      """)
  }
}

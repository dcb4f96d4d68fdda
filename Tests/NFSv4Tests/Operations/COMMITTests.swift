import NFSv4
import Testing

@Suite("COMMIT")
struct COMMITTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      COMMIT4args(offset: 65536, count: 512),
      """
      0000000000010000  offset
      00000200  count
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      COMMIT4resok(writeverf: 0x0102_0304_0506_0708),
      """
      0102030405060708  writeverf
      """)
  }
}

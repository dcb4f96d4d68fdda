import NFSv4
import Testing

@Suite("ACCESS")
struct ACCESSTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      ACCESS4args(access: [.READ, .EXECUTE]),
      """
      00000021  access
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      ACCESS4resok(supported: [.READ, .LOOKUP], access: .READ),
      """
      00000003  supported
      00000001  access
      """)
  }
}

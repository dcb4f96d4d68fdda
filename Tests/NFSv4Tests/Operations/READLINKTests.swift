import NFSv4
import Testing

@Suite("READLINK")
struct READLINKTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(READLINK.Arguments.self == Void4.self)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      READLINK4resok(link: Array("../a".utf8)),
      """
      00000004  !link length
      2e2e2f61  link
      """)
  }
}

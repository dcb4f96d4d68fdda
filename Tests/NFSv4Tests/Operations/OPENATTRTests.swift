import NFSv4
import Testing

@Suite("OPENATTR")
struct OPENATTRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      OPENATTR4args(createdir: true),
      """
      00000001  !createdir
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(OPENATTR.Resok.self == Void4.self)
  }
}

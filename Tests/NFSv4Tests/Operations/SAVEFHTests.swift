import NFSv4
import Testing

@Suite("SAVEFH")
struct SAVEFHTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(SAVEFH.Arguments.self == Void4.self)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(SAVEFH.Resok.self == Void4.self)
  }
}

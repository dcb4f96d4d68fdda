import NFSv4
import Testing

@Suite("LOOKUPP")
struct LOOKUPPTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(LOOKUPP.Arguments.self == Void4.self)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(LOOKUPP.Resok.self == Void4.self)
  }
}

import NFSv4
import Testing

@Suite("RESTOREFH")
struct RESTOREFHTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(RESTOREFH.Arguments.self == Void4.self)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(RESTOREFH.Resok.self == Void4.self)
  }
}

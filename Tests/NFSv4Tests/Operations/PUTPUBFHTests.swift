import NFSv4
import Testing

@Suite("PUTPUBFH")
struct PUTPUBFHTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(PUTPUBFH.Arguments.self == Void4.self)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(PUTPUBFH.Resok.self == Void4.self)
  }
}

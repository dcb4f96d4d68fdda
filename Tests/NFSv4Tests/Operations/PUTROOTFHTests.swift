import NFSv4
import Testing

@Suite("PUTROOTFH")
struct PUTROOTFHTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(PUTROOTFH.Arguments.self == Void4.self)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(PUTROOTFH.Resok.self == Void4.self)
  }
}

import NFSv4
import Testing

@Suite("DELEGPURGE")
struct DELEGPURGETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      DELEGPURGE4args(clientid: 9),
      """
      0000000000000009  clientid
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(DELEGPURGE.Resok.self == Void4.self)
  }
}

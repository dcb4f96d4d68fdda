import NFSv4
import Testing

@Suite("SETCLIENTID_CONFIRM")
struct SETCLIENTID_CONFIRMTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SETCLIENTID_CONFIRM4args(clientid: 8, setclientidConfirm: 9),
      """
      0000000000000008  clientid
      0000000000000009  setclientid_confirm
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(SETCLIENTID_CONFIRM.Resok.self == Void4.self)
  }
}

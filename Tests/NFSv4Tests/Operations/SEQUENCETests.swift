import NFSv4
import Testing
import XDR

@Suite struct SEQUENCETests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      SEQUENCE4args(
        sessionid: Fixture.sessionid, sequenceid: 3, slotid: 4, highestSlotid: 5, cachethis: true),
      [0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 3, 4, 5, 1],
      [Corruption(7, 2, .badBoolean(2))])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      SEQUENCE4resok(
        sessionid: Fixture.sessionid, sequenceid: 3, slotid: 4, highestSlotid: 5,
        targetHighestSlotid: 6, statusFlags: [.CB_PATH_DOWN, .CB_PATH_DOWN_SESSION]),
      [0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 3, 4, 5, 6, 0x201])
  }
}

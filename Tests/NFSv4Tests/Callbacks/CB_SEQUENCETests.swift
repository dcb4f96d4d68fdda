import NFSv4
import Testing
import XDR

@Suite struct CB_SEQUENCETests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_SEQUENCE4args(
        sessionid: Fixture.sessionid, sequenceid: 1, slotid: 2, highestSlotid: 3, cachethis: false,
        referringCallLists: [
          ReferringCallList4(
            sessionid: Fixture.sessionid,
            referringCalls: [ReferringCall4(sequenceid: 4, slotid: 5)])
        ]),
      [
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 1, 2,
        3, 0, 1, 0x0102_0304, 0x0506_0708, 0x090a_0b0c,
        0x0d0e_0f10, 1, 4, 5,
      ],
      [
        Corruption(7, 2, .badBoolean(2)),
        Corruption(8, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(13, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      CB_SEQUENCE4resok(
        sessionid: Fixture.sessionid, sequenceid: 1, slotid: 2, highestSlotid: 3,
        targetHighestSlotid: 4),
      [
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 1, 2,
        3, 4,
      ])
  }
}

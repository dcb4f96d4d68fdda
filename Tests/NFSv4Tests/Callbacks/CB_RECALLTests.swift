import NFSv4
import Testing
import XDR

@Suite struct CB_RECALLTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_RECALL4args(stateid: Fixture.stateid, truncate: true, fh: Fixture.fh),
      [
        7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c, 1, 5,
        0xa1a2_a3a4, 0xa500_0000,
      ],
      [
        Corruption(4, 2, .badBoolean(2)),
        Corruption(5, 0x81, .tooLong(claimed: 0x81, limit: 128)),
      ])
  }
}

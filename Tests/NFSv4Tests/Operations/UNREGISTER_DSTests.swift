import NFSv4
import Testing
import XDR

@Suite struct UNREGISTER_DSTests {
  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      UNREGISTER_DS4args(stateid: Fixture.stateid),
      [
        7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c,
      ])
  }
}

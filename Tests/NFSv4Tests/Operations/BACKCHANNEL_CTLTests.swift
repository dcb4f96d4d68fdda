import NFSv4
import Testing
import XDR

@Suite struct BACKCHANNEL_CTLTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      BACKCHANNEL_CTL4args(cbProgram: 0x4000_0000, secParms: [.none]),
      [
        0x4000_0000, 1, 0,
      ],
      [
        Corruption(1, 0x11, .tooLong(claimed: 0x11, limit: 16)),
        Corruption(2, 2, .badEnumeration(type: "cb_secflavor", value: 2)),
      ])
  }
}

import NFSv4
import Testing
import XDR

@Suite struct CB_PROXY_REVOKETests {
  @Test("arguments with stateids are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      CB_PROXY_REVOKE4args(
        clientid: 0x1_0000_0002, all: false, stateids: [Fixture.stateid, .anonymous]),
      [
        1, 2, 0, 2, 7, 0x1112_1314,
        0x1516_1718, 0x191a_1b1c, 0, 0, 0, 0,
      ],
      [
        Corruption(2, 2, .badBoolean(2)),
        Corruption(3, 0x1001, .tooLong(claimed: 0x1001, limit: 4096)),
        Corruption(3, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 4096)),
      ])
  }

  @Test("arguments for a whole client name no stateid")
  func argumentsAll() {
    expectWire(
      CB_PROXY_REVOKE4args(clientid: 3, all: true, stateids: []),
      [
        0, 3, 1, 0,
      ])
  }
}

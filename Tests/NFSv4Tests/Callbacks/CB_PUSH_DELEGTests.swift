import NFSv4
import Testing
import XDR

@Suite struct CB_PUSH_DELEGTests {
  @Test("arguments with a read delegation are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_PUSH_DELEG4args(
        fh: Fixture.fh,
        delegation: .read(
          OpenReadDelegation4(
            stateid: Fixture.stateid, recall: false,
            permissions: Nfsace4(type: 0, flag: 0, accessMask: 1, who: Array("OWNER@".utf8))))),
      [
        5, 0xa1a2_a3a4, 0xa500_0000, 1, 7, 0x1112_1314,
        0x1516_1718, 0x191a_1b1c, 0, 0, 0, 1,
        6, 0x4f57_4e45, 0x5240_0000,
      ],
      [
        Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(3, 4, .badEnumeration(type: "open_delegation_type4", value: 4)),
        Corruption(8, 2, .badBoolean(2)),
      ])
  }
}

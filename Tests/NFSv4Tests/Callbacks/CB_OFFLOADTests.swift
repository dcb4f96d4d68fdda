import NFSv4
import Testing
import XDR

@Suite struct CB_OFFLOADTests {
  @Test("a failed copy is the RFC's bytes and no others")
  func failed() {
    expectWire(
      CB_OFFLOAD4args(
        fh: Fixture.fh, stateid: Fixture.stateid,
        offloadInfo: .failed(.NFS4ERR_NOSPC, bytesCopied: 9)),
      [
        5, 0xa1a2_a3a4, 0xa500_0000, 7, 0x1112_1314, 0x1516_1718,
        0x191a_1b1c, 0x1c, 0, 9,
      ],
      [
        Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(7, 3, .badEnumeration(type: "nfsstat4", value: 3)),
      ])
  }

  @Test("a finished copy is the RFC's bytes and no others")
  func finished() {
    expectWire(
      CB_OFFLOAD4args(
        fh: Fixture.fh, stateid: Fixture.stateid,
        offloadInfo: .ok(
          WriteResponse4(
            callbackId: Fixture.stateid, count: 9, committed: .FILE_SYNC4, writeverf: 5))),
      [
        5, 0xa1a2_a3a4, 0xa500_0000, 7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c, 0, 1, 7,
        0x1112_1314, 0x1516_1718, 0x191a_1b1c, 0, 9, 2, 0, 5,
      ],
      [
        Corruption(8, 2, .tooLong(claimed: 2, limit: 1)),
        Corruption(15, 3, .badEnumeration(type: "stable_how4", value: 3)),
      ])
  }
}

import NFSv4
import Testing
import XDR

@Suite struct LAYOUTERRORTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      LAYOUTERROR4args(
        offset: 1, length: 2, stateid: Fixture.stateid,
        errors: [DeviceError4(deviceid: Fixture.device, status: .NFS4ERR_NXIO, opnum: .OP_READ)]),
      [
        0, 1, 0, 2, 7, 0x1112_1314,
        0x1516_1718, 0x191a_1b1c, 1, 0x3132_3334, 0x3536_3738, 0x393a_3b3c,
        0x3d3e_3f40, 6, 0x19,
      ],
      [
        Corruption(8, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(13, 3, .badEnumeration(type: "nfsstat4", value: 3)),
        Corruption(14, 2, .badEnumeration(type: "nfs_opnum4", value: 2)),
      ])
  }
}

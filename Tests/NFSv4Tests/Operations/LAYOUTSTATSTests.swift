import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct LAYOUTSTATSTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      LAYOUTSTATS4args(
        offset: 1, length: 2, stateid: Fixture.stateid, read: IoInfo4(count: 3, bytes: 4),
        write: IoInfo4(count: 5, bytes: 6), deviceid: Fixture.device,
        layoutupdate: Layoutupdate4(type: .FLEX_FILES, body: ByteBuffer(bytes: [7]))),
      [
        0, 1, 0, 2, 7, 0x1112_1314,
        0x1516_1718, 0x191a_1b1c, 0, 3, 0, 4,
        0, 5, 0, 6, 0x3132_3334, 0x3536_3738,
        0x393a_3b3c, 0x3d3e_3f40, 4, 1, 0x0700_0000,
      ],
      [
        Corruption(21, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1048576))
      ])
  }
}

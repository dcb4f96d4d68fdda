import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct CB_NOTIFYTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_NOTIFY4args(
        stateid: Fixture.stateid, fh: Fixture.fh,
        changes: [Notify4(mask: Bitmap4(0x2), vals: ByteBuffer(bytes: [1, 2, 3]))]),
      [
        7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c, 5, 0xa1a2_a3a4,
        0xa500_0000, 1, 1, 2, 3, 0x0102_0300,
      ],
      [
        Corruption(4, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(7, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(8, 9, .tooLong(claimed: 9, limit: 8)),
        Corruption(10, 0x0001_0001, .tooLong(claimed: 0x0001_0001, limit: 65536)),
      ])
  }
}

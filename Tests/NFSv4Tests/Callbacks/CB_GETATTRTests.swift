import NFSv4
import Testing
import XDR

@Suite struct CB_GETATTRTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_GETATTR4args(fh: Fixture.fh, attrRequest: Bitmap4(0x18)),
      [
        5, 0xa1a2_a3a4, 0xa500_0000, 1, 0x18,
      ],
      [
        Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(3, 9, .tooLong(claimed: 9, limit: 8)),
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      CB_GETATTR4resok(
        objAttributes: Fattr4(attrmask: Bitmap4(0x10), attrVals: bytes([0, 5]))),
      [
        1, 0x10, 8, 0, 5,
      ],
      [
        Corruption(0, 9, .tooLong(claimed: 9, limit: 8)),
        Corruption(2, 0x0001_0001, .tooLong(claimed: 0x0001_0001, limit: 65536)),
      ])
  }
}

import NFSv4
import Testing
import XDR

@Suite struct SET_SSVTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      SET_SSV4args(ssv: [1, 2, 3], digest: [4]),
      [
        3, 0x0102_0300, 1, 0x0400_0000,
      ],
      [
        Corruption(0, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(2, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      SET_SSV4resok(digest: [4]),
      [
        1, 0x0400_0000,
      ],
      [
        Corruption(0, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 1024))
      ])
  }
}

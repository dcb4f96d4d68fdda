import NFSv4
import Testing
import XDR

@Suite struct CHALLENGE1Tests {
  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      CHALLENGE1args(nonce: Array(0..<32), sessionid: Fixture.sessionid),
      [
        0x20, 0x0001_0203, 0x0405_0607, 0x0809_0a0b, 0x0c0d_0e0f, 0x1011_1213,
        0x1415_1617, 0x1819_1a1b, 0x1c1d_1e1f, 0x0102_0304, 0x0506_0708, 0x090a_0b0c,
        0x0d0e_0f10,
      ],
      [
        Corruption(0, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(0, 0x1c, .badValue("opaque that is too short")),
        Corruption(0, 0, .badValue("opaque that is too short")),
      ])
  }

  @Test("results are the declaration's bytes and no others")
  func results() {
    expectWire(
      CHALLENGE1res(nonce: Array(0..<32), proof: Array(0..<32)),
      [
        0x20, 0x0001_0203, 0x0405_0607, 0x0809_0a0b, 0x0c0d_0e0f, 0x1011_1213,
        0x1415_1617, 0x1819_1a1b, 0x1c1d_1e1f, 0x20, 0x0001_0203, 0x0405_0607,
        0x0809_0a0b, 0x0c0d_0e0f, 0x1011_1213, 0x1415_1617, 0x1819_1a1b, 0x1c1d_1e1f,
      ],
      [
        Corruption(0, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 32)),
        Corruption(9, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(9, 0x1c, .badValue("opaque that is too short")),
      ])
  }
}

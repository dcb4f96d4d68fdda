import NFSv4
import Testing
import XDR

@Suite struct PROVE1Tests {
  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      PROVE1args(proof: Array(0..<32)),
      [
        0x20, 0x0001_0203, 0x0405_0607, 0x0809_0a0b, 0x0c0d_0e0f, 0x1011_1213,
        0x1415_1617, 0x1819_1a1b, 0x1c1d_1e1f,
      ],
      [
        Corruption(0, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(0, 0x1c, .badValue("opaque that is too short")),
      ])
  }

  @Test("results are the declaration's bytes and no others")
  func results() {
    expectWire(
      PROVE1res(status: .PROVE1_REFUSED),
      [
        1
      ],
      [
        Corruption(0, 2, .badEnumeration(type: "prove1_status", value: 2))
      ])
  }
}

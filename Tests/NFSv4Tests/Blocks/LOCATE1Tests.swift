import NFSv4
import Testing
import XDR

@Suite struct LOCATE1Tests {
  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      LOCATE1args(
        file: Fixture.blockFile, chunk: 9, wanted: 0b1011, isDemand: true,
        excluded: [1, 0x2_0000_0003]),
      Fixture.blockFileWords + [9, 11, 1, 2, 0, 1, 2, 3],
      [
        Corruption(10, 2, .badBoolean(2)),
        Corruption(11, 0x11, .tooLong(claimed: 0x11, limit: 16)),
      ])
  }

  @Test("an answer names a member, or nobody")
  func results() {
    expectWire(
      LOCATE1res.parent(member: 0x1_0000_0002, expectedMilliseconds: 250), [0, 1, 2, 250],
      [Corruption(0, 2, .badEnumeration(type: "locate1_status", value: 2))])
    expectWire(LOCATE1res.nobody, [1])
  }
}

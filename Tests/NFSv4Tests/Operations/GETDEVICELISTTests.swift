import NFSv4
import Testing
import XDR

@Suite struct GETDEVICELISTTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      GETDEVICELIST4args(layoutType: .NFSV4_1_FILES, maxdevices: 2, cookie: 3, cookieverf: 4),
      [
        1, 2, 0, 3, 0, 4,
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      GETDEVICELIST4resok(
        cookie: 1, cookieverf: 2, deviceidList: [Fixture.device], eof: true),
      [
        0, 1, 0, 2, 1, 0x3132_3334,
        0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40, 1,
      ],
      [
        Corruption(4, 0x1001, .tooLong(claimed: 0x1001, limit: 4096)),
        Corruption(9, 2, .badBoolean(2)),
      ])
  }
}

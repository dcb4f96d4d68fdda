import NFSv4
import Testing
import XDR

@Suite struct FileLayoutTests {
  @Test("a layout is the RFC's bytes and no others")
  func layout() {
    expectWire(
      NfsvFileLayout4(
        deviceid: Fixture.device, util: NflUtil4(stripeUnitBytes: 0x10_0000, flags: .DENSE),
        firstStripeIndex: 2, patternOffset: 3, fhList: [Fixture.fh]),
      [
        0x3132_3334, 0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40, 0x0010_0001, 2,
        0, 3, 1, 5, 0xa1a2_a3a4, 0xa500_0000,
      ],
      [
        Corruption(8, 0x1001, .tooLong(claimed: 0x1001, limit: 4096)),
        Corruption(9, 0x81, .tooLong(claimed: 0x81, limit: 128)),
      ])
  }

  @Test("a device is the RFC's bytes and no others")
  func device() {
    expectWire(
      NfsvFileLayoutDsAddr4(
        stripeIndices: [1, 0], multipathDsList: [[Fixture.netaddr], []]),
      [
        2, 1, 0, 2, 1, 3,
        0x7463_7000, 0xd, 0x3139_322e, 0x302e_322e, 0x312e_382e, 0x3100_0000,
        0,
      ],
      [
        Corruption(0, 0x1001, .tooLong(claimed: 0x1001, limit: 4096)),
        Corruption(3, 0x1001, .tooLong(claimed: 0x1001, limit: 4096)),
        Corruption(4, 0x41, .tooLong(claimed: 0x41, limit: 64)),
        Corruption(5, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(7, 0x81, .tooLong(claimed: 0x81, limit: 128)),
      ])
  }

  @Test("a hint is the RFC's bytes and no others")
  func hint() {
    expectWire(
      NfsvFileLayouthint4(
        care: 0x40, util: NflUtil4(stripeUnitBytes: 64), stripeCount: 3),
      [
        0x40, 0x40, 3,
      ])
  }

  @Test("a stripe unit and its flags share a word and come apart again")
  func util() {
    let util = NflUtil4(stripeUnitBytes: 0xffff_ffc0, flags: [.DENSE, .COMMIT_THRU_MDS])
    #expect(util.rawValue == 0xffff_ffc3)
    #expect(util.stripeUnitBytes == 0xffff_ffc0)
    #expect(util.contains(.DENSE))
    #expect(!NflUtil4(stripeUnitBytes: 64).contains(.DENSE))
  }
}

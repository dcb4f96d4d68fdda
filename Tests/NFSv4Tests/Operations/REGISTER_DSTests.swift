import NFSv4
import Testing
import XDR

@Suite struct REGISTER_DSTests {
  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      REGISTER_DS4args(
        verifier: 1, flags: [.READ_ONLY, .HAS_CACHE], addrs: [DsregAddr4(addr: Fixture.netaddr)],
        serverOwner: ServerOwner4(minorId: 2, majorId: Array("p".utf8)),
        serverScope: Array("s".utf8), minorversions: 0x6, maxread: 1_048_576, weight: 3,
        name: Array("n1".utf8), zone: Array("z".utf8), rack: Array("r".utf8), node: [],
        member: 0x1_0000_0002,
        gossip: Netaddr4(netid: Array("udp".utf8), addr: Array("192.0.2.1.31.10".utf8))),
      [
        0, 1, 3, 1, 3, 0x7463_7000,
        0xd, 0x3139_322e, 0x302e_322e, 0x312e_382e, 0x3100_0000, 0,
        2, 1, 0x7000_0000, 1, 0x7300_0000, 6,
        0x0010_0000, 3, 2, 0x6e31_0000, 1, 0x7a00_0000,
        1, 0x7200_0000, 0, 1, 2, 3,
        0x7564_7000, 0xf, 0x3139_322e, 0x302e_322e, 0x312e_3331, 0x2e31_3000,
      ],
      [
        Corruption(3, 9, .tooLong(claimed: 9, limit: 8)),
        Corruption(3, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 8)),
        Corruption(4, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(6, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(13, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(15, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(20, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(22, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(24, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(26, 0x81, .tooLong(claimed: 0x81, limit: 128)),
      ])
  }

  @Test("results are the declaration's bytes and no others")
  func results() {
    expectWire(
      REGISTER_DS4resok(
        stateid: Fixture.stateid, cookie: 0x4142_4344_4546_4748, leaseTime: 90,
        deviceid: Fixture.device, sealKey: Array(1...32), member: 0x1_0000_0002,
        seeds: [Fixture.netaddr], zone: Array("z".utf8), rack: [], node: Array("n".utf8)),
      [
        7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c, 0x4142_4344, 0x4546_4748,
        0x5a, 0x3132_3334, 0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40, 0x20,
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 0x1112_1314, 0x1516_1718,
        0x191a_1b1c, 0x1d1e_1f20, 1, 2, 1, 3,
        0x7463_7000, 0xd, 0x3139_322e, 0x302e_322e, 0x312e_382e, 0x3100_0000,
        1, 0x7a00_0000, 0, 1, 0x6e00_0000,
      ],
      [
        Corruption(11, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(22, 0x21, .tooLong(claimed: 0x21, limit: 32)),
        Corruption(30, 0x81, .tooLong(claimed: 0x81, limit: 128)),
      ])
  }

  @Test("its number is far from those that are allocated")
  func opnum() {
    #expect(REGISTER_DS.opnum.rawValue == 0x5032_5001)
    #expect(UNREGISTER_DS.opnum.rawValue == 0x5032_5002)
    #expect(PROXY_OPEN.opnum.rawValue == 0x5032_5003)
    #expect(CB_PROXY_REVOKE.opnum.rawValue == 0x5032_5001)
  }
}

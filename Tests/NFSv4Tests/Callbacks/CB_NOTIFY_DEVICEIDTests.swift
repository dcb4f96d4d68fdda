import NFSv4
import Testing
import XDR

@Suite struct CB_NOTIFY_DEVICEIDTests {
  @Test("a change and an end are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_NOTIFY_DEVICEID4args(changes: [
        Notify4(
          NotifyDeviceidChange4(
            layouttype: .NFSV4_1_FILES, deviceid: Fixture.device, immediate: true)),
        Notify4(NotifyDeviceidDelete4(layouttype: .FLEX_FILES, deviceid: Fixture.device)),
      ]),
      [
        2, 1, 2, 0x18, 1, 0x3132_3334,
        0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40, 1, 1, 4,
        0x14, 4, 0x3132_3334, 0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40,
      ],
      [
        Corruption(0, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(1, 9, .tooLong(claimed: 9, limit: 8)),
        Corruption(3, 0x0001_0001, .tooLong(claimed: 0x0001_0001, limit: 65536)),
      ])
  }

  @Test("a change's value is the RFC's bytes and no others")
  func change() {
    expectWire(
      NotifyDeviceidChange4(
        layouttype: .NFSV4_1_FILES, deviceid: Fixture.device, immediate: false),
      [
        1, 0x3132_3334, 0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40, 0,
      ],
      [
        Corruption(5, 2, .badBoolean(2))
      ])
  }

  @Test("an end's value is the RFC's bytes and no others")
  func delete() {
    expectWire(
      NotifyDeviceidDelete4(layouttype: .NFSV4_1_FILES, deviceid: Fixture.device),
      [
        1, 0x3132_3334, 0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40,
      ])
  }
}

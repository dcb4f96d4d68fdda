import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct LAYOUTRETURNTests {
  @Test("arguments for a file are the RFC's bytes and no others")
  func argumentsFile() {
    expectWire(
      LAYOUTRETURN4args(
        reclaim: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY,
        layoutreturn: .file(
          LayoutreturnFile4(
            offset: 0, length: .max, stateid: Fixture.stateid, body: ByteBuffer(bytes: [1])))),
      [
        0, 1, 3, 1, 0, 0,
        0xffff_ffff, 0xffff_ffff, 7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c,
        1, 0x0100_0000,
      ],
      [
        Corruption(0, 2, .badBoolean(2)),
        Corruption(2, 0, .badEnumeration(type: "layoutiomode4", value: 0)),
        Corruption(3, 0, .badEnumeration(type: "layoutreturn_type4", value: 0)),
        Corruption(3, 4, .badEnumeration(type: "layoutreturn_type4", value: 4)),
        Corruption(12, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1048576)),
      ])
  }

  @Test("arguments for a file system end with the type")
  func argumentsFsid() {
    expectWire(
      LAYOUTRETURN4args(
        reclaim: true, layoutType: .FLEX_FILES, iomode: .LAYOUTIOMODE4_READ, layoutreturn: .fsid),
      [
        1, 4, 1, 2,
      ])
  }

  @Test("arguments for all layouts end with the type")
  func argumentsAll() {
    expectWire(
      LAYOUTRETURN4args(
        reclaim: false, layoutType: Layouttype4(rawValue: 99), iomode: .LAYOUTIOMODE4_RW,
        layoutreturn: .all),
      [
        0, 0x63, 2, 3,
      ])
  }

  @Test("results with a stateid are the RFC's bytes and no others")
  func results() {
    expectWire(
      LAYOUTRETURN4resok(stateid: Fixture.stateid),
      [
        1, 7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c,
      ],
      [
        Corruption(0, 2, .badBoolean(2))
      ])
  }

  @Test("results without a stateid are one word")
  func resultsWithout() {
    expectWire(
      LAYOUTRETURN4resok(stateid: nil),
      [
        0
      ])
  }
}

import NFSv4
import Testing
import XDR

@Suite struct CB_LAYOUTRECALLTests {
  @Test("arguments for a file are the RFC's bytes and no others")
  func argumentsFile() {
    expectWire(
      CB_LAYOUTRECALL4args(
        type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, changed: false,
        recall: .file(
          LayoutrecallFile4(fh: Fixture.fh, offset: 0, length: .max, stateid: Fixture.stateid))),
      [
        1, 3, 0, 1, 5, 0xa1a2_a3a4,
        0xa500_0000, 0, 0, 0xffff_ffff, 0xffff_ffff, 7,
        0x1112_1314, 0x1516_1718, 0x191a_1b1c,
      ],
      [
        Corruption(1, 0, .badEnumeration(type: "layoutiomode4", value: 0)),
        Corruption(2, 2, .badBoolean(2)),
        Corruption(3, 0, .badEnumeration(type: "layoutrecall_type4", value: 0)),
        Corruption(3, 4, .badEnumeration(type: "layoutrecall_type4", value: 4)),
        Corruption(4, 0x81, .tooLong(claimed: 0x81, limit: 128)),
      ])
  }

  @Test("arguments for a file system are the RFC's bytes and no others")
  func argumentsFsid() {
    expectWire(
      CB_LAYOUTRECALL4args(
        type: .FLEX_FILES, iomode: .LAYOUTIOMODE4_READ, changed: true,
        recall: .fsid(Fsid4(major: 1, minor: 2))),
      [
        4, 1, 1, 2, 0, 1,
        0, 2,
      ])
  }

  @Test("arguments for all layouts are the RFC's bytes and no others")
  func argumentsAll() {
    expectWire(
      CB_LAYOUTRECALL4args(
        type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_RW, changed: false, recall: .all),
      [
        1, 2, 0, 3,
      ])
  }
}

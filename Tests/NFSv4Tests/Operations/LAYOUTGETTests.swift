import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct LAYOUTGETTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      LAYOUTGET4args(
        signalLayoutAvail: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_READ,
        offset: 0, length: .max, minlength: 4096, stateid: Fixture.stateid, maxcount: 4096),
      [
        0, 1, 1, 0, 0, 0xffff_ffff,
        0xffff_ffff, 0, 0x1000, 7, 0x1112_1314, 0x1516_1718,
        0x191a_1b1c, 0x1000,
      ],
      [
        Corruption(0, 2, .badBoolean(2)),
        Corruption(2, 0, .badEnumeration(type: "layoutiomode4", value: 0)),
        Corruption(2, 4, .badEnumeration(type: "layoutiomode4", value: 4)),
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      LAYOUTGET4resok(
        returnOnClose: true, stateid: Fixture.stateid,
        layout: [
          Layout4(
            offset: 0, length: .max, iomode: .LAYOUTIOMODE4_RW,
            content: LayoutContent4(type: .FLEX_FILES, body: ByteBuffer(bytes: [1, 2])))
        ]),
      [
        1, 7, 0x1112_1314, 0x1516_1718, 0x191a_1b1c, 1,
        0, 0, 0xffff_ffff, 0xffff_ffff, 2, 4,
        2, 0x0102_0000,
      ],
      [
        Corruption(0, 2, .badBoolean(2)),
        Corruption(5, 0x101, .tooLong(claimed: 0x101, limit: 256)),
        Corruption(5, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 256)),
        Corruption(10, 0xffff_ffff, .badEnumeration(type: "layoutiomode4", value: 0xffff_ffff)),
        Corruption(12, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1048576)),
      ])
  }

  @Test("a refusal says whether a callback follows with NFS4ERR_LAYOUTTRYLATER only")
  func refusal() throws {
    var encoder = XDREncoder()
    LAYOUTGET.encodeRefusal(.NFS4ERR_LAYOUTUNAVAILABLE, to: &encoder)
    #expect(encoder.byteCount == 0)
    LAYOUTGET.encodeRefusal(.NFS4ERR_LAYOUTTRYLATER, willSignalLayoutAvail: true, to: &encoder)
    let wire = encoder.finishContiguous()
    #expect(wire == bytes([1]))
    var decoder = XDRDecoder(wire)
    #expect(try LAYOUTGET.decodeRefusal(.NFS4ERR_BADLAYOUT, from: &decoder) == nil)
    #expect(try LAYOUTGET.decodeRefusal(.NFS4ERR_LAYOUTTRYLATER, from: &decoder) == true)
    var corrupted = XDRDecoder(bytes([2]))
    #expect(throws: XDRError.badBoolean(2)) {
      try LAYOUTGET.skipRefusal(.NFS4ERR_LAYOUTTRYLATER, from: &corrupted)
    }
  }
}

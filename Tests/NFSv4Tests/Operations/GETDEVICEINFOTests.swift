import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct GETDEVICEINFOTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      GETDEVICEINFO4args(
        deviceId: Fixture.device, layoutType: .NFSV4_1_FILES, maxcount: 4096,
        notifyTypes: Bitmap4(0x6)),
      [
        0x3132_3334, 0x3536_3738, 0x393a_3b3c, 0x3d3e_3f40, 1, 0x1000,
        1, 6,
      ],
      [
        Corruption(6, 9, .tooLong(claimed: 9, limit: 8))
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      GETDEVICEINFO4resok(
        deviceAddr: DeviceAddr4(
          layoutType: .NFSV4_1_FILES, addrBody: ByteBuffer(bytes: [1, 2, 3, 4, 5])),
        notification: Bitmap4()),
      [
        1, 5, 0x0102_0304, 0x0500_0000, 0,
      ],
      [
        Corruption(1, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1048576)),
        Corruption(4, 9, .tooLong(claimed: 9, limit: 8)),
      ])
  }

  @Test("a refusal carries the bytes needed with NFS4ERR_TOOSMALL only")
  func refusal() throws {
    var encoder = XDREncoder()
    GETDEVICEINFO.encodeRefusal(.NFS4ERR_NOENT, mincount: 77, to: &encoder)
    #expect(encoder.byteCount == 0)
    GETDEVICEINFO.encodeRefusal(.NFS4ERR_TOOSMALL, mincount: 77, to: &encoder)
    var decoder = XDRDecoder(encoder.finishContiguous())
    #expect(try GETDEVICEINFO.decodeRefusal(.NFS4ERR_NOENT, from: &decoder) == nil)
    #expect(try GETDEVICEINFO.decodeRefusal(.NFS4ERR_TOOSMALL, from: &decoder) == 77)
    try decoder.finish()
    #expect(throws: XDRError.truncated) {
      try GETDEVICEINFO.skipRefusal(.NFS4ERR_TOOSMALL, from: &decoder)
    }
  }
}

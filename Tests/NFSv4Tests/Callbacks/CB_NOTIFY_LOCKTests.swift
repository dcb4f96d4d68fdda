import NFSv4
import Testing
import XDR

@Suite struct CB_NOTIFY_LOCKTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_NOTIFY_LOCK4args(
        fh: Fixture.fh, lockOwner: StateOwner4(clientid: 1, owner: Array("o".utf8))),
      [
        5, 0xa1a2_a3a4, 0xa500_0000, 0, 1, 1,
        0x6f00_0000,
      ],
      [
        Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(5, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
      ])
  }
}

import NFSv4
import Testing

@Suite("OPEN_DOWNGRADE")
struct OPEN_DOWNGRADETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      OPEN_DOWNGRADE4args(
        openStateid: WireSample.stateid, seqid: 2, shareAccess: OPEN4.SHARE_ACCESS_READ,
        shareDeny: OPEN4.SHARE_DENY_NONE),
      """
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      00000002  seqid
      00000001  share_access
      00000000  share_deny
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      OPEN_DOWNGRADE4resok(openStateid: WireSample.stateid),
      """
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      """)
  }
}

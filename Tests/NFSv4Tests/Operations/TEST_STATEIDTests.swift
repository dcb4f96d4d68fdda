import NFSv4
import Testing

@Suite("TEST_STATEID")
struct TEST_STATEIDTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      TEST_STATEID4args(stateids: [WireSample.stateid, .anonymous]),
      """
      00000002  !count
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      00000000  seqid
      000000000000000000000000  other
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      TEST_STATEID4resok(statusCodes: [.NFS4_OK, .NFS4ERR_BAD_STATEID]),
      """
      00000002  !count
      00000000  !status
      00002729  !status
      """)
  }
}

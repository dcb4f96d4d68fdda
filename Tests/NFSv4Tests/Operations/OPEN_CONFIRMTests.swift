import NFSv4
import Testing

@Suite("OPEN_CONFIRM")
struct OPEN_CONFIRMTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      OPEN_CONFIRM4args(openStateid: WireSample.stateid, seqid: 2),
      """
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      00000002  seqid
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      OPEN_CONFIRM4resok(openStateid: WireSample.stateid),
      """
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      """)
  }
}

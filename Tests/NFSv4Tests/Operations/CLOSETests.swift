import NFSv4
import Testing

@Suite("CLOSE")
struct CLOSETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      CLOSE4args(seqid: 3, openStateid: WireSample.stateid),
      """
      00000003  seqid
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      CLOSE4resok(openStateid: WireSample.stateid),
      """
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      """)
  }
}

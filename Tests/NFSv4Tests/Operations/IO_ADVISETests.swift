import NFSv4
import Testing

@Suite("IO_ADVISE")
struct IO_ADVISETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      IO_ADVISE4args(
        stateid: WireSample.stateid, offset: 1, count: 2,
        hints: Bitmap4(attributes: [IO_ADVISE4.WILLNEED, IO_ADVISE4.READ])),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      0000000000000001  offset
      0000000000000002  count
      00000001  !hints words
      00000110  hints[0]
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      IO_ADVISE4resok(hints: Bitmap4(0x10)),
      """
      00000001  !hints words
      00000010  hints[0]
      """)
  }
}

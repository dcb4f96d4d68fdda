import NFSv4
import Testing

@Suite("SEEK")
struct SEEKTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SEEK4args(stateid: WireSample.stateid, offset: 1, what: .NFS4_CONTENT_HOLE),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      0000000000000001  offset
      00000001  !what
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      SeekRes4(eof: false, offset: 4096),
      """
      00000000  !eof
      0000000000001000  offset
      """)
  }
}

import NFSv4
import Testing

@Suite("LOCKU")
struct LOCKUTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      LOCKU4args(
        locktype: .WRITEW_LT, seqid: 3, lockStateid: WireSample.stateid, offset: 1, length: 2),
      """
      00000004  !locktype
      00000003  seqid
      00000007  lock_stateid.seqid
      0102030405060708090a0b0c  lock_stateid.other
      0000000000000001  offset
      0000000000000002  length
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      LOCKU4resok(lockStateid: WireSample.stateid),
      """
      00000007  lock_stateid.seqid
      0102030405060708090a0b0c  lock_stateid.other
      """)
  }
}

import NFSv4
import Testing

@Suite("OFFLOAD_STATUS")
struct OFFLOAD_STATUSTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      OFFLOAD_STATUS4args(stateid: WireSample.stateid),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      OFFLOAD_STATUS4resok(count: 5, complete: .NFS4ERR_NOSPC),
      """
      0000000000000005  count
      00000001  !complete count
      0000001c  !complete
      """)
  }

  @Test("a copy that goes on has no end")
  func running() throws {
    try expectWire(
      OFFLOAD_STATUS4resok(count: 5, complete: nil),
      """
      0000000000000005  count
      00000000  !complete count
      """)
  }
}

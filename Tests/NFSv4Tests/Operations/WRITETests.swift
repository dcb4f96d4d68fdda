import NFSv4
import NIOCore
import Testing

@Suite("WRITE")
struct WRITETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      WRITE4args(
        stateid: WireSample.stateid, offset: 4096, stable: .DATA_SYNC4,
        data: ByteBuffer(bytes: [1, 2, 3, 4, 5])),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      0000000000001000  offset
      00000001  !stable
      00000005  !data length
      0102030405000000  data
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      WRITE4resok(count: 5, committed: .FILE_SYNC4, writeverf: 9),
      """
      00000005  count
      00000002  !committed
      0000000000000009  writeverf
      """)
  }
}

import NFSv4
import NIOCore
import Testing

@Suite("WRITE_SAME")
struct WRITE_SAMETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      WRITE_SAME4args(
        stateid: WireSample.stateid, stable: .FILE_SYNC4,
        adb: AppDataBlock4(
          offset: 1, blockSize: 2, blockCount: 3, reloffBlocknum: 4, blockNum: 5, reloffPattern: 6,
          pattern: ByteBuffer(bytes: [0xDE, 0xAD]))),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      00000002  !stable
      0000000000000001  adb_offset
      0000000000000002  adb_block_size
      0000000000000003  adb_block_count
      0000000000000004  adb_reloff_blocknum
      00000005  adb_block_num
      0000000000000006  adb_reloff_pattern
      00000002  !adb_pattern length
      dead0000  adb_pattern
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      WriteResponse4(callbackId: WireSample.stateid, count: 5, committed: .UNSTABLE4, writeverf: 9),
      """
      00000001  !wr_callback_id count
      00000007  wr_callback_id.seqid
      0102030405060708090a0b0c  wr_callback_id.other
      0000000000000005  wr_count
      00000000  !wr_committed
      0000000000000009  wr_writeverf
      """)
  }
}

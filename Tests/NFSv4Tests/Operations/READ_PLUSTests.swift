import NFSv4
import NIOCore
import Testing

@Suite("READ_PLUS")
struct READ_PLUSTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      READ_PLUS4args(stateid: WireSample.stateid, offset: 4096, count: 512),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      0000000000001000  offset
      00000200  count
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      ReadPlusRes4(
        eof: true,
        contents: [
          .data(Data4(offset: 1, data: [ByteBuffer(bytes: [1, 2, 3])])),
          .hole(DataInfo4(offset: 4, length: 8)),
        ]),
      """
      00000001  !eof
      00000002  !contents count
      00000000  !content
      0000000000000001  d_offset
      00000003  !d_data length
      01020300  d_data
      00000001  !content
      0000000000000004  di_offset
      0000000000000008  di_length
      """)
  }
}

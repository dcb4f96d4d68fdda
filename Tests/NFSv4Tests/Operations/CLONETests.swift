import NFSv4
import Testing

@Suite("CLONE")
struct CLONETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      CLONE4args(
        srcStateid: WireSample.stateid, dstStateid: .anonymous, srcOffset: 1, dstOffset: 2, count: 3
      ),
      """
      00000007  src_stateid.seqid
      0102030405060708090a0b0c  src_stateid.other
      00000000  dst_stateid.seqid
      000000000000000000000000  dst_stateid.other
      0000000000000001  src_offset
      0000000000000002  dst_offset
      0000000000000003  count
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(CLONE.Resok.self == Void4.self)
  }
}

import NFSv4
import Testing

@Suite("ALLOCATE")
struct ALLOCATETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      ALLOCATE4args(stateid: WireSample.stateid, offset: 1, length: 2),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      0000000000000001  offset
      0000000000000002  length
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(ALLOCATE.Resok.self == Void4.self)
  }
}

import NFSv4
import Testing

@Suite("OFFLOAD_CANCEL")
struct OFFLOAD_CANCELTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      OFFLOAD_CANCEL4args(stateid: WireSample.stateid),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(OFFLOAD_CANCEL.Resok.self == Void4.self)
  }
}

import NFSv4
import Testing

@Suite("FREE_STATEID")
struct FREE_STATEIDTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      FREE_STATEID4args(stateid: WireSample.stateid),
      """
      00000007  fsa_stateid.seqid
      0102030405060708090a0b0c  fsa_stateid.other
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(FREE_STATEID.Resok.self == Void4.self)
  }
}

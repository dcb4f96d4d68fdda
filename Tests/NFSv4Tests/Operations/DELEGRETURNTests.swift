import NFSv4
import Testing

@Suite("DELEGRETURN")
struct DELEGRETURNTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      DELEGRETURN4args(delegStateid: WireSample.stateid),
      """
      00000007  deleg_stateid.seqid
      0102030405060708090a0b0c  deleg_stateid.other
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(DELEGRETURN.Resok.self == Void4.self)
  }
}

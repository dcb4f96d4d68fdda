import NFSv4
import Testing

@Suite("RELEASE_LOCKOWNER")
struct RELEASE_LOCKOWNERTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      RELEASE_LOCKOWNER4args(lockOwner: WireSample.owner),
      """
      1122334455667788  lock_owner.clientid
      00000003  !lock_owner.owner length
      6f776e00  lock_owner.owner
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(RELEASE_LOCKOWNER.Resok.self == Void4.self)
  }
}

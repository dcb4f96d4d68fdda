import NFSv4
import Testing

@Suite("LOCKT")
struct LOCKTTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      LOCKT4args(locktype: .READ_LT, offset: 1, length: 2, owner: WireSample.owner),
      """
      00000001  !locktype
      0000000000000001  offset
      0000000000000002  length
      1122334455667788  owner.clientid
      00000003  !owner.owner length
      6f776e00  owner.owner
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(LOCKT.Resok.self == Void4.self)
  }

  @Test("NFS4ERR_DENIED names the lock in the way")
  func denied() throws {
    try expectWire(
      LOCK4denied(offset: 10, length: 20, locktype: .WRITE_LT, owner: WireSample.owner),
      """
      000000000000000a  offset
      0000000000000014  length
      00000002  !locktype
      1122334455667788  owner.clientid
      00000003  !owner.owner length
      6f776e00  owner.owner
      """)
    try expectRefusal(
      LOCKT.self, .NFS4ERR_DENIED,
      """
      000000000000000a  offset
      0000000000000014  length
      00000002  !locktype
      1122334455667788  owner.clientid
      00000003  !owner.owner length
      6f776e00  owner.owner
      """
    ) { encoder in
      LOCKT.encodeDenied(
        LOCK4denied(offset: 10, length: 20, locktype: .WRITE_LT, owner: WireSample.owner),
        to: &encoder)
    }
  }

  @Test("NFS4ERR_DENIED without a holder is well formed")
  func deniedByNobody() throws {
    try expectRefusal(
      LOCKT.self, .NFS4ERR_DENIED,
      """
      0000000000000000  offset
      ffffffffffffffff  length
      00000002  !locktype
      0000000000000000  owner.clientid
      00000000  !owner.owner length
      """)
  }

  @Test("other errors are a status only")
  func otherErrors() throws {
    try expectRefusal(LOCKT.self, .NFS4ERR_INVAL, "")
  }
}

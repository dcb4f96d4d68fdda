import NFSv4
import Testing

@Suite("LOCK")
struct LOCKTests {
  @Test("a new lock owner comes with its open")
  func newOwner() throws {
    try expectWire(
      LOCK4args(
        locktype: .READW_LT, reclaim: true, offset: 1, length: .max,
        locker: .openOwner(
          OpenToLockOwner4(
            openSeqid: 4, openStateid: WireSample.stateid, lockSeqid: 5, lockOwner: WireSample.owner
          ))),
      """
      00000003  !locktype
      00000001  !reclaim
      0000000000000001  offset
      ffffffffffffffff  length
      00000001  !new_lock_owner
      00000004  open_seqid
      00000007  open_stateid.seqid
      0102030405060708090a0b0c  open_stateid.other
      00000005  lock_seqid
      1122334455667788  lock_owner.clientid
      00000003  !lock_owner.owner length
      6f776e00  lock_owner.owner
      """)
  }

  @Test("a known lock owner comes with its lock")
  func existingOwner() throws {
    try expectWire(
      LOCK4args(
        locktype: .WRITE_LT, reclaim: false, offset: 1, length: 2,
        locker: .lockOwner(ExistLockOwner4(lockStateid: WireSample.stateid, lockSeqid: 5))),
      """
      00000002  !locktype
      00000000  !reclaim
      0000000000000001  offset
      0000000000000002  length
      00000000  !new_lock_owner
      00000007  lock_stateid.seqid
      0102030405060708090a0b0c  lock_stateid.other
      00000005  lock_seqid
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      LOCK4resok(lockStateid: WireSample.stateid),
      """
      00000007  lock_stateid.seqid
      0102030405060708090a0b0c  lock_stateid.other
      """)
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
      LOCK.self, .NFS4ERR_DENIED,
      """
      000000000000000a  offset
      0000000000000014  length
      00000002  !locktype
      1122334455667788  owner.clientid
      00000003  !owner.owner length
      6f776e00  owner.owner
      """
    ) { encoder in
      LOCK.encodeDenied(
        LOCK4denied(offset: 10, length: 20, locktype: .WRITE_LT, owner: WireSample.owner),
        to: &encoder)
    }
  }

  @Test("NFS4ERR_DENIED without a holder is well formed")
  func deniedByNobody() throws {
    try expectRefusal(
      LOCK.self, .NFS4ERR_DENIED,
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
    try expectRefusal(LOCK.self, .NFS4ERR_INVAL, "")
  }
}

import NFSv4
import NIOCore
import Testing
import XDR

@Suite("WANT_DELEGATION")
struct WANT_DELEGATIONTests {
  @Test("every claim has its own arm")
  func claims() throws {
    try expectWire(
      WANT_DELEGATION4args(want: OPEN4.SHARE_ACCESS_WANT_READ_DELEG, claim: .fh),
      """
      00000100  want
      00000004  !dc_claim
      """)
    try expectWire(
      WANT_DELEGATION4args(want: OPEN4.SHARE_ACCESS_WANT_READ_DELEG, claim: .delegPrevFh),
      """
      00000100  want
      00000006  !dc_claim
      """)
    try expectWire(
      WANT_DELEGATION4args(
        want: OPEN4.SHARE_ACCESS_WANT_READ_DELEG, claim: .previous(.OPEN_DELEGATE_WRITE)),
      """
      00000100  want
      00000001  !dc_claim
      00000002  !dc_delegate_type
      """)
  }

  @Test("a claim by name is refused")
  func claimByName() throws {
    var bytes = ByteBuffer(integer: UInt32(0))
    bytes.writeInteger(UInt32(0))
    #expect(throws: XDRError.badEnumeration(type: "dc_claim", value: 0)) {
      try WANT_DELEGATION4args(xdr: bytes)
    }
  }
}

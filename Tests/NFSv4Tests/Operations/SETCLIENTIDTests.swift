import NFSv4
import Testing

@Suite("SETCLIENTID")
struct SETCLIENTIDTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SETCLIENTID4args(
        client: NfsClientId4(verifier: 1, id: Array("id".utf8)),
        callback: CbClient4(
          program: 0x4000_0000,
          location: Netaddr4(netid: Array("tcp".utf8), addr: Array("192.0.2.1.8.1".utf8))),
        callbackIdent: 2),
      """
      0000000000000001  verifier
      00000002  !id length
      69640000  id
      40000000  cb_program
      00000003  !cb_location.netid length
      74637000  cb_location.netid
      0000000d  !cb_location.addr length
      3139322e302e322e312e382e31000000  cb_location.addr
      00000002  callback_ident
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      SETCLIENTID4resok(clientid: 8, setclientidConfirm: 9),
      """
      0000000000000008  clientid
      0000000000000009  setclientid_confirm
      """)
  }

  @Test("a client id in use comes with an address")
  func clientidInUse() throws {
    try expectRefusal(
      SETCLIENTID.self, .NFS4ERR_CLID_INUSE,
      """
      00000000  !na_r_netid length
      00000000  !na_r_addr length
      """)
  }
}

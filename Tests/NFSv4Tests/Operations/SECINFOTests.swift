import NFSv4
import Testing

@Suite("SECINFO")
struct SECINFOTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SECINFO4args(name: Array("dir".utf8)),
      """
      00000003  !name length
      64697200  name
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      SECINFO4resok(flavors: [
        .gss(RpcsecGssInfo(oid: [6, 9], qop: 1, service: .RPC_GSS_SVC_PRIVACY)), .flavor(1),
      ]),
      """
      00000002  !count
      00000006  flavor
      00000002  !oid length
      06090000  oid
      00000001  qop
      00000003  !service
      00000001  flavor
      """)
  }
}

import NFSv4
import Testing

@Suite("SECINFO_NO_NAME")
struct SECINFO_NO_NAMETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SECINFO_NO_NAME4args(style: .SECINFO_STYLE4_PARENT),
      """
      00000001  !style
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

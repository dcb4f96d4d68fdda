import NFSv4
import Testing

@Suite("LISTXATTRS")
struct LISTXATTRSTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      LISTXATTRS4args(cookie: 1, maxcount: 512),
      """
      0000000000000001  cookie
      00000200  maxcount
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      LISTXATTRS4resok(cookie: 2, names: [Array("a".utf8), Array("bcd".utf8)], eof: true),
      """
      0000000000000002  cookie
      00000002  !names count
      00000001  !name length
      61000000  name
      00000003  !name length
      62636400  name
      00000001  !eof
      """)
  }
}

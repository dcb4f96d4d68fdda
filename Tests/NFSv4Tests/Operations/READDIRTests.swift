import NFSv4
import Testing

@Suite("READDIR")
struct READDIRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      READDIR4args(
        cookie: 3, cookieverf: 4, dircount: 512, maxcount: 4096, attrRequest: Bitmap4(0x10)),
      """
      0000000000000003  cookie
      0000000000000004  cookieverf
      00000200  dircount
      00001000  maxcount
      00000001  !attr_request words
      00000010  attr_request[0]
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      READDIR4resok(
        cookieverf: 4,
        entries: [
          Entry4(cookie: 5, name: Array("a".utf8), attrs: WireSample.fattr),
          Entry4(cookie: 6, name: Array("bcde".utf8), attrs: WireSample.fattr),
        ], eof: true),
      """
      0000000000000004  cookieverf
      00000001  !entry follows
      0000000000000005  cookie
      00000001  !name length
      61000000  name
      00000001  !attrs.attrmask words
      00000010  attrs.attrmask[0]
      00000008  !attrs.attr_vals length
      0000000000001000  size
      00000001  !entry follows
      0000000000000006  cookie
      00000004  !name length
      62636465  name
      00000001  !attrs.attrmask words
      00000010  attrs.attrmask[0]
      00000008  !attrs.attr_vals length
      0000000000001000  size
      00000000  !entry follows
      00000001  !eof
      """)
  }

  @Test("an empty directory has a verifier and an end")
  func empty() throws {
    try expectWire(
      READDIR4resok(cookieverf: 4, entries: [], eof: true),
      """
      0000000000000004  cookieverf
      00000000  !entry follows
      00000001  !eof
      """)
  }
}

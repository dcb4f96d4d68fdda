import NFSv4
import NIOCore
import Testing

@Suite("SETXATTR")
struct SETXATTRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      SETXATTR4args(
        option: .SETXATTR4_REPLACE, key: Array("k".utf8), value: ByteBuffer(bytes: [1, 2, 3])),
      """
      00000002  !option
      00000001  !key length
      6b000000  key
      00000003  !value length
      01020300  value
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      SETXATTR4resok(info: WireSample.cinfo),
      """
      00000001  !info.atomic
      0000000000000005  info.before
      0000000000000006  info.after
      """)
  }
}

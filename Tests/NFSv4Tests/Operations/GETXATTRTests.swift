import NFSv4
import NIOCore
import Testing

@Suite("GETXATTR")
struct GETXATTRTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      GETXATTR4args(name: Array("mime".utf8)),
      """
      00000004  !name length
      6d696d65  name
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      GETXATTR4resok(value: ByteBuffer(bytes: [1, 2, 3])),
      """
      00000003  !value length
      01020300  value
      """)
  }
}

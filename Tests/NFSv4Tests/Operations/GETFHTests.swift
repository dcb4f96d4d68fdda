import NFSv4
import NIOCore
import Testing

@Suite("GETFH")
struct GETFHTests {
  @Test("there are no arguments")
  func arguments() throws {
    #expect(GETFH.Arguments.self == Void4.self)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      GETFH4resok(object: NfsFh4(ByteBuffer(bytes: [1, 2, 3, 4, 5]))),
      """
      00000005  !object length
      0102030405000000  object
      """)
  }
}

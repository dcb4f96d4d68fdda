import NFSv4
import NIOCore
import Testing

@Suite("PUTFH")
struct PUTFHTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      PUTFH4args(object: NfsFh4(ByteBuffer(bytes: [1, 2, 3, 4, 5]))),
      """
      00000005  !object length
      0102030405000000  object
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(PUTFH.Resok.self == Void4.self)
  }

  @Test("a filehandle has at most 128 bytes")
  func limit() throws {
    for (count, isDecoded) in [(0, true), (128, true), (129, false)] {
      let handle = NfsFh4(ByteBuffer(repeating: 1, count: count))
      #expect(((try? PUTFH4args(xdr: PUTFH4args(object: handle).xdr)) != nil) == isDecoded)
    }
  }
}

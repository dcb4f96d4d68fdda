import NFSv4
import Testing

@Suite("LOOKUP")
struct LOOKUPTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      LOOKUP4args(objname: Array("file.c".utf8)),
      """
      00000006  !objname length
      66696c652e630000  objname
      """)
  }

  @Test("the result is a status only")
  func result() throws {
    #expect(LOOKUP.Resok.self == Void4.self)
  }

  @Test("a name that is too long for a file system is decoded, one beyond all bounds is not")
  func longNames() throws {
    for (count, isDecoded) in [(255, true), (256, true), (4096, true), (4097, false)] {
      let bytes = LOOKUP4args(objname: Array(repeating: 0x61, count: count)).xdr
      let decoded = try? LOOKUP4args(xdr: bytes)
      #expect((decoded?.objname.count == count) == isDecoded)
    }
  }
}

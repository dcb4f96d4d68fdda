import NFSv4
import Testing

@Suite("RENAME")
struct RENAMETests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      RENAME4args(oldname: Array("old".utf8), newname: Array("newer".utf8)),
      """
      00000003  !oldname length
      6f6c6400  oldname
      00000005  !newname length
      6e65776572000000  newname
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      RENAME4resok(
        sourceCinfo: WireSample.cinfo,
        targetCinfo: ChangeInfo4(atomic: false, before: 1, after: 2)),
      """
      00000001  !source_cinfo.atomic
      0000000000000005  source_cinfo.before
      0000000000000006  source_cinfo.after
      00000000  !target_cinfo.atomic
      0000000000000001  target_cinfo.before
      0000000000000002  target_cinfo.after
      """)
  }
}

import NFSv4
import NIOCore
import Testing
import XDR

@Suite("OwnerName")
struct OwnerNameTests {
  @Test(
    "a number is its decimal digits",
    arguments: [
      (0, "0"), (9, "9"), (10, "10"), (999, "999"), (1000, "1000"), (65534, "65534"),
      (12_345_678, "12345678"), (123_456_789, "123456789"), (UInt32.max, "4294967295"),
    ] as [(UInt32, String)])
  func numbers(id: UInt32, text: String) throws {
    var expected = XDREncoder()
    expected.opaque(Array(text.utf8))
    #expect(OwnerName.id(id).xdr == expected.finishContiguous())
    #expect(try OwnerName(xdr: OwnerName.id(id).xdr) == .id(id))
  }

  @Test(
    "what is no number in its shortest form is a name",
    arguments: ["", "00", "007", "4294967296", "99999999999", "-1", "+1", "1 ", "a", "root@host"])
  func names(text: String) throws {
    let name = OwnerName.name(Array(text.utf8))
    #expect(try OwnerName(xdr: name.xdr) == name)
  }

  @Test("the wire is checked like that of any other string")
  func wire() throws {
    try expectWire(
      OwnerName.id(1000),
      """
      00000004  !length
      31303030  owner
      """)
    try expectWire(
      OwnerName.name(Array("a@b.c".utf8)),
      """
      00000005  !length
      6140622e63000000  owner
      """)
  }

  @Test("a name longer than its limit is refused")
  func limit() {
    let name = OwnerName.name(Array(repeating: 0x61, count: NFS4.OPAQUE_LIMIT + 1))
    #expect(throws: XDRError.self) { try OwnerName(xdr: name.xdr) }
  }
}

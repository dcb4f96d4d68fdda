import NFSv4
import Testing

@Suite("attribute types")
struct AttributeTypesTests {
  @Test("an access control entry is that of the .x")
  func ace() throws {
    try expectWire(
      Nfsace4(type: 1, flag: 0x40, accessMask: 0x12_0081, who: Array("staff".utf8)),
      """
      00000001  type
      00000040  flag
      00120081  access_mask
      00000005  !who length
      7374616666000000  who
      """)
  }

  @Test("a time is set from one of two clocks")
  func settime() throws {
    try expectWire(Settime4.serverTime, "00000000  !set_it")
    try expectWire(
      Settime4.clientTime(Nfstime4(seconds: 1, nseconds: 2)),
      """
      00000001  !set_it
      0000000000000001  seconds
      00000002  nseconds
      """)
  }

  @Test("every file type is its number, and there are no others")
  func fileTypes() throws {
    for number in UInt32(0)...10 {
      #expect((NfsFtype4(rawValue: number) != nil) == (1...9).contains(number))
    }
    try expectWire(NfsFtype4.NF4NAMEDATTR, "00000009  !type")
  }
}

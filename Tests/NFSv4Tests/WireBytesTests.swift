import NFSv4
import Testing

@Suite("WireBytes")
struct WireBytesTests {
  @Test("lines become bytes, and a mark an offset")
  func lines() {
    let wire = WireBytes(
      """
      0000000000000001  cookie
      00000002  !type
      6100  a
      """)
    #expect(wire.bytes == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x61, 0])
    #expect(wire.strictOffsets == [8])
  }

  @Test("other bytes than those written out are noticed")
  func otherBytes() {
    withKnownIssue { try expectWire(NfsFtype4.NF4DIR, "00000003  !type") }
  }
}

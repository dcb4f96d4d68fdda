import NFSv4
import NIOCore
import Testing
import XDR

@Suite("READ")
struct READTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      READ4args(stateid: WireSample.stateid, offset: 4096, count: 512),
      """
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      0000000000001000  offset
      00000200  count
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      READ4resok(eof: true, data: [ByteBuffer(bytes: [1, 2, 3, 4, 5])]),
      """
      00000001  !eof
      00000005  !data length
      0102030405000000  data
      """)
  }

  @Test("no data is no slice")
  func noData() throws {
    try expectWire(
      READ4resok(eof: true, data: []),
      """
      00000001  !eof
      00000000  !data length
      """)
  }

  @Test("data in pieces is one opaque, and large pieces are not copied")
  func pieces() throws {
    let large = ByteBuffer(repeating: 7, count: 8193)
    let small = ByteBuffer(bytes: [1, 2])
    var encoder = XDREncoder()
    READ4resok(eof: false, data: [small, large, small]).encode(to: &encoder)
    let pieces = encoder.finish()
    #expect(pieces.count == 3)
    #expect(pieces.map(\.readableBytes) == [4 + 4 + 2, 8193, 2 + 3])
    var whole = ByteBuffer()
    for piece in pieces { whole.writeImmutableBuffer(piece) }
    let decoded = try READ4resok(xdr: whole)
    #expect(decoded.data.count == 1)
    #expect(decoded.data.first?.readableBytes == 8197)
  }

  @Test("more data than a payload may have is refused before it is read")
  func limit() throws {
    var bytes = ByteBuffer(integer: UInt32(0))
    bytes.writeInteger(UInt32(NFS4.payloadLimitBytes + 1))
    #expect(
      throws: XDRError.tooLong(
        claimed: UInt32(NFS4.payloadLimitBytes + 1), limit: NFS4.payloadLimitBytes)
    ) { try READ4resok(xdr: bytes) }
  }
}

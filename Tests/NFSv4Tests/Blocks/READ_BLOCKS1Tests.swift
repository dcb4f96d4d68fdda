import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct READ_BLOCKS1Tests {
  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      READ_BLOCKS1args(
        fh: Fixture.fh, change: 0x1_0000_0002, blockBytes: 262_144, indices: [0, 7]),
      [
        5, 0xa1a2_a3a4, 0xa500_0000, 1, 2, 0x0004_0000,
        2, 0, 7,
      ],
      [
        Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(6, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(6, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 1024)),
      ])
  }

  @Test("blocks are the declaration's bytes and no others")
  func results() {
    expectWire(
      READ_BLOCKS1res.ok([
        Block1(
          index: 7, encoding: 1, plainBytes: 5,
          digest: BlockDigest(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10),
          bytes: ByteBuffer(bytes: [1, 2, 3, 4, 5]))
      ]),
      [
        0, 1, 7, 1, 5, 0x0102_0304,
        0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 5, 0x0102_0304, 0x0500_0000,
      ],
      [
        Corruption(0, 3, .badEnumeration(type: "nfsstat4", value: 3)),
        Corruption(1, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(4, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1048576)),
        Corruption(9, 0x0011_0001, .tooLong(claimed: 0x0011_0001, limit: 1114112)),
      ])
  }

  @Test("a refusal is its status alone")
  func refused() {
    expectWire(
      READ_BLOCKS1res.refused(.NFS4ERR_NOT_SAME),
      [
        0x272b
      ])
  }

  @Test("a large block is referenced, not copied, and arrives whole")
  func largeBlock() throws {
    let payload = ByteBuffer(repeating: 0x5a, count: BlockProtocol.blockLimitBytes)
    let block = Block1(
      index: 1, encoding: 0, plainBytes: 1_048_576, digest: BlockDigest(high: 1, low: 2),
      bytes: payload)
    var encoder = XDREncoder()
    READ_BLOCKS1res.ok([block, block]).encode(to: &encoder)
    let pieces = encoder.finish()
    #expect(pieces.filter { $0 == payload }.count == 2)
    var wire = ByteBuffer()
    for piece in pieces { wire.writeImmutableBuffer(piece) }
    #expect(try READ_BLOCKS1res(xdr: wire) == .ok([block, block]))
  }
}

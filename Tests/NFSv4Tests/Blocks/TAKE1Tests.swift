import NFSv4
import NIOCore
import Testing
import XDR

extension Fixture {
  static let blockFile = BlockFile1(
    fh: fh, change: 0x1_0000_0002, size: 0x3_0000_0004, blockBytes: 262_144)
  /// Its words: a handle of five bytes, version, size, bytes of a block.
  static let blockFileWords: [UInt32] = [
    5, 0xa1a2_a3a4, 0xa500_0000, 1, 2, 3, 4, 0x0004_0000,
  ]
}

@Suite struct TAKE1Tests {
  private static let seal = ByteBuffer(bytes: (0..<64).map { UInt8($0) })
  private static let sealWords: [UInt32] = (0..<16).map { word in
    (0..<4).reduce(0) { $0 << 8 | UInt32(word * 4 + $1) }
  }

  @Test("arguments are the declaration's bytes and no others")
  func arguments() {
    expectWire(
      TAKE1args(
        file: Fixture.blockFile, index: 7, flags: [.DEMAND, .ASSIGNED], waiting: 3,
        excluded: [0x5_0000_0006]),
      Fixture.blockFileWords + [7, 5, 3, 1, 5, 6],
      [
        Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(11, 0x11, .tooLong(claimed: 0x11, limit: 16)),
        Corruption(11, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 16)),
      ])
  }

  @Test("a block is the declaration's bytes and no others")
  func block() {
    expectWire(
      TAKE1res.block(
        Block1(
          index: 7, encoding: 1, plainBytes: 5,
          digest: BlockDigest(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10),
          seal: Self.seal, bytes: ByteBuffer(bytes: [1, 2, 3, 4, 5]))),
      [0, 7, 1, 5, 0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10]
        + Self.sealWords + [5, 0x0102_0304, 0x0500_0000],
      [
        Corruption(0, 6, .badEnumeration(type: "take1_status", value: 6)),
        Corruption(3, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1_048_576)),
        Corruption(24, 0x0011_0001, .tooLong(claimed: 0x0011_0001, limit: 1_114_112)),
      ])
  }

  @Test("every other answer is its status, and elsewhere is whose it is")
  func otherAnswers() {
    expectWire(TAKE1res.elsewhere(member: 0x1_0000_0002), [1, 1, 2])
    expectWire(TAKE1res.missing, [2])
    expectWire(TAKE1res.busy, [3])
    expectWire(TAKE1res.gone, [4])
    expectWire(TAKE1res.refused, [5])
  }

  @Test("a large block is referenced, not copied, and arrives whole")
  func largeBlock() throws {
    let payload = ByteBuffer(repeating: 0x5a, count: BlockProtocol.blockLimitBytes)
    let block = Block1(
      index: 1, encoding: 0, plainBytes: 1_048_576, digest: BlockDigest(high: 1, low: 2),
      seal: Self.seal, bytes: payload)
    var encoder = XDREncoder()
    TAKE1res.block(block).encode(to: &encoder)
    let pieces = encoder.finish()
    #expect(pieces.contains(payload))
    var wire = ByteBuffer()
    for piece in pieces { wire.writeImmutableBuffer(piece) }
    #expect(try TAKE1res(xdr: wire) == .block(block))
  }
}

import BlockCache
import NFSServer
import NIOCore
import Testing

@Suite struct BlockSignerTests {
  private let signer = BlockSigner(secret: .init(data: [UInt8](repeating: 7, count: 32)))
  private let name = BlockKey(
    version: FileVersion(file: FileID(high: 1, low: 2), change: 3), index: 4)

  private func verifier(_ signer: BlockSigner? = nil) throws -> BlockVerifier {
    try #require(BlockVerifier(publicKey: (signer ?? self.signer).publicKey))
  }

  /// A block with the metadata server's seal for it.
  private func sealed(_ text: String = "plain bytes of a block") -> StoredBlock {
    var block = StoredBlock.packing(ByteBuffer(string: text))
    block.seal = signer.seal(name, plainBytes: block.plainBytes, digest: block.digest)
    #expect(block.seal != nil)
    return block
  }

  @Test("a block that the metadata server signed is accepted, however it is packed")
  func accepted() throws {
    let verifier = try verifier()
    let packed = sealed(String(repeating: "the same again ", count: 500))
    #expect(packed.encoding == .lz4)
    #expect(verifier.accepts(packed, as: name))
    #expect(verifier.accepts(sealed(), as: name))
    #expect(verifier.accepts(sealed(""), as: name))
  }

  @Test("the key is the same after a restart, and another secret's key is another")
  func keys() throws {
    let again = BlockSigner(secret: .init(data: [UInt8](repeating: 7, count: 32)))
    let other = BlockSigner(secret: .init(data: [UInt8](repeating: 8, count: 32)))
    #expect(signer.publicKey == again.publicKey && signer.publicKey.count == 32)
    #expect(signer.publicKey != other.publicKey)
    #expect(try verifier(again).accepts(sealed(), as: name))
    #expect(try !verifier(other).accepts(sealed(), as: name))
  }

  @Test("a block without a seal is not accepted, nor one with an empty seal")
  func unsealed() throws {
    var block = sealed()
    block.seal = nil
    #expect(try !verifier().accepts(block, as: name))
    block.seal = BlockSeal([UInt8](repeating: 0, count: BlockSeal.byteCount))
    #expect(block.seal?.isZero == true)
    #expect(try !verifier().accepts(block, as: name))
  }

  @Test("any flipped bit of the seal is found out")
  func flippedSeal() throws {
    let verifier = try verifier()
    var block = sealed()
    let bytes = try #require(block.seal?.bytes)
    for place in bytes.indices {
      for bit in 0..<8 {
        var wrong = bytes
        wrong[place] ^= 1 << UInt8(bit)
        block.seal = BlockSeal(wrong)
        #expect(!verifier.accepts(block, as: name), "\(place), \(bit)")
      }
    }
  }

  @Test("any flipped bit of the digest is found out")
  func flippedDigest() throws {
    let verifier = try verifier()
    let block = sealed()
    for bit in 0..<64 {
      var wrong = block
      wrong.digest = BlockDigest(high: block.digest.high ^ 1 << UInt64(bit), low: block.digest.low)
      #expect(!verifier.accepts(wrong, as: name))
      wrong.digest = BlockDigest(high: block.digest.high, low: block.digest.low ^ 1 << UInt64(bit))
      #expect(!verifier.accepts(wrong, as: name))
    }
  }

  @Test("the seal of one block is none of another: file, version, index and size count")
  func otherBlock() throws {
    let verifier = try verifier()
    let block = sealed()
    for bit in 0..<64 {
      let flip = UInt64(1) << UInt64(bit)
      var names: [BlockKey] = Array(repeating: name, count: 4)
      names[0].version.file.high ^= flip
      names[1].version.file.low ^= flip
      names[2].version.change ^= flip
      names[3].index ^= UInt32(truncatingIfNeeded: flip | flip >> 32)
      for other in names { #expect(!verifier.accepts(block, as: other)) }
    }
    for bit in 0..<32 {
      var wrong = block
      wrong.plainBytes ^= 1 << bit
      #expect(!verifier.accepts(wrong, as: name))
    }
  }

  @Test("the seal is of the plain bytes' digest, so other bytes are found out by unpacking")
  func otherBytes() {
    var block = sealed()
    var bytes = Array(block.bytes.readableBytesView)
    bytes[0] ^= 1
    block.bytes = ByteBuffer(bytes: bytes)
    #expect(throws: BlockError.self) { try block.unpacked() }
  }

  @Test("what is no key verifies nothing", arguments: [0, 1, 31, 33, 64])
  func noKey(count: Int) {
    #expect(BlockVerifier(publicKey: [UInt8](repeating: 9, count: count)) == nil)
  }
}

public import BlockCache
public import Crypto
import NIOCore

/// What is signed under a block: which block of which version has which digest.
///
///     "p2pnfs block seal, 1" || file id (16) || change (8) || index (4) || plain bytes (4)
///       || XXH3-128 of the plain bytes (16)
private func sealedText(_ key: BlockKey, plainBytes: Int, digest: BlockDigest) -> [UInt8] {
  var buffer = ByteBuffer(string: "p2pnfs block seal, 1")
  buffer.writeInteger(key.version.file.high)
  buffer.writeInteger(key.version.file.low)
  buffer.writeInteger(key.version.change)
  buffer.writeInteger(key.index)
  buffer.writeInteger(UInt32(clamping: plainBytes))
  buffer.writeInteger(digest.high)
  buffer.writeInteger(digest.low)
  return Array(buffer.readableBytesView)
}

/// The metadata server's hand: signs the digests of the blocks it gives, by Ed25519, so that a peer
/// can pass a block on and nobody has to trust the peer.
public struct BlockSigner: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// - Parameter secret: known to the metadata server alone, and the same after a restart: blocks
  ///   in the peers' caches stay good.
  public init(secret: SymmetricKey) {
    let seed = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: secret, info: Array("p2pnfs block signing key, 1".utf8),
      outputByteCount: 32)
    // Any 32 bytes are a key.
    key = seed.withUnsafeBytes { bytes in
      (try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes))
        ?? Curve25519.Signing.PrivateKey()
    }
  }

  /// What verifies the seals: 32 bytes.
  public var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

  /// The seal for a block; nil only if there is no randomness to be had.
  public func seal(_ block: BlockKey, plainBytes: Int, digest: BlockDigest) -> BlockSeal? {
    let text = sealedText(block, plainBytes: plainBytes, digest: digest)
    return (try? key.signature(for: text)).flatMap { BlockSeal($0) }
  }
}

/// Tells whether the metadata server signed a block.
public struct BlockVerifier: Sendable {
  private let key: Curve25519.Signing.PublicKey

  /// - Returns: nil for what is no key.
  public init?(publicKey: [UInt8]) {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
      return nil
    }
    self.key = key
  }

  /// Whether the metadata server says that this is the block's digest. That the bytes have it is
  /// for ``BlockCache/StoredBlock/unpacked()`` to say.
  public func accepts(_ block: StoredBlock, as name: BlockKey) -> Bool {
    guard let seal = block.seal else { return false }
    let text = sealedText(name, plainBytes: block.plainBytes, digest: block.digest)
    return key.isValidSignature(seal.bytes, for: text)
  }
}

import Crypto

/// One of the cluster's keys, and what is derived from it (HKDF, RFC 5869).
///
///     key id            = the first 4 bytes of HKDF(key, info "p2pnfs gossip key id 1")
///     a session's key   = HKDF(key, salt = the sender's session, info "p2pnfs gossip datagram 1")
///
/// With a key for each session, the counter alone makes the nonce unique.
struct SealKey: Sendable {
  let id: UInt32
  private let key: SymmetricKey

  init(_ bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, info: Array("p2pnfs gossip key id 1".utf8), outputByteCount: 4)
    id = derived.withUnsafeBytes { $0.reduce(0) { $0 << 8 | UInt32($1) } }
  }

  func sessionKey(_ session: UInt64) -> SymmetricKey {
    var salt = ByteWriter(capacity: 8)
    salt.uint64(session)
    return HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, salt: salt.bytes, info: Array("p2pnfs gossip datagram 1".utf8),
      outputByteCount: 32)
  }
}

/// The clear part of a sealed datagram, which is authenticated too:
///
///     magic "P2G" (3)   kind and format (1)   key id (4)
///     sender's session (8)   counter (8)   receiver's session (8)
///
/// The encrypted payload and a tag of 16 bytes follow.
struct SealHeader: Equatable {
  static let encodedBytes = 32
  private static let magic: UInt32 = 0x5032_4700

  enum Kind: UInt8 {
    /// A payload, for the session named.
    case payload = 0x11
    /// Asks for the receiver's session. Its payload is as long as the answer's, and zero.
    case question = 0x12
    /// Says the sender's session; the payload is the counter that it answers.
    case hello = 0x13
  }

  var kind: Kind
  var keyID: UInt32
  var sender: UInt64
  var counter: UInt64
  /// 0 in a question.
  var receiver: UInt64

  func encode(into writer: inout ByteWriter) {
    writer.uint32(Self.magic | UInt32(kind.rawValue))
    writer.uint32(keyID)
    writer.uint64(sender)
    writer.uint64(counter)
    writer.uint64(receiver)
  }

  init(kind: Kind, keyID: UInt32, sender: UInt64, counter: UInt64, receiver: UInt64) {
    self.kind = kind
    self.keyID = keyID
    self.sender = sender
    self.counter = counter
    self.receiver = receiver
  }

  init(decoding reader: inout ByteReader) throws(GossipError) {
    let first = try reader.uint32()
    guard first & 0xffff_ff00 == Self.magic,
      let kind = Kind(rawValue: UInt8(truncatingIfNeeded: first))
    else { throw .unknownValue }
    self.kind = kind
    keyID = try reader.uint32()
    sender = try reader.uint64()
    counter = try reader.uint64()
    receiver = try reader.uint64()
  }

  /// The counter, behind four zero bytes.
  var nonce: [UInt8] {
    var writer = ByteWriter(capacity: 12)
    writer.uint32(0)
    writer.uint64(counter)
    return writer.bytes
  }
}

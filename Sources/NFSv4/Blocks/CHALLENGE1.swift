public import XDR

/// What a proof has to answer, and what it is bound to.
///
///     struct CHALLENGE1args {
///         opaque     nonce<32>;   /* exactly 32 random bytes of the caller's */
///         sessionid4 sessionid;   /* the caller's session with the callee, or zero */
///     };
public struct CHALLENGE1args: XDRCodable, Hashable, Sendable {
  public var nonce: [UInt8]
  public var sessionid: Sessionid4

  public init(nonce: [UInt8], sessionid: Sessionid4) {
    self.nonce = nonce
    self.sessionid = sessionid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    nonce = try BlockProtocol.exactly(BlockProtocol.nonceBytes, from: &decoder)
    sessionid = try Sessionid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(nonce)
    sessionid.encode(to: &encoder)
  }
}

/// The callee's proof, and what the caller's has to answer.
///
///     struct CHALLENGE1res {
///         opaque nonce<32>;       /* exactly 32 random bytes of the callee's */
///         opaque proof<32>;       /* exactly 32: that the callee holds the cluster's key */
///     };
public struct CHALLENGE1res: XDRCodable, Hashable, Sendable {
  public var nonce: [UInt8]
  public var proof: [UInt8]

  public init(nonce: [UInt8], proof: [UInt8]) {
    self.nonce = nonce
    self.proof = proof
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    nonce = try BlockProtocol.exactly(BlockProtocol.nonceBytes, from: &decoder)
    proof = try BlockProtocol.exactly(BlockProtocol.proofBytes, from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(nonce)
    encoder.opaque(proof)
  }
}

public import XDR

/// The caller's proof, of the nonces of the CHALLENGE before it on this connection.
///
///     struct PROVE1args { opaque proof<32>; /* exactly 32: that the caller holds the key */ };
public struct PROVE1args: XDRCodable, Hashable, Sendable {
  public var proof: [UInt8]

  public init(proof: [UInt8]) {
    self.proof = proof
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    proof = try BlockProtocol.exactly(BlockProtocol.proofBytes, from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(proof)
  }
}

/// Whether a proof was accepted. A refusal ends what the connection may ask for.
///
///     enum prove1_status { PROVE1_OK = 0, PROVE1_REFUSED = 1 };
public enum Prove1Status: UInt32, XDRCodable, Sendable {
  case PROVE1_OK = 0
  case PROVE1_REFUSED = 1

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "prove1_status", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct PROVE1res { prove1_status status; };
public struct PROVE1res: XDRCodable, Hashable, Sendable {
  public var status: Prove1Status

  public init(status: Prove1Status) {
    self.status = status
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    status = try Prove1Status(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    status.encode(to: &encoder)
  }
}

public import XDR

/// Changes the secret state verifier of SP4_SSV (RFC 8881 §18.47).
public enum SET_SSV: NfsOperation {
  public typealias Arguments = SET_SSV4args
  public typealias Resok = SET_SSV4resok
  public static let opnum = NfsOpnum4.OP_SET_SSV
}

///     struct ssa_digest_input4 { SEQUENCE4args sdi_seqargs; };
///     struct SET_SSV4args { opaque ssa_ssv<>; opaque ssa_digest<>; };
public struct SET_SSV4args: XDRCodable, Hashable, Sendable {
  public var ssv: [UInt8]
  public var digest: [UInt8]

  public init(ssv: [UInt8], digest: [UInt8]) {
    self.ssv = ssv
    self.digest = digest
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    ssv = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
    digest = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(ssv)
    encoder.opaque(digest)
  }
}

///     struct ssr_digest_input4 { SEQUENCE4res sdi_seqres; };
///     struct SET_SSV4resok { opaque ssr_digest<>; };
public struct SET_SSV4resok: XDRCodable, Hashable, Sendable {
  public var digest: [UInt8]

  public init(digest: [UInt8]) {
    self.digest = digest
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    digest = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(digest)
  }
}

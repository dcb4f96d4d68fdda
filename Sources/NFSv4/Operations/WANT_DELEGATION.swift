public import XDR

/// Asks for a delegation of a file (RFC 8881 §18.49).
public enum WANT_DELEGATION: NfsOperation {
  public typealias Arguments = WANT_DELEGATION4args
  public typealias Resok = OpenDelegation4
  public static let opnum = NfsOpnum4.OP_WANT_DELEGATION
}

///     struct WANT_DELEGATION4args { uint32_t wda_want; deleg_claim4 wda_claim; };
public struct WANT_DELEGATION4args: XDRCodable, Hashable, Sendable {
  /// `OPEN4.SHARE_ACCESS_WANT_*`.
  public var want: UInt32
  public var claim: DelegClaim4

  public init(want: UInt32, claim: DelegClaim4) {
    self.want = want
    self.claim = claim
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    want = try decoder.uint32()
    claim = try DelegClaim4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(want)
    claim.encode(to: &encoder)
  }
}

/// By what right a delegation is wanted.
///
///     union deleg_claim4 switch (open_claim_type4 dc_claim) {
///         case CLAIM_FH:            void;
///         case CLAIM_DELEG_PREV_FH: void;
///         case CLAIM_PREVIOUS:      open_delegation_type4 dc_delegate_type;
///     };
public enum DelegClaim4: XDRCodable, Hashable, Sendable {
  case fh
  case delegPrevFh
  case previous(OpenDelegationType4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try OpenClaimType4(from: &decoder) {
    case .CLAIM_FH: self = .fh
    case .CLAIM_DELEG_PREV_FH: self = .delegPrevFh
    case .CLAIM_PREVIOUS: self = .previous(try OpenDelegationType4(from: &decoder))
    case let other: throw .badEnumeration(type: "dc_claim", value: other.rawValue)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .fh: OpenClaimType4.CLAIM_FH.encode(to: &encoder)
    case .delegPrevFh: OpenClaimType4.CLAIM_DELEG_PREV_FH.encode(to: &encoder)
    case .previous(let type):
      OpenClaimType4.CLAIM_PREVIOUS.encode(to: &encoder)
      type.encode(to: &encoder)
    }
  }
}

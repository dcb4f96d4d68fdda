public import XDR

///     enum open_claim_type4 {
///         CLAIM_NULL = 0, CLAIM_PREVIOUS = 1, CLAIM_DELEGATE_CUR = 2, CLAIM_DELEGATE_PREV = 3,
///         CLAIM_FH = 4, CLAIM_DELEG_CUR_FH = 5, CLAIM_DELEG_PREV_FH = 6
///     };
public enum OpenClaimType4: UInt32, XDRCodable, Sendable {
  case CLAIM_NULL = 0
  case CLAIM_PREVIOUS = 1
  case CLAIM_DELEGATE_CUR = 2
  case CLAIM_DELEGATE_PREV = 3
  case CLAIM_FH = 4
  case CLAIM_DELEG_CUR_FH = 5
  case CLAIM_DELEG_PREV_FH = 6

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "open_claim_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct open_claim_delegate_cur4 { stateid4 delegate_stateid; component4 file; };
public struct OpenClaimDelegateCur4: XDRCodable, Hashable, Sendable {
  public var delegateStateid: Stateid4
  public var file: Component4

  public init(delegateStateid: Stateid4, file: Component4) {
    self.delegateStateid = delegateStateid
    self.file = file
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    delegateStateid = try Stateid4(from: &decoder)
    file = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    delegateStateid.encode(to: &encoder)
    encoder.opaque(file)
  }
}

/// Which file is opened, and by what right.
///
///     union open_claim4 switch (open_claim_type4 claim) {
///         case CLAIM_NULL:          component4 file;
///         case CLAIM_PREVIOUS:      open_delegation_type4 delegate_type;
///         case CLAIM_DELEGATE_CUR:  open_claim_delegate_cur4 delegate_cur_info;
///         case CLAIM_DELEGATE_PREV: component4 file_delegate_prev;
///         case CLAIM_FH:            void;
///         case CLAIM_DELEG_PREV_FH: void;
///         case CLAIM_DELEG_CUR_FH:  stateid4 oc_delegate_stateid;
///     };
public enum OpenClaim4: XDRCodable, Hashable, Sendable {
  case null(Component4)
  case previous(OpenDelegationType4)
  case delegateCur(OpenClaimDelegateCur4)
  case delegatePrev(Component4)
  case fh
  case delegCurFh(Stateid4)
  case delegPrevFh

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try OpenClaimType4(from: &decoder) {
    case .CLAIM_NULL: self = .null(try decoder.bytes(limit: NFS4.componentLimitBytes))
    case .CLAIM_PREVIOUS: self = .previous(try OpenDelegationType4(from: &decoder))
    case .CLAIM_DELEGATE_CUR: self = .delegateCur(try OpenClaimDelegateCur4(from: &decoder))
    case .CLAIM_DELEGATE_PREV:
      self = .delegatePrev(try decoder.bytes(limit: NFS4.componentLimitBytes))
    case .CLAIM_FH: self = .fh
    case .CLAIM_DELEG_CUR_FH: self = .delegCurFh(try Stateid4(from: &decoder))
    case .CLAIM_DELEG_PREV_FH: self = .delegPrevFh
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .null(let value):
      OpenClaimType4.CLAIM_NULL.encode(to: &encoder)
      encoder.opaque(value)
    case .previous(let value):
      OpenClaimType4.CLAIM_PREVIOUS.encode(to: &encoder)
      value.encode(to: &encoder)
    case .delegateCur(let value):
      OpenClaimType4.CLAIM_DELEGATE_CUR.encode(to: &encoder)
      value.encode(to: &encoder)
    case .delegatePrev(let value):
      OpenClaimType4.CLAIM_DELEGATE_PREV.encode(to: &encoder)
      encoder.opaque(value)
    case .fh: OpenClaimType4.CLAIM_FH.encode(to: &encoder)
    case .delegCurFh(let value):
      OpenClaimType4.CLAIM_DELEG_CUR_FH.encode(to: &encoder)
      value.encode(to: &encoder)
    case .delegPrevFh: OpenClaimType4.CLAIM_DELEG_PREV_FH.encode(to: &encoder)
    }
  }
}

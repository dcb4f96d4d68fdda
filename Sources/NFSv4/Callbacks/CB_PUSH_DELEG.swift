public import XDR

/// A delegation that the client wanted comes now (RFC 8881 §20.5).
public enum CB_PUSH_DELEG: NfsCbOperation {
  public typealias Arguments = CB_PUSH_DELEG4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_PUSH_DELEG
}

///     struct CB_PUSH_DELEG4args { nfs_fh4 cpda_fh; open_delegation4 cpda_delegation; };
public struct CB_PUSH_DELEG4args: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var delegation: OpenDelegation4

  public init(fh: NfsFh4, delegation: OpenDelegation4) {
    self.fh = fh
    self.delegation = delegation
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    delegation = try OpenDelegation4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    delegation.encode(to: &encoder)
  }
}

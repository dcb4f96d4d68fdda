public import XDR

/// Delegations that the client waits for will not come (RFC 8881 §20.10).
public enum CB_WANTS_CANCELLED: NfsCbOperation {
  public typealias Arguments = CB_WANTS_CANCELLED4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_WANTS_CANCELLED
}

///     struct CB_WANTS_CANCELLED4args {
///         bool cwca_contended_wants_cancelled; bool cwca_resourced_wants_cancelled;
///     };
public struct CB_WANTS_CANCELLED4args: XDRCodable, Hashable, Sendable {
  public var contendedWantsCancelled: Bool
  public var resourcedWantsCancelled: Bool

  public init(contendedWantsCancelled: Bool, resourcedWantsCancelled: Bool) {
    self.contendedWantsCancelled = contendedWantsCancelled
    self.resourcedWantsCancelled = resourcedWantsCancelled
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    contendedWantsCancelled = try decoder.bool()
    resourcedWantsCancelled = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(contendedWantsCancelled)
    encoder.bool(resourcedWantsCancelled)
  }
}

public import XDR

/// Stops a copy that goes on (RFC 7862 §15.8).
public enum OFFLOAD_CANCEL: NfsOperation {
  public typealias Arguments = OFFLOAD_CANCEL4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_OFFLOAD_CANCEL
}

///     struct OFFLOAD_CANCEL4args { stateid4 oca_stateid; };
public struct OFFLOAD_CANCEL4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4

  public init(stateid: Stateid4) {
    self.stateid = stateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
  }
}

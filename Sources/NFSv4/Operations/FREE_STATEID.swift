public import XDR

/// Frees a revoked state or locks that are gone (RFC 8881 §18.38).
public enum FREE_STATEID: NfsOperation {
  public typealias Arguments = FREE_STATEID4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_FREE_STATEID
}

///     struct FREE_STATEID4args { stateid4 fsa_stateid; };
public struct FREE_STATEID4args: XDRCodable, Hashable, Sendable {
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

public import XDR

/// Gives a delegation back (RFC 8881 §18.6).
public enum DELEGRETURN: NfsOperation {
  public typealias Arguments = DELEGRETURN4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_DELEGRETURN
}

///     struct DELEGRETURN4args { stateid4 deleg_stateid; };
public struct DELEGRETURN4args: XDRCodable, Hashable, Sendable {
  public var delegStateid: Stateid4

  public init(delegStateid: Stateid4) {
    self.delegStateid = delegStateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    delegStateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    delegStateid.encode(to: &encoder)
  }
}

public import XDR

/// Ends a session, not its client's state (RFC 8881 §18.37).
public enum DESTROY_SESSION: NfsOperation {
  public typealias Arguments = DESTROY_SESSION4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_DESTROY_SESSION
}

///     struct DESTROY_SESSION4args { sessionid4 dsa_sessionid; };
public struct DESTROY_SESSION4args: XDRCodable, Hashable, Sendable {
  public var sessionid: Sessionid4

  public init(sessionid: Sessionid4) {
    self.sessionid = sessionid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
  }
}

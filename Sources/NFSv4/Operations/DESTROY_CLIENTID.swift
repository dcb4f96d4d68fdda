public import XDR

/// Ends a client id that has no sessions and no state left (RFC 8881 §18.50).
public enum DESTROY_CLIENTID: NfsOperation {
  public typealias Arguments = DESTROY_CLIENTID4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_DESTROY_CLIENTID
}

///     struct DESTROY_CLIENTID4args { clientid4 dca_clientid; };
public struct DESTROY_CLIENTID4args: XDRCodable, Hashable, Sendable {
  public var clientid: Clientid4

  public init(clientid: Clientid4) {
    self.clientid = clientid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientid = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(clientid)
  }
}

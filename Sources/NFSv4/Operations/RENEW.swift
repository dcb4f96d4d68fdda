public import XDR

/// Of NFSv4.0 only: NFS4ERR_NOTSUPP since (RFC 8881 §17, RFC 7530 §16.28).
public enum RENEW: NfsOperation {
  public typealias Arguments = RENEW4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_RENEW
}

///     struct RENEW4args { clientid4 clientid; };
public struct RENEW4args: XDRCodable, Hashable, Sendable {
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

public import XDR

/// Gives up delegations kept from before the client restarted (RFC 8881 §18.5).
public enum DELEGPURGE: NfsOperation {
  public typealias Arguments = DELEGPURGE4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_DELEGPURGE
}

///     struct DELEGPURGE4args { clientid4 clientid; };
public struct DELEGPURGE4args: XDRCodable, Hashable, Sendable {
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

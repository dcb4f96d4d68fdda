public import XDR

/// Of NFSv4.0 only: NFS4ERR_NOTSUPP since (RFC 8881 §17, RFC 7530 §16.34).
public enum SETCLIENTID_CONFIRM: NfsOperation {
  public typealias Arguments = SETCLIENTID_CONFIRM4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_SETCLIENTID_CONFIRM
}

///     struct SETCLIENTID_CONFIRM4args { clientid4 clientid; verifier4 setclientid_confirm; };
public struct SETCLIENTID_CONFIRM4args: XDRCodable, Hashable, Sendable {
  public var clientid: Clientid4
  public var setclientidConfirm: Verifier4

  public init(clientid: Clientid4, setclientidConfirm: Verifier4) {
    self.clientid = clientid
    self.setclientidConfirm = setclientidConfirm
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientid = try decoder.uint64()
    setclientidConfirm = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(clientid)
    encoder.uint64(setclientidConfirm)
  }
}

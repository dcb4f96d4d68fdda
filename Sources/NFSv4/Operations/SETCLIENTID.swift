public import XDR

/// Of NFSv4.0 only: NFS4ERR_NOTSUPP since (RFC 8881 §17, RFC 7530 §16.33).
public enum SETCLIENTID: NfsOperation {
  public typealias Arguments = SETCLIENTID4args
  public typealias Resok = SETCLIENTID4resok
  public static let opnum = NfsOpnum4.OP_SETCLIENTID

  /// Writes no address where the client id is in use.
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {
    if status == .NFS4ERR_CLID_INUSE { Netaddr4(netid: [], addr: []).encode(to: &encoder) }
  }

  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    if status == .NFS4ERR_CLID_INUSE { _ = try Netaddr4(from: &decoder) }
  }
}

///     struct SETCLIENTID4args {
///         nfs_client_id4 client; cb_client4 callback; uint32_t callback_ident;
///     };
public struct SETCLIENTID4args: XDRCodable, Hashable, Sendable {
  public var client: NfsClientId4
  public var callback: CbClient4
  public var callbackIdent: UInt32

  public init(client: NfsClientId4, callback: CbClient4, callbackIdent: UInt32) {
    self.client = client
    self.callback = callback
    self.callbackIdent = callbackIdent
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    client = try NfsClientId4(from: &decoder)
    callback = try CbClient4(from: &decoder)
    callbackIdent = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    client.encode(to: &encoder)
    callback.encode(to: &encoder)
    encoder.uint32(callbackIdent)
  }
}

///     struct SETCLIENTID4resok { clientid4 clientid; verifier4 setclientid_confirm; };
public struct SETCLIENTID4resok: XDRCodable, Hashable, Sendable {
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

///     struct nfs_client_id4 { verifier4 verifier; opaque id<NFS4_OPAQUE_LIMIT>; };
public struct NfsClientId4: XDRCodable, Hashable, Sendable {
  public var verifier: Verifier4
  public var id: [UInt8]

  public init(verifier: Verifier4, id: [UInt8]) {
    self.verifier = verifier
    self.id = id
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    verifier = try decoder.uint64()
    id = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(verifier)
    encoder.opaque(id)
  }
}

///     struct cb_client4 { uint32_t cb_program; netaddr4 cb_location; };
public struct CbClient4: XDRCodable, Hashable, Sendable {
  public var program: UInt32
  public var location: Netaddr4

  public init(program: UInt32, location: Netaddr4) {
    self.program = program
    self.location = location
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    program = try decoder.uint32()
    location = try Netaddr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(program)
    location.encode(to: &encoder)
  }
}

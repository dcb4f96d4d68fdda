public import ONCRPC
public import XDR

/// A service of RPCSEC_GSS (RFC 2203 §5.3.1).
///
///     enum rpc_gss_svc_t {
///         RPC_GSS_SVC_NONE = 1, RPC_GSS_SVC_INTEGRITY = 2, RPC_GSS_SVC_PRIVACY = 3
///     };
public enum RpcGssSvc: UInt32, XDRCodable, Sendable {
  case RPC_GSS_SVC_NONE = 1
  case RPC_GSS_SVC_INTEGRITY = 2
  case RPC_GSS_SVC_PRIVACY = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "rpc_gss_svc_t", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// RPCSEC_GSS contexts for callbacks (RFC 8881 §18.36.1).
///
///     struct gss_cb_handles4 {
///         rpc_gss_svc_t gcbp_service; gsshandle4_t gcbp_handle_from_server;
///         gsshandle4_t gcbp_handle_from_client;
///     };
public struct GssCbHandles4: XDRCodable, Hashable, Sendable {
  public var service: RpcGssSvc
  public var handleFromServer: [UInt8]
  public var handleFromClient: [UInt8]

  public init(service: RpcGssSvc, handleFromServer: [UInt8], handleFromClient: [UInt8]) {
    self.service = service
    self.handleFromServer = handleFromServer
    self.handleFromClient = handleFromClient
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    service = try RpcGssSvc(from: &decoder)
    handleFromServer = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
    handleFromClient = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    service.encode(to: &encoder)
    encoder.opaque(handleFromServer)
    encoder.opaque(handleFromClient)
  }
}

/// How the server has to authenticate its callbacks (RFC 8881 §18.36.3).
///
///     union callback_sec_parms4 switch (uint32_t cb_secflavor) {
///         case AUTH_NONE:  void;
///         case AUTH_SYS:   authsys_parms cbsp_sys_cred;
///         case RPCSEC_GSS: gss_cb_handles4 cbsp_gss_handles;
///     };
public enum CallbackSecParms4: XDRCodable, Hashable, Sendable {
  case none
  case sys(AuthsysParms)
  case gss(GssCbHandles4)

  /// How many ways a client may offer.
  static let countLimit = 16

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try decoder.uint32() {
    case AuthFlavor.none: self = .none
    case AuthFlavor.sys: self = .sys(try AuthsysParms(from: &decoder))
    case AuthFlavor.rpcsecGss: self = .gss(try GssCbHandles4(from: &decoder))
    case let other: throw .badEnumeration(type: "cb_secflavor", value: other)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .none: encoder.uint32(AuthFlavor.none)
    case .sys(let parms):
      encoder.uint32(AuthFlavor.sys)
      parms.encode(to: &encoder)
    case .gss(let handles):
      encoder.uint32(AuthFlavor.rpcsecGss)
      handles.encode(to: &encoder)
    }
  }
}
